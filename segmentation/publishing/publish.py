"""A saved run in a warehouse: four tables of one schema that change together, or not at all.

| table | one row per | |
|---|---|---|
| customer_segments | customer | of the published run |
| segments | segment | of the published run |
| customer_segments_history | customer and run | of every run that was ever published |
| segmentation_runs | run | settings, scores and versions; never a path |

The customers are loaded beside and checked, into memory where the place is a DuckDB file, so that others can read it
meanwhile; then everything is deleted and inserted in one transaction. No table is
ever dropped or replaced, so grants stay. All times are the run's, but for `published_at`: since when the run has been
what others see, or was last. Doing it again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from segmentation.export.sql_identifiers import quoted
from segmentation.runs.manifest import plain
from segmentation.publishing.targets import Place, Writer, place_of
from segmentation.runs.load import SavedRun
from segmentation.errors import RunError

STAGED = ("customer_id", "segment_id", "rfm_recency", "rfm_frequency", "rfm_monetary")
_CUSTOMER = {
    "customer_id": "text", "segment_id": "integer", "segment_name": "text", "rfm_recency": "double",
    "rfm_frequency": "double", "rfm_monetary": "double", "prediction_timestamp": "timestamp", "run_id": "text",
}  # fmt: skip
TABLES: dict[str, dict[str, str]] = {
    "customer_segments": _CUSTOMER,
    "customer_segments_history": _CUSTOMER,
    "segments": {
        "segment_id": "integer", "segment_name": "text", "sentence": "text", "customers": "integer",
        "share_of_customers": "double", "share_of_sales": "double", "run_id": "text",
    },
    "segmentation_runs": {
        "run_id": "text", "created_at": "timestamp", "published_at": "timestamp", "source_name": "text",
        "first_sale": "date", "last_sale": "date", "as_of": "date", "segments": "integer", "customers": "integer",
        "silhouette_score": "double", "inertia": "double", "calinski_harabasz_score": "double",
        "davies_bouldin_score": "double", "settings": "text", "versions": "text",
    },
}  # fmt: skip
"""Columns and kinds; names are our own, in lower case, and no engine's word."""


@dataclass(frozen=True)
class Published:
    """What stands in a warehouse."""

    run_id: str
    created: str
    """To the minute, UTC, as are all times."""
    published: str
    source_name: str
    segments: int
    customers: int


Progress = Callable[[float, str], None]


def _silent(share: float, what: str) -> None:
    """Progress that nobody watches."""


def publish(run: SavedRun, to: str, progress: Progress = _silent) -> str:
    """Make `run` what others see at `to`; the name of that place.

    Args:
        run: a saved run.
        to: `duckdb:///path/file.duckdb?schema=NAME` or `snowflake:DATABASE.SCHEMA?connection=NAME`; without a schema
            ml_results.
        progress: told the share that is done and what is being done.

    Raises:
        SettingsError: the address is none, or a name in it is none.
        RunError: the run is damaged, or what was loaded is not what was sent; all is as it was.
        SourceError: the place cannot be reached or written to; all is as it was.
    """
    place = place_of(to)
    progress(0.0, "Opening the saved result")
    customers, segments = run.customers(), _segments(run)
    told: dict[int, str] = dict(segments[["segment_id", "segment_name"]].itertuples(index=False))
    if not customers["segment_name"].eq(customers["segment_id"].map(told)).all():
        raise RunError("Names in the list of customers are not those of the segments.", hint="Save the run again.")
    progress(0.2, f"Connecting to {place.name}")
    with place.writing() as writer:
        if not place.loads_into_memory:
            _prepare(writer, place)
        progress(0.4, f"Loading {len(customers):,} customers beside")
        stage = writer.load(customers[list(STAGED)])
        _check(writer, stage, customers, segments)
        progress(0.7, "Putting the new in place of the old")
        writer.open_target()
        if place.loads_into_memory:
            _prepare(writer, place)
        writer.run("BEGIN TRANSACTION")
        try:
            _replace(writer, place, stage, run, segments)
            writer.run("COMMIT")
        except BaseException:
            writer.undo()
            raise
    progress(1.0, "Published")
    return place.name


def changes(to: str, customers: int, segments: int) -> tuple[str, dict[str, str]]:
    """What publishing a run of so many customers and segments would do: the place, and for each table in full what.

    Raises:
        SettingsError: as in `publish`. Nothing is connected.
    """
    place = place_of(to)
    told = {
        "customer_segments": f"its rows are replaced by {customers:,}, one per customer",
        "segments": f"its rows are replaced by {segments}, one per segment",
        "customer_segments_history": f"{customers:,} rows of this run are added; those of other runs stay",
        "segmentation_runs": "one row of this run: settings, scores, versions",
    }
    return place.name, {".".join(place.table(name)): what for name, what in told.items()}


def published(at: str) -> Published | None:
    """What is published there; None where nothing is.

    Raises:
        SettingsError, SourceError: as in `publish`.
    """
    place = place_of(at)
    if place.is_missing():
        return None
    with place.reading() as reader:
        where = f"SELECT COUNT(*) FROM {place.information}.tables WHERE table_schema = ? AND table_name = ?"
        if not reader.run(where, (place.schema[-1], place.table("customer_segments")[-1]))[0][0]:
            return None
        rows = reader.run(
            "SELECT run_id, CAST(created_at AS VARCHAR), CAST(published_at AS VARCHAR), source_name, segments, "
            f"customers FROM {quoted(place.table('segmentation_runs'))} "
            f"WHERE run_id IN (SELECT MAX(run_id) FROM {quoted(place.table('customer_segments'))})"
        )
    if not rows:
        return None
    run_id, created, written, source, segments, customers = rows[0]
    return Published(str(run_id), str(created)[:16], str(written)[:16], str(source), int(segments), int(customers))


def _prepare(writer: Writer, place: Place) -> None:
    """The schema and the empty tables, where they are missing."""
    asked = f"SELECT COUNT(*) FROM {place.information}.schemata WHERE schema_name = ?"
    known = writer.run(asked, (place.schema[-1],))
    if not known[0][0]:  # asked first: IF NOT EXISTS needs the right to make schemas even where there is one
        writer.run(f"CREATE SCHEMA IF NOT EXISTS {quoted(place.schema)}")
    for name, columns in TABLES.items():
        told = ", ".join(f"{column} {place.kinds[kind]}" for column, kind in columns.items())
        writer.run(f"CREATE TABLE IF NOT EXISTS {quoted(place.table(name))} ({told})")


def _check(writer: Writer, stage: str, customers: pd.DataFrame, segments: pd.DataFrame) -> None:
    """Raise RunError unless what was loaded is one row per customer, each with an id and a known segment."""
    ids = segments["segment_id"].tolist()
    marks = ", ".join("?" * len(ids))
    found = writer.run(
        "SELECT COUNT(*), COUNT(DISTINCT customer_id), SUM(CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END), "
        f"SUM(CASE WHEN segment_id IN ({marks}) THEN 0 ELSE 1 END) FROM {stage}",
        ids,
    )[0]
    rows, distinct, without, unknown = (int(number or 0) for number in found)
    if (rows, distinct, without, unknown) != (len(customers), len(customers), 0, 0):
        raise RunError(
            f"Of {len(customers):,} customers {rows:,} arrived, {distinct:,} of them different, {without:,} "
            f"without id, {unknown:,} in no known segment.",
            hint="Nothing was published; what was there is as it was.",
        )


def _replace(writer: Writer, place: Place, stage: str, run: SavedRun, segments: pd.DataFrame) -> None:
    """Delete and insert, within a transaction."""
    now, history, named, runs = (quoted(place.table(name)) for name in TABLES)
    before = writer.run(f"SELECT MAX(run_id) FROM {now}")[0][0]
    writer.run(f"DELETE FROM {named}")
    for row in segments.itertuples(index=False):
        _insert(writer, named, TABLES["segments"], row, place)
    columns = ", ".join(_CUSTOMER)
    when = str(run.created).removesuffix("Z").replace("T", " ")
    for table, condition, values in ((now, "", ()), (history, " WHERE run_id = ?", (run.run_id,))):
        writer.run(f"DELETE FROM {table}{condition}", values)
        writer.run(
            f"INSERT INTO {table} ({columns}) SELECT s.customer_id, s.segment_id, g.segment_name, s.rfm_recency, "
            f"s.rfm_frequency, s.rfm_monetary, CAST(? AS {place.kinds['timestamp']}), ? "
            f"FROM {stage} AS s JOIN {named} AS g ON g.segment_id = s.segment_id",
            (when, run.run_id),
        )
    if before != run.run_id:
        writer.run(f"DELETE FROM {runs} WHERE run_id = ?", (run.run_id,))
        _insert(writer, runs, TABLES["segmentation_runs"], _run_row(run, when), place)


def _insert(writer: Writer, table: str, columns: dict[str, str], row: Iterable[Any], place: Place) -> None:
    marks = ", ".join(f"CAST(? AS {place.kinds[kind]})" for kind in columns.values())
    writer.run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {marks}", [plain(value) for value in row])


def _segments(run: SavedRun) -> pd.DataFrame:
    """One row per segment, in the columns of the table `segments`."""
    frame = run.segments.assign(run_id=run.run_id).sort_values("segment_id")
    return frame.reindex(columns=list(TABLES["segments"]))


def _run_row(run: SavedRun, when: str) -> Sequence[Any]:
    settings = run.settings.to_dict()
    settings["sales"]["source"] = run.source_name  # never a path
    score = run.scores.set_index("k").loc[run.k]
    scores = [score[name] for name in list(TABLES["segmentation_runs"])[9:13]]
    days = [run.window[name] for name in ("first_sale", "last_sale", "as_of")]
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    texts = [json.dumps(plain(values), sort_keys=True) for values in (settings, run.versions)]
    return [run.run_id, when, written, run.source_name, *days, run.k, len(run.labels()), *scores, *texts]
