"""One row per customer, computed where the lines live, and the space in which distance means something."""
