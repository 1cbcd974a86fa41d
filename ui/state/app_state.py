"""The settings of a session as one frozen value. Frames and models live in `ui.data.results`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from segmentation.errors import SourceError
from segmentation.presentation.number_format import DEFAULT_FORMAT, NumberFormat, set_number_format
from segmentation.settings import (
    DEMO_SOURCES,
    K_MAX,
    K_MIN,
    ModelSettings,
    RunSettings,
    SalesSettings,
    parse_named_sources,
)
from ui.server import snowflake_hosting

KEY = "app"
AUTO = "auto"
K_CHOICES: tuple[str | int, ...] = (AUTO, *range(K_MIN, K_MAX + 1))
OTHER_FILE = "Other file on this computer"
YOUR_FILE = "Your own file"
"""The only thing the URL says about an uploaded file."""
SAVED = "saved:"
"""Source prefix of a saved run shown without its sales; used in cache keys only."""
LOCAL_FILES = "SEGMENTS_LOCAL_FILES"
"""Environment variable that lets users open files of the server; `make run` sets it to 1."""
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class UploadMissingError(SourceError):
    """The uploaded file is selected, and this session has none."""


@dataclass(frozen=True)
class AppState:
    """All settings that determine what the pages show."""

    source: str
    """Display name of the source; its URI is in `sales` and is never shown."""
    version: str
    """Version of the source's data, read once per script run so that a page shows one state."""
    sales: SalesSettings
    model: ModelSettings
    k: int | None
    """The selected number of segments; None: the recommended one."""
    open_run_id: str | None = None
    """Id of the open saved run; None: a result of these settings."""
    display: NumberFormat = DEFAULT_FORMAT
    """Number format; changes no result."""
    missing_reason: str = ""
    """Why the source of the open run is unavailable, in one sentence; the run is shown from its saved results, and
    `sales.source` is SAVED and the run's id. Empty if the source is available."""

    @property
    def get_run_settings(self) -> RunSettings:
        """The settings in the form a run stores."""
        return RunSettings(self.sales, self.model, self.k)


def set_state(state: AppState) -> None:
    """Store the state for the pages."""
    st.session_state[KEY] = state


def find_state() -> AppState | None:
    """The state of this or the previous script run; None before the first."""
    state: AppState | None = st.session_state.get(KEY)
    return state


def get_state() -> AppState:
    """The state the sidebar set in this script run."""
    state = find_state()
    assert state is not None
    set_number_format(state.display)
    return state


def get_configured_sources(text: str | None = None) -> dict[str, str]:
    """Name -> URI of the sources configured in SEGMENTS_SOURCE. Duplicate names are numbered.

    >>> get_configured_sources("Shop=/data/sales.parquet; duckdb:///data/all.duckdb?table=fct_sales")
    {'Shop': '/data/sales.parquet', 'all.duckdb': 'duckdb:///data/all.duckdb?table=fct_sales'}
    >>> get_configured_sources("snowflake:; snowflake:DB.MART.ORDERS?connection=prod")
    {'Snowflake': 'snowflake:', 'Snowflake ORDERS': 'snowflake:DB.MART.ORDERS?connection=prod'}
    """
    text = os.environ.get("SEGMENTS_SOURCE", "") if text is None else text
    sources: dict[str, str] = {}
    for label, uri in parse_named_sources(text) or [("", demo) for demo in DEMO_SOURCES]:
        name = base_name = label or _get_default_name(uri)
        number = 2
        while name in sources:
            name, number = f"{base_name} ({number})", number + 1
        sources[name] = uri
    return sources


def are_paths_allowed() -> bool:
    """Whether users may open local files: only if the operator enabled it and the server is local.

    A bind address of localhost is not enough: behind a reverse proxy on the same host every connection comes from it.
    """
    if snowflake_hosting.is_hosted() or os.environ.get(LOCAL_FILES, "").strip() != "1":
        return False
    hosts = [st.get_option("server.address"), *(st.get_option("server.allowedHosts") or [""])]
    if st.config.is_manually_set("browser.serverAddress"):
        hosts.append(st.get_option("browser.serverAddress"))
    return all(host in _THIS_MACHINE for host in hosts)


def _get_default_name(uri: str) -> str:
    """Name of a source without a label; never its folder."""
    if uri in DEMO_SOURCES:
        return DEMO_SOURCES[uri]
    if uri.startswith("snowflake:"):
        table = uri.removeprefix("snowflake:").partition("?")[0].rpartition(".")[2].strip('"')
        return f"Snowflake {table}".strip()
    return Path(uri.partition("?")[0]).name or uri.partition(":")[0]
