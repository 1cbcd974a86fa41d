"""What is asked of sold lines and of segments: sales over time, edits, trends, members, moves, a saved run."""
