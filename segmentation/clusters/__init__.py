"""K-means for every k at once, its scores, and which k to take."""
