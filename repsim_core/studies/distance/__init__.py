"""What the chapter "Distance" computes and says."""
