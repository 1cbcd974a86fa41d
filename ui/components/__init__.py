"""Widgets and charts that several pages share."""
