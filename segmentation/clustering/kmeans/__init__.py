"""The JIT-compiled K-means engine."""
