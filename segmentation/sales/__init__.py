"""Sales lines: sources, column recognition, standardization, data checks and reconciliation."""
