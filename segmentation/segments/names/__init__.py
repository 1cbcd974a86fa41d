"""The table of segment names: rule, definition and recommended actions of each."""
