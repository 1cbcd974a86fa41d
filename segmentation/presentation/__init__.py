"""Wording: messages, number formats and tables that pages, command line and reports share."""
