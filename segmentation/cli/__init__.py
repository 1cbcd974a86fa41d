"""Command line: python -m segmentation COMMAND."""
