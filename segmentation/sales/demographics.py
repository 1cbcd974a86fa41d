"""Demographics: an optional table beside the sales, one row per customer."""

from __future__ import annotations

import re
from typing import Protocol, runtime_checkable

import ibis

from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.column_names import SYNONYMS
from segmentation.sales.source import SalesSource

DEMOGRAPHICS_TABLE = "demographics"
MAX_VALUES = 20
"""Attributes with more distinct values, such as names or addresses, do not describe a group and are ignored."""
MAX_ATTRIBUTES = 12


@runtime_checkable
class SupportsDemographics(Protocol):
    """A source that may have a table of customers."""

    def demographics(self) -> ibis.Table | None:
        """The table, unbound, to query with the source's `fetch`; None if there is none."""
        ...


def get_demographics(source: SalesSource) -> tuple[ibis.Table, str, tuple[str, ...]] | None:
    """The table, its customer id column and its attribute columns; None if there is nothing to show."""
    table = source.demographics() if isinstance(source, SupportsDemographics) else None
    if table is None:
        return None
    by_normalized_name = {normalize_name(name): name for name in reversed(table.columns)}
    key = next((by_normalized_name[name] for name in SYNONYMS["customer_id"] if name in by_normalized_name), None)
    attributes = tuple(name for name in table.columns if name != key)[:MAX_ATTRIBUTES]
    return None if key is None or not attributes else (table, key, attributes)


def get_range_sort_key(value: str) -> tuple[float, int, str]:
    """Sort key of values such as '19-24', '65+', 'Under 15K', '2 Adults Kids': by their first number, then by text.

    >>> sorted(["65+", "25-34", "Under 25", "Renter", "100-124K"], key=get_range_sort_key)
    ['Under 25', '25-34', '65+', '100-124K', 'Renter']
    """
    number = re.search(r"\d+(?:\.\d+)?", value)
    is_below = bool(re.match(r"\s*(under|below|less|up to|<)", value, re.IGNORECASE))
    return (float(number.group()) if number else float("inf"), 0 if is_below else 1, value)
