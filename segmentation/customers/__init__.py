"""The customers of one source, in memory or in the engine."""
