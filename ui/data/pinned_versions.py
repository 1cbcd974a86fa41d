"""The version of a warehouse table that a visitor stays on while the table changes.

Every load from a warehouse costs credits and time, and a table that changes all day would start one at each click. A
visitor therefore keeps the version of the first page view until they ask for the newer one; a new visit starts with the
newest. Files are cheap to read again: their newest version is shown at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from segmentation.settings import SalesSettings
from ui.data import sources

if TYPE_CHECKING:
    from segmentation.results import CustomerTable

_KEY = "pinned_versions"
_WAREHOUSE = "snowflake:"


def get_pinned_version(sales: SalesSettings) -> str:
    """The version of a source's data that this visitor sees."""
    newest = sources.get_version(sales)
    if not sales.source.startswith(_WAREHOUSE):
        return newest
    pinned: dict[str, str] = st.session_state.setdefault(_KEY, {})
    return pinned.setdefault(sales.source, newest)


def is_outdated(table: CustomerTable) -> bool:
    """Whether the source of customers that a page shows has changed since they were loaded."""
    is_pinned = table.settings.source.startswith(_WAREHOUSE)
    return is_pinned and sources.get_version(table.settings) != table.version


def unpin_version(source: str) -> None:
    """Button callback: load the newest version of a source."""
    st.session_state.get(_KEY, {}).pop(source, None)
