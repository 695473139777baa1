"""What the chapter "Transfer" computes and says."""
