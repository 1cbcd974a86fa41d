"""Contact tables that visitors upload or the operator configures; none is ever written to disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.settings import parse_named_sources

if TYPE_CHECKING:
    import pandas as pd

CONTACTS_VARIABLE = "SEGMENTS_CONTACTS"
"""Environment variable with the contact tables that every visitor may join, like SEGMENTS_SOURCE: NAME=URI;NAME=URI."""


def get_configured_tables() -> dict[str, str]:
    """Name -> URI of the contact tables that the operator has configured."""
    tables = parse_named_sources(os.environ.get(CONTACTS_VARIABLE, ""))
    return {label or f"Contact table {number}": uri for number, (label, uri) in enumerate(tables, start=1)}


@st.cache_resource(max_entries=2, ttl=600, show_spinner="Reading the contact table")
def read_contacts(uri: str) -> pd.DataFrame:
    """A contact table as text; kept in memory for ten minutes, since every widget of the page runs this again.

    Raises:
        SourceError: it cannot be read.
    """
    from segmentation.export.contact_table import read_contact_table

    return read_contact_table(uri)


def parse_upload(data: bytes, name: str) -> pd.DataFrame:
    """An uploaded contact table as text.

    Raises:
        SourceError: it cannot be read.
    """
    from segmentation.export.contact_table import parse_uploaded_table

    return parse_uploaded_table(data, name)
