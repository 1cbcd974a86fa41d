"""Rebuilds a saved run from its published tables, for jobs without persistent storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from segmentation.clustering.sweep import to_sklearn
from segmentation.errors import RunError
from segmentation.features.scaling import Scaler
from segmentation.publishing.stored_runs import StoredRun, open_stored_run
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.manifest import CustomerBatches, RunRecord
from segmentation.runs.metadata import parse_metadata
from segmentation.runs.save import save_run
from segmentation.runs.schema_checks import InvalidManifestError


def restore_run(at: str, run_id: str | None, folder: Path, source: str | None = None) -> SavedRun:
    """Save a published run in a folder of runs, as its current run, and return it.

    Id, model, segments, names and the customer list are those of the original. Training into the folder then keeps
    segment ids and names.

    Args:
        at: the target that the run was published to; see `segmentation.publishing.publish.publish_run`.
        run_id: the run; None: the one that is published now.
        folder: a folder of runs, which is created if needed.
        source: URI of the sales; None: as published. Of a file, only the name was published, unless the results are in
            the same DuckDB file as the sales.

    Raises:
        SettingsError, SourceError: as in `segmentation.publishing.stored_runs.open_stored_run`.
        RunError: as there; or not all of its customers are stored, or the folder cannot be written to.
    """
    with open_stored_run(at, run_id) as stored:
        settings = stored.manifest["settings"]
        run_id = str(stored.manifest["run_id"])
        if source is None and (folder / run_id).exists():  # restored before: saving it again only makes it current
            source = open_run(folder, run_id).settings.sales.source
        uri = source or _resolve_stored_source(str(settings["sales"]["source"]), at)
        values = dict(stored.manifest) | {"settings": settings | {"sales": settings["sales"] | {"source": uri}}}
        return open_run(save_run(_build_record(values, stored), folder))


def _build_record(values: Mapping[str, Any], stored: StoredRun) -> RunRecord:
    try:
        metadata = parse_metadata(values)
    except (InvalidManifestError, KeyError) as error:
        raise RunError(
            f"What {stored.target_name} has of run {values['run_id']} is incomplete.", hint="Restore another run."
        ) from error
    expected = int(metadata["segments"]["customers"].sum())
    if stored.customer_count != expected:
        raise RunError(
            f"{stored.target_name} has {stored.customer_count:,} of the {expected:,} customers of run "
            f"{metadata['run_id']}.",
            hint="Restore a later run: the history keeps only the latest ones.",
        )
    centers, settings = metadata["centers"], metadata["settings"]
    inertia = float(metadata["scores"].set_index("k").loc[len(centers), "inertia"])
    created = pd.Timestamp(values["created"])
    return RunRecord(
        created=created.to_pydatetime(),
        customers=CustomerBatches(lambda: _iter_customers(stored, created)),
        model=to_sklearn(centers, inertia, settings.model.seed),
        scaler_model=Scaler.from_dict(metadata["scaler"]).to_sklearn(),
        **metadata,
    )


def _iter_customers(stored: StoredRun, created: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """Customers in the columns of customer_segments.csv."""
    has_certainty: bool | None = None
    for frame in stored.iter_customers():
        if has_certainty is None:  # a run has it for all customers or for none
            has_certainty = bool(frame[CERTAINTY_COLUMN].notna().any())
        columns = [*CUSTOMER_COLUMNS, *([CERTAINTY_COLUMN] if has_certainty else [])]
        yield frame.assign(prediction_timestamp=created)[columns]


def _resolve_stored_source(uri: str, at: str) -> str:
    """The published source, with its folder where results and sales are in one DuckDB file.

    >>> _resolve_stored_source("duckdb://localhost/shop.duckdb?table=sales", "duckdb:///data/shop.duckdb?schema=ml")
    'duckdb:///data/shop.duckdb?table=sales'
    >>> _resolve_stored_source("sales.csv", "duckdb:///data/shop.duckdb")
    'sales.csv'
    """
    stored, target = urlsplit(uri), urlsplit(at)
    if {stored.scheme, target.scheme} != {"duckdb"} or Path(stored.path).name != Path(target.path).name:
        return uri
    return at.partition("?")[0] + (f"?{stored.query}" if stored.query else "")
