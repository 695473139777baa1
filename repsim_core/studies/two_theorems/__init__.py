"""What the chapter "Two theorems" computes and says."""
