"""Validation: bootstrap stability, null models, alternative partitions."""
