"""The version of this program, as in CHANGELOG.md; saved runs and published rows name the one that made them."""

from __future__ import annotations

PRODUCT_VERSION = "1.1.0.dev0"
