"""Training: stacks of small networks, and networks of images."""
