"""What a cluster means to a marketer: its profile, its name, what to do with it, and which segment it was before."""
