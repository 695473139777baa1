"""What the chapter "Why care" computes and says."""
