"""Opened sources and the version of their data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.settings import SalesSettings
from ui.data import scoped_cache

if TYPE_CHECKING:
    from segmentation.sales.source import SalesSource

CACHE_TTL = "12h"


@scoped_cache.cache_data(max_entries=100, ttl=3)
def get_version(sales: SalesSettings) -> str:
    """The version token of a source's data, queried at most every three seconds."""
    return _open_source(sales.source).version()


def get_source_name(uri: str) -> str:
    """What a source calls itself; never a path."""
    return _open_source(uri).name


def confirm_load(table: str) -> None:
    """Button callback: allow this server to read a table in a warehouse whatever its size."""
    from segmentation.sales import load_size

    load_size.confirm_load(table)


def _open_source(uri: str) -> SalesSource:
    from segmentation.sales.open_source import open_source

    return open_parsed_file(uri) or open_source(uri)


def open_parsed_file(uri: str) -> SalesSource | None:
    """The source of a file, parsed once for all sessions; None where the URI is not a file."""
    return _open_file(uri) if Path(uri).is_file() else None


@st.cache_resource(max_entries=4, ttl=CACHE_TTL, show_spinner=False)
def _open_file(uri: str) -> SalesSource:
    from segmentation.sales.open_source import open_source

    return open_source(uri)
