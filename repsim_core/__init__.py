"""Measures of closeness in distribution and of representational similarity."""
