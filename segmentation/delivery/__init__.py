"""What leaves: saved runs in models/, and lists of customers as CSV."""
