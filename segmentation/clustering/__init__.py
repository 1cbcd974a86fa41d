"""K-means: sweep over k, scores, recommendation and validation."""
