"""Saved runs: save, load, list, and the pointer to the current one."""
