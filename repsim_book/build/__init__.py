"""Building: executed chapters and other sources become pages."""
