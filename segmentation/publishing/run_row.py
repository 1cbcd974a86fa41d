"""The row of a run in the table segmentation_runs: enough to rebuild the run without its files, and never a path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from segmentation.runs.load import SavedRun, read_manifest
from segmentation.runs.manifest import compute_checksum, to_json_value
from segmentation.settings import redact_upload_token
from segmentation.snowflake_client.credentials import resolve_credentials
from segmentation.snowflake_client.table_names import parse_sales_address, parse_table_name

RUN_COLUMNS: Mapping[str, str] = {
    "run_id": "text",
    "created_at": "timestamp",
    "published_at": "timestamp",
    "source_name": "text",
    "first_sale": "date",
    "last_sale": "date",
    "as_of": "date",
    "segments": "integer",
    "customers": "integer",
    "silhouette_score": "double",
    "inertia": "double",
    "calinski_harabasz_score": "double",
    "davies_bouldin_score": "double",
    "settings": "text",
    "versions": "text",
    # Tables of version 1.0 lack the columns below: they are added when a run is published.
    "source": "text",
    "product_version": "text",
    "features": "text",
    "scaler": "text",
    "centers": "text",
    "cluster_to_segment": "text",
    "manifest": "text",
}
"""Column -> kind. Values that are lists or objects are JSON text."""


def build_run_row(run: SavedRun, created: str) -> list[Any]:
    """The values of RUN_COLUMNS for a run.

    Args:
        run: the run.
        created: its time of creation as the target stores it.

    Raises:
        RunError: the manifest is damaged.
        SettingsError: the run was trained on Snowflake, and the settings no longer name its table.
    """
    manifest = build_portable_manifest(run)
    settings = manifest["settings"]
    score = run.scores.set_index("k").loc[run.k]
    values: dict[str, Any] = {
        "run_id": run.run_id,
        "created_at": created,
        "published_at": format_publication_time(),
        "source_name": run.source_name,
        **{name: run.window[name] for name in ("first_sale", "last_sale", "as_of")},
        "segments": run.k,
        "customers": len(run.get_labels()),
        **{name: score[name] for name in RUN_COLUMNS if name.endswith("_score") or name == "inertia"},
        "settings": _to_json(settings),
        "versions": _to_json(run.versions),
        "source": settings["sales"]["source"],
        "product_version": run.versions.get("segments"),
        "features": _to_json(run.features),
        "scaler": _to_json(run.scaler),
        "centers": _to_json(run.centers),
        "cluster_to_segment": _to_json(run.cluster_to_segment),
        "manifest": json.dumps(manifest, allow_nan=False),  # in its own order, which reports follow
    }
    return [values[name] for name in RUN_COLUMNS]


def format_publication_time() -> str:
    """The current time in UTC as targets store it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def build_portable_manifest(run: SavedRun) -> dict[str, Any]:
    """The manifest of a run without file hashes, with a source that is not a path, and with a new checksum."""
    manifest = read_manifest(run.folder)
    sales = manifest["settings"]["sales"] | {"source": describe_source(run.settings.sales.source)}
    values = manifest | {"settings": manifest["settings"] | {"sales": sales}, "files": {}}
    return values | {"checksum": compute_checksum(values)}


def describe_source(uri: str) -> str:
    """The address of a source without the folder of a file; a table in Snowflake with its database and schema.

    Raises:
        SettingsError: the settings name no database or schema for a table in Snowflake.

    >>> describe_source("/data/exports/2024-*.csv"), describe_source("demo:web-shop")
    ('2024-*.csv', 'demo:web-shop')
    >>> describe_source("duckdb:///data/shop.duckdb?table=mart.fct_sales")
    'duckdb://localhost/shop.duckdb?table=mart.fct_sales'
    """
    if uri.startswith("snowflake:"):
        table, connection = parse_sales_address(uri)
        values = resolve_credentials(connection).values
        address = parse_table_name(table, values.get("database"), values.get("schema"))
        return f"snowflake:{address}" + (f"?connection={connection}" if connection else "")
    if uri.startswith("duckdb:"):
        parts = urlsplit(uri)  # with a host, the path is relative to the working directory
        return f"duckdb://localhost/{PurePath(parts.path).name}" + (f"?{parts.query}" if parts.query else "")
    if uri.startswith(("demo:", "upload:")):
        return redact_upload_token(uri)
    return PurePath(uri).name


def _to_json(values: Any) -> str:
    return json.dumps(to_json_value(values), sort_keys=True, allow_nan=False)
