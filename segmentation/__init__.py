"""Customer segmentation: sales lines -> customers -> clusters -> segments a marketer can act on."""
