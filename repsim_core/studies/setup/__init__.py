"""What the chapter "Setup" computes and says."""
