"""What the chapter "Other bodies, other inputs" computes and says."""
