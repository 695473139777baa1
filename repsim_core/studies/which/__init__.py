"""What the chapter "Which distance tells?" computes and says."""
