"""What the chapter "CIFAR-10" computes and says."""
