"""Measures of two models: distances of distributions, similarity of representations, bounds, and their statistics."""
