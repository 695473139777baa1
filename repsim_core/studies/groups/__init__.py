"""What the chapter "Groups of networks" computes and says."""
