"""The segments of a run at every month-end, what changed from month to month, and how much of it is chance."""
