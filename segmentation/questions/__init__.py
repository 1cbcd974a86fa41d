"""What is asked of segments once they are made: edits, trends, members, side by side, moves, a saved run."""
