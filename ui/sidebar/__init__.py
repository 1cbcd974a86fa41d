"""The sidebar: source, model controls and saved runs."""
