"""Reads runs that were published to a warehouse: their manifests and customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from segmentation.errors import RunError
from segmentation.publishing.targets import PublishTarget, SqlConnection, fetch_columns, resolve_target
from segmentation.runs.current_pointer import check_run_id
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.manifest import READABLE_VERSIONS, compute_checksum
from segmentation.runs.manifest_schema import parse_manifest
from segmentation.runs.schema_checks import InvalidManifestError
from segmentation.runtime.sql_identifiers import quote_name

LISTED_RUNS = 5
"""Number of runs listed in the error for an unknown run."""
_CUSTOMER_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("segment_id", pa.int64()),
        ("segment_name", pa.string()),
        ("rfm_recency", pa.float64()),
        ("rfm_frequency", pa.float64()),
        ("rfm_monetary", pa.float64()),
        (CERTAINTY_COLUMN, pa.float64()),
    ]
)


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run in a warehouse; readable while `open_stored_run` is open."""

    manifest: Mapping[str, Any]
    """The values of its manifest, with an intact checksum."""
    target_name: str
    customer_count: int
    """Customers of the run in the warehouse; fewer than it had if old rows were deleted from the history."""
    _reader: SqlConnection
    _customers_of_run: str
    """FROM and WHERE clauses that select its customers."""

    def iter_customers(self) -> Iterator[pd.DataFrame]:
        """Customers by customer_id, in batches, with segment_id, segment_name, the rfm columns and certainty."""
        columns = ", ".join(_CUSTOMER_SCHEMA.names)
        for batch in self._reader.iter_batches(
            f"SELECT {columns} {self._customers_of_run} ORDER BY customer_id", _CUSTOMER_SCHEMA
        ):
            yield batch.to_pandas()


@contextmanager
def open_stored_run(at: str, run_id: str | None = None) -> Iterator[StoredRun]:
    """Open a published run for reading.

    Args:
        at: the target that it was published to; see `segmentation.publishing.publish.publish_run`.
        run_id: the run; None: the one that is published now.

    Raises:
        SettingsError: the URI is invalid.
        RunError: there is no such run, or what is stored of it is damaged or incomplete.
        SourceError: the target cannot be read.
    """
    target = resolve_target(at)
    if target.is_missing():
        raise _build_nothing_error(target)
    with target.open_reader() as reader:
        tables = fetch_columns(reader, target)
        if "segmentation_runs" not in tables:
            raise _build_nothing_error(target)
        published = reader.execute(f"SELECT MAX(run_id) FROM {_get_table(target, 'customer_segments')}")[0][0]
        chosen = check_run_id(run_id or published or "")
        manifest = _read_manifest(reader, target, chosen, has_manifests="manifest" in tables["segmentation_runs"])
        # Old runs are only in the history, which may keep the latest ones alone.
        table = "customer_segments" if chosen == published else "customer_segments_history"
        customers = f"FROM {_get_table(target, table)} WHERE run_id = '{chosen}'"
        count = reader.execute(f"SELECT COUNT(*) {customers}")[0][0]
        yield StoredRun(manifest, target.name, int(count), reader, customers)


def _read_manifest(reader: SqlConnection, target: PublishTarget, run_id: str, *, has_manifests: bool) -> dict[str, Any]:
    table = _get_table(target, "segmentation_runs")
    text = "manifest" if has_manifests else "CAST(NULL AS VARCHAR)"
    rows = reader.execute(f"SELECT {text} FROM {table} WHERE run_id = ?", (run_id,))
    if not rows:
        known = reader.execute(f"SELECT run_id FROM {table} ORDER BY run_id DESC LIMIT {LISTED_RUNS}")
        raise RunError(
            f"There is no run {run_id} in {target.name}.",
            hint=f"The latest are: {', '.join(str(row[0]) for row in known)}.",
        )
    if rows[0][0] is None:
        raise RunError(
            f"Run {run_id} was published by a version that did not store the model.",
            hint="Publish it again from the folder of runs that contains it.",
        )
    try:
        values = parse_manifest(str(rows[0][0]).encode())
    except InvalidManifestError as error:
        raise _build_damaged_error(run_id, target) from error
    if values.get("format") not in READABLE_VERSIONS:
        raise RunError(f"Run {run_id} was published by a later version.", hint="Update this program, or train again.")
    if values.get("checksum") != compute_checksum(values) or values.get("run_id") != run_id:
        raise _build_damaged_error(run_id, target)
    return values


def _get_table(target: PublishTarget, name: str) -> str:
    return quote_name(target.get_table_name(name))


def _build_nothing_error(target: PublishTarget) -> RunError:
    return RunError(f"No run is published in {target.name}.", hint="Publish one first: python -m segmentation publish.")


def _build_damaged_error(run_id: str, target: PublishTarget) -> RunError:
    return RunError(
        f"Run {run_id} in {target.name} has been changed.",
        hint="Restore another run, or publish it again.",
    )
