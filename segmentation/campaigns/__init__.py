"""Campaigns: plan a hold-out, draw it, and measure from the sales what the campaign brought."""
