"""What a visitor has chosen: one frozen value, settings only. Frames and models live in `ui.data.results`."""

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
"""All that the page's address says of a file that a visitor handed over."""
SAVED = "saved:"
"""How the address of a saved run's own numbers begins, in the keys of caches only."""
LOCAL_FILES = "SEGMENTS_LOCAL_FILES"
"""The environment variable that lets visitors choose files of the server; `make run` sets it to 1."""
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class UploadMissingError(SourceError):
    """The visitor's own file is asked for, and there is none in this visit."""


@dataclass(frozen=True)
class AppState:
    """All that determines what the pages show."""

    source: str
    """The source's name as the visitor sees it; its address is in `sales` and is never shown."""
    version: str
    """The version of the source's data, taken once per page view so that a page shows one state of them."""
    sales: SalesSettings
    model: ModelSettings
    k: int | None
    """The chosen number of segments; None: the recommended one."""
    open_run_id: str | None = None
    """The id of the saved run that is shown; None: a result of these settings."""
    display: NumberFormat = DEFAULT_FORMAT
    """How this visitor reads numbers; changes no result."""
    missing_reason: str = ""
    """Why the sales of the open run are not here, in one sentence: it is shown from its saved numbers alone.
    Empty: the sales are here. Where they are not, `sales.source` is SAVED and the run's id."""

    @property
    def get_run_settings(self) -> RunSettings:
        """The settings as a run has them."""
        return RunSettings(self.sales, self.model, self.k)


def get_state() -> AppState:
    """The state that the sidebar set in this page view."""
    state = st.session_state[KEY]
    assert isinstance(state, AppState)
    set_number_format(state.display)
    return state


def get_configured_sources(text: str | None = None) -> dict[str, str]:
    """Name -> URI of the sources that whoever started the server configured in SEGMENTS_SOURCE.

    Two with one name are numbered, so that each can be chosen.

    >>> get_configured_sources("Shop=/data/sales.parquet; duckdb:///data/all.duckdb?table=fct_sales")
    {'Shop': '/data/sales.parquet', 'all.duckdb': 'duckdb:///data/all.duckdb?table=fct_sales'}
    >>> get_configured_sources("snowflake:; snowflake:DB.MART.ORDERS?connection=prod")
    {'Snowflake': 'snowflake:', 'Snowflake ORDERS': 'snowflake:DB.MART.ORDERS?connection=prod'}
    """
    text = os.environ.get("SEGMENTS_SOURCE", "") if text is None else text
    sources: dict[str, str] = {}
    for given, uri in parse_named_sources(text) or [("", demo) for demo in DEMO_SOURCES]:
        name = wanted = given or _get_default_name(uri)
        number = 2
        while name in sources:
            name, number = f"{wanted} ({number})", number + 1
        sources[name] = uri
    return sources


def are_paths_allowed() -> bool:
    """Whether a visitor may choose local files: only where the operator switched it on and visitors are local.

    A bind address of localhost is not enough: behind a reverse proxy on the same host every visitor connects from it.
    """
    if snowflake_hosting.is_hosted() or os.environ.get(LOCAL_FILES, "").strip() != "1":
        return False
    hosts = [st.get_option("server.address"), *(st.get_option("server.allowedHosts") or [""])]
    if st.config.is_manually_set("browser.serverAddress"):
        hosts.append(st.get_option("browser.serverAddress"))
    return all(host in _THIS_MACHINE for host in hosts)


def _get_default_name(uri: str) -> str:
    """What to call a source that was given no name: never its folder."""
    if uri in DEMO_SOURCES:
        return DEMO_SOURCES[uri]
    if uri.startswith("snowflake:"):
        table = uri.removeprefix("snowflake:").partition("?")[0].rpartition(".")[2].strip('"')
        return f"Snowflake {table}".strip()
    return Path(uri.partition("?")[0]).name or uri.partition(":")[0]
