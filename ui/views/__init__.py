"""The body of each page."""
