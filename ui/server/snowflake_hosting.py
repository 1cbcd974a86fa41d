"""Streamlit in Snowflake: the session there is the app's, and files go to a temporary folder.

Nothing here does anything elsewhere. docs/snowflake.md says how the app is put there.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import streamlit as st

TOKEN = Path("/snowflake/session/token")
"""What a container of Snowflake's has, and nobody else."""


@cache
def is_hosted() -> bool:
    """Whether the app runs in Snowflake, on a warehouse or in a container."""
    from streamlit.connections.util import running_in_sis

    return TOKEN.exists() or running_in_sis()


def configure_hosting() -> None:
    """At the start of every page view, before any work: the session, and where files may be written.

    Sales and results are those of the app's own database and schema, unless settings say otherwise.
    """
    if not is_hosted():
        return
    from segmentation.snowflake_client.hosted_connection import set_hosted_connection

    kept = Path(tempfile.gettempdir()) / "segments"
    written = {"SEGMENTS_MODELS": "models", "SEGMENTS_DATA": "data", "NUMBA_CACHE_DIR": "compiled"}
    settings = {name: str(kept / folder) for name, folder in written.items()}
    for name, value in (settings | {"SEGMENTS_SOURCE": "snowflake:", "SEGMENTS_PUBLISH": "snowflake:"}).items():
        os.environ.setdefault(name, value)
    set_hosted_connection(st.connection("snowflake").raw_connection)
