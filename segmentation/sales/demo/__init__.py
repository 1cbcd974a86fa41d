"""The demo data: a grocery chain and a synthetic shop with known ground truth."""
