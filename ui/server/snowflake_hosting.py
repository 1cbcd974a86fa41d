"""Streamlit in Snowflake: use the app's own session, and write files to a temporary folder.

Has no effect elsewhere. docs/snowflake.md describes the deployment.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

TOKEN = Path("/snowflake/session/token")
"""Present only in Snowflake's containers."""


@cache
def is_hosted() -> bool:
    """Whether the app runs in Snowflake, on a warehouse or in a container."""
    from streamlit.connections.util import running_in_sis

    return TOKEN.exists() or running_in_sis()


def configure_hosting() -> None:
    """Set up the session and writable folders; called at the start of every page view, before any work.

    Sales are read from the app's own database and schema unless settings name others. Publishing is off unless
    SEGMENTS_PUBLISH is set, in the environment or at the top level of .streamlit/secrets.toml: with owner's rights,
    whoever may open the app could replace the published tables.
    """
    if not is_hosted():
        return
    from segmentation.snowflake_client.hosted_connection import set_hosted_connection

    folder = Path(tempfile.gettempdir()) / "segments"
    subfolders = {"SEGMENTS_MODELS": "models", "SEGMENTS_DATA": "data", "NUMBA_CACHE_DIR": "compiled"}
    settings = {name: str(folder / subfolder) for name, subfolder in subfolders.items()}
    st.secrets.load_if_toml_exists()  # sets the top-level values as environment variables
    for name, value in (settings | {"SEGMENTS_SOURCE": "snowflake:"}).items():
        os.environ.setdefault(name, value)
    host = st.connection("snowflake")

    def reopen() -> Any:
        host.reset()
        return host.raw_connection

    set_hosted_connection(host.raw_connection, reopen)
