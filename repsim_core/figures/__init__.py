"""One function a figure: tidy data in, figure out."""
