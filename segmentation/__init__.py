"""Customer segmentation: sold lines -> customers -> clusters -> segments a marketer can act on."""
