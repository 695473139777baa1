"""The pages: executed chapters and other sources become the HTML of the book, or of one page."""
