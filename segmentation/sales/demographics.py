"""What is known of customers besides their sales: a table that a source may offer, one row per customer."""

from __future__ import annotations

import re
from typing import Protocol, runtime_checkable

import ibis

from segmentation.sales.column_mapping import SYNONYMS
from segmentation.sales.source import SalesSource

TABLE = "demographics"
MAX_VALUES = 20
"""An attribute with more different values (a name, an address) says nothing of a group and is left out."""
MAX_ATTRIBUTES = 12


@runtime_checkable
class SupportsDemographics(Protocol):
    """A source with a table of customers beside its sales."""

    def demographics(self) -> ibis.Table | None:
        """The table, unbound, for the source's own `fetch`; None where there is none."""
        ...


def get_demographics(source: SalesSource) -> tuple[ibis.Table, str, tuple[str, ...]] | None:
    """The table, its column with the customer's id, and the other columns; None where there is nothing to show."""
    table = source.demographics() if isinstance(source, SupportsDemographics) else None
    if table is None:
        return None
    wanted = [re.sub(r"[\W_]+", "", name) for name in ("customer_id", *SYNONYMS["customer_id"])]
    plain = {re.sub(r"[\W_]+", "", name).lower(): name for name in reversed(table.columns)}
    key = next((plain[name] for name in wanted if name in plain), None)
    attributes = tuple(name for name in table.columns if name != key)[:MAX_ATTRIBUTES]
    return None if key is None or not attributes else (table, key, attributes)


def get_range_sort_key(value: str) -> tuple[float, int, str]:
    """Sort key of values such as '19-24', '65+', 'Under 15K', '2 Adults Kids': by their first number, then by text.

    >>> sorted(["65+", "25-34", "Under 25", "Renter", "100-124K"], key=get_range_sort_key)
    ['Under 25', '25-34', '65+', '100-124K', 'Renter']
    """
    found = re.search(r"\d+(?:\.\d+)?", value)
    below = bool(re.match(r"\s*(under|below|less|up to|<)", value, re.IGNORECASE))
    return (float(found.group()) if found else float("inf"), 0 if below else 1, value)
