"""Analyses of customers, segments and runs for pages and command line, and the retraining of a run."""
