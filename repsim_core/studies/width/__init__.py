"""What the chapter "Width" computes and says."""
