"""The command line: python -m segmentation train | score | export | prepare."""
