"""The state of a session, and its binding to the page address."""
