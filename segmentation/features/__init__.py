"""Features per customer: registry, query, presets, scaling and sampling."""
