"""Customer lists: rows, columns, formats and file names of an export."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import pandas as pd

from segmentation.errors import SettingsError
from segmentation.export.xlsx import assign_sheet_names, write_xlsx
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runtime.tabular_files import Rows, iter_batches, write_csv, write_parquet
from segmentation.settings import RunSettings

PROVENANCE_COLUMNS = ("run_id", "data_window", "settings", "versions")
"""Provenance columns: constant, so that the file remains one plain table."""
ACTION_COLUMNS = ("goal", "offer", "channel")
"""Recommended actions for the segment of the row."""
FORECAST_COLUMNS = ("expected_orders", "expected_net_sales", "active_probability", "next_order_by", "at_risk")
"""Forecast of the customer for the next 90 days; see `segmentation.forecast.forecast.FORECAST_COLUMNS`."""
DEFAULT_COLUMNS = (*CUSTOMER_COLUMNS[:-1], CERTAINTY_COLUMN, "run_id", "data_window")
"""Includes run and data window. Settings and versions are optional; the manifest of the run has them."""
LABELS = {
    "customer_id": "Customer",
    "segment_id": "Segment number",
    "segment_name": "Segment",
    "rfm_recency": "Days since last order",
    "rfm_frequency": "Number of orders",
    "rfm_monetary": "Net sales",
    "prediction_timestamp": "Time of assignment",
    CERTAINTY_COLUMN: "Certainty of the segment",
    "run_id": "Run",
    "data_window": "Period of the data",
    "settings": "Settings",
    "versions": "Versions of the software",
    "goal": "Goal",
    "offer": "Offer",
    "channel": "Channel",
    "expected_orders": "Expected orders, next 90 days",
    "expected_net_sales": "Expected net sales, next 90 days",
    "active_probability": "Probability of being active",
    "next_order_by": "Next order by",
    "at_risk": "Sales at risk, last 90 days",
}
"""Labels on screen; files keep the column names, which other tools rely on."""
MAX_XLSX_ROWS = 5_000_000
"""Limit in customers: a workbook is built from all rows in memory."""


@dataclass(frozen=True)
class Format:
    """A file format of a list."""

    label: str
    suffix: str
    mime: str


FORMATS = {
    "csv": Format("CSV", ".csv", "text/csv"),
    "xlsx": Format("Excel (XLSX)", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "parquet": Format("Parquet", ".parquet", "application/vnd.apache.parquet"),
}
"""Name -> format. All formats hold the same rows and columns."""


def resolve_format(path: str, requested: str | None = None) -> str:
    """The format of a file: the requested one, otherwise by suffix, otherwise CSV.

    Raises:
        SettingsError: the requested format is unknown.

    >>> resolve_format("list.XLSX"), resolve_format("list.txt"), resolve_format("list.csv", "parquet")
    ('xlsx', 'csv', 'parquet')
    """
    if requested is not None:
        if requested not in FORMATS:
            raise SettingsError(f"Unknown format {requested!r}.", hint=f"Choose one of: {', '.join(FORMATS)}.")
        return requested
    suffix = path.lower()
    return next((name for name, form in FORMATS.items() if suffix.endswith(form.suffix)), "csv")


def count_split_sheets(sizes: Mapping[str, int]) -> dict[str, int]:
    """Segments split across several sheets: name -> number of sheets. sizes: name -> customers."""
    sheets = {name: len(assign_sheet_names([(name, rows)])) for name, rows in sizes.items()}
    return {name: number for name, number in sheets.items() if number > 1}


def build_provenance(
    run_id: str, window: Mapping[str, str | None], settings: RunSettings, versions: Mapping[str, str]
) -> dict[str, str]:
    """The value of each of PROVENANCE_COLUMNS for one run.

    window holds first_sale, last_sale and as_of as ISO dates. k is that of settings, or "auto".

    >>> window = {"first_sale": "2019-01-01", "last_sale": "2019-12-31", "as_of": "2020-01-01"}
    >>> build_provenance("20260101T120000Z-ab12cd34", window, RunSettings(k=5), {"python": "3.11.7"})["data_window"]
    'sales 2019-01-01 to 2019-12-31, as of 2020-01-01'
    """
    model, sales = settings.model, settings.sales
    parts = {
        "features": " ".join(model.features),
        "weights": " ".join(f"{name}={weight:g}" for name, weight in model.weights) or None,
        "scaling": model.scaling,
        "k": settings.k or "auto",
        "seed": model.seed,
        "start": sales.start,
        "window_days": sales.window_days,
        "as_of": sales.as_of,
        "drop_duplicates": sales.drop_duplicates or None,
        "left_out": " ".join(f"{first}:{last}" for first, last in sales.excluded_periods) or None,
        "categories_left_out": ", ".join(sales.excluded_categories) or None,
    }
    return {
        "run_id": run_id,
        "data_window": f"sales {window['first_sale']} to {window['last_sale']}, as of {window['as_of']}",
        "settings": "; ".join(f"{name} {value}" for name, value in parts.items() if value is not None),
        "versions": "; ".join(f"{name} {version}" for name, version in versions.items()),
    }


def resolve_segment_ids(all_segments: pd.DataFrame, segments: Iterable[str | int]) -> list[int]:
    """Resolve segment names (case-insensitive) or ids to ascending ids.

    all_segments: segment_id and segment_name, in any number of rows. Raises SettingsError for an unknown segment.
    """
    all_segments = all_segments[["segment_id", "segment_name"]].drop_duplicates().sort_values("segment_id")
    ids = {str(name).casefold(): int(number) for number, name in all_segments.itertuples(index=False)}
    ids |= {str(number): number for number in ids.values()}
    selected = set()
    for segment in segments:
        key = str(segment).strip().casefold()
        if key not in ids:
            names = ", ".join(str(name) for name in all_segments["segment_name"])
            raise SettingsError(f"Unknown segment {str(segment)!r}.", hint=f"Available: {names}.")
        selected.add(ids[key])
    return sorted(selected)


def add_action_columns(customers: pd.DataFrame, segments: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Add those of ACTION_COLUMNS that are in `columns` and known for the segments."""
    texts = segments.set_index("segment_id")
    selected = [name for name in ACTION_COLUMNS if name in columns and name in texts]
    return customers.assign(**{name: customers["segment_id"].map(texts[name]) for name in selected})


def add_forecast_columns(
    customers: pd.DataFrame, forecasts: pd.DataFrame | None, columns: Sequence[str]
) -> pd.DataFrame:
    """Add those of FORECAST_COLUMNS that are in `columns`; missing for customers without a forecast.

    forecasts: one row per customer: customer_id and FORECAST_COLUMNS; None: nothing is added.
    """
    selected = [name for name in FORECAST_COLUMNS if name in columns]
    if forecasts is None or not selected:
        return customers
    rows = forecasts.set_index("customer_id").reindex(customers["customer_id"])
    dates = pd.to_datetime(rows["next_order_by"]).dt.strftime("%Y-%m-%d")
    rows = rows.assign(next_order_by=dates)
    return customers.assign(**{name: rows[name].to_numpy() for name in selected})


def write_list(
    rows: Rows,
    out: IO[bytes],
    columns: Sequence[str] | None = None,
    *,
    provenance: Mapping[str, str] | None = None,
    raw: bool = False,
    file_format: str = "csv",
) -> None:
    """Write rows, one frame or batches, by segment_id, then customer_id, as one of FORMATS; XLSX collects all batches.

    columns: columns of rows and provenance, in output order; None: DEFAULT_COLUMNS as far as available.
    raw: do not escape formulas in CSV (see `write_csv`). Other formats store text as it is.
    Raises SettingsError for an unknown or duplicate column, before anything is written.
    """
    provenance = provenance or {}
    if resolve_format("", file_format) == "xlsx":
        frame = rows if isinstance(rows, pd.DataFrame) else pd.concat(rows, ignore_index=True)
        about = {LABELS[name]: text for name, text in provenance.items()}
        write_xlsx(_select_columns(frame, columns, provenance), frame[["segment_id", "segment_name"]], out, about=about)
        return
    parts = (_select_columns(part, columns, provenance) for part in iter_batches(rows))
    if file_format == "csv":
        write_csv(parts, out, escape_formulas=not raw)
    else:
        write_parquet(map(_parse_timestamps, parts), out, about=provenance)


def _parse_timestamps(frame: pd.DataFrame) -> pd.DataFrame:
    """Parse prediction_timestamp, which is text in a reopened run."""
    if "prediction_timestamp" not in frame:
        return frame
    return frame.assign(prediction_timestamp=pd.to_datetime(frame["prediction_timestamp"], utc=True))


def render_list(
    rows: Rows,
    columns: Sequence[str] | None = None,
    *,
    provenance: Mapping[str, str] | None = None,
    raw: bool = False,
    file_format: str = "csv",
) -> bytes:
    """The output of `write_list` as bytes, for downloads."""
    out = io.BytesIO()
    write_list(rows, out, columns, provenance=provenance, raw=raw, file_format=file_format)
    return out.getvalue()


def _select_columns(rows: pd.DataFrame, columns: Sequence[str] | None, provenance: Mapping[str, str]) -> pd.DataFrame:
    offered = [*rows.columns, *(name for name in provenance if name not in rows.columns)]
    columns = [name for name in DEFAULT_COLUMNS if name in offered] if columns is None else list(columns)
    if not columns:
        raise SettingsError("No column is selected.", hint=f"Available: {', '.join(offered)}.")
    for position, name in enumerate(columns):
        if name not in offered:
            raise SettingsError(f"Unknown column {name!r}.", hint=f"Available: {', '.join(offered)}.")
        if name in columns[:position]:
            raise SettingsError(f"The column {name} is listed twice.", hint="List it once.")
    zeros = np.zeros(len(rows), np.int8)
    constants = {
        name: pd.Categorical.from_codes(zeros, pd.Index([provenance[name]])) for name in columns if name in provenance
    }
    return rows.assign(**constants)[columns]


def build_file_name(
    source_name: str, as_of: str, run_id: str, segments: Sequence[str] | None = None, suffix: str = ".csv"
) -> str:
    """A portable file name: content, source, as-of date and run.

    segments: names of the selected segments; None: all. suffix: of the format.

    >>> build_file_name("Complete Journey (demo)", "2018-01-02", "20260101T120000Z-ab12cd34")
    'segments_complete-journey-demo_2018-01-02_20260101T120000Z-ab12cd34.csv'
    >>> build_file_name("Käufe 2019.csv", "2020-01-01", "20260101T120000Z-ab12cd34", ["At-Risk Customers"])
    'at-risk-customers_kaufe-2019-csv_2020-01-01_20260101T120000Z-ab12cd34.csv'
    """
    what = "segments"
    if segments is not None:
        what = _slugify(segments[0]) if len(segments) == 1 else f"{len(segments)}-segments"
    run = re.sub(r"[^0-9A-Za-z-]+", "-", run_id)[:64]
    return f"{what or 'segment'}_{_slugify(source_name) or 'sales'}_{_slugify(as_of)}_{run}{suffix}"


def build_data_file_name(content: str, source_name: str, as_of: str) -> str:
    """A file name for a list without a run.

    >>> build_data_file_name("lines set aside", "Complete Journey", "2018-01-02")
    'lines-set-aside_complete-journey_2018-01-02.csv'
    """
    return f"{_slugify(content)}_{_slugify(source_name) or 'sales'}_{_slugify(as_of)}.csv"


def _slugify(text: str) -> str:
    """Lower-case ASCII letters and digits joined by hyphens, at most 40 of them."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^0-9a-z]+", "-", ascii_text.lower())[:40].strip("-")
