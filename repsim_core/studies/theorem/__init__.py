"""What the chapter "Theorem" computes and says."""
