"""The customer list as a file, and saving the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from segmentation.errors import SegmentationError
from segmentation.export import customer_list
from segmentation.runs.catalog import list_run_ids, set_current_run
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.manifest import get_library_versions
from segmentation.runs.save import save_run
from segmentation.settings import RunSettings
from ui.components import errors
from ui.data import forecasts, results
from ui.state import widget_values
from ui.views import contact_join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from segmentation.export.customer_list import Format
    from segmentation.results import Segmentation
    from ui.state.app_state import AppState

PREVIEW_ROWS = 10
DEFAULT_FORMAT = "csv"


def get_column_labels(segmentation: Segmentation) -> dict[str, str]:
    """Available columns and their labels."""
    certainty = (CERTAINTY_COLUMN,) if segmentation.has_certainty else ()
    names = (
        *CUSTOMER_COLUMNS,
        *certainty,
        *customer_list.ACTION_COLUMNS,
        *customer_list.FORECAST_COLUMNS,
        *customer_list.PROVENANCE_COLUMNS,
    )
    return {name: customer_list.LABELS[name] for name in names}


def get_default_columns() -> tuple[str, ...]:
    """The default columns of a list."""
    return customer_list.DEFAULT_COLUMNS


def reset_outdated_selection(names: Sequence[str]) -> None:
    """If only segments of other data are selected, select all segments; names: those of this data."""
    selected = widget_values.get_widget_value("segments")
    if selected and not set(selected) & set(names):
        widget_values.set_widget_values({"segments": list(names)})


def count_rows(segmentation: Segmentation, segments: Sequence[str]) -> int:
    """How many rows the list of these segments has."""
    sizes = segmentation.segments[segmentation.segments["segment_name"].isin(segments)]["customers"]
    return int(sizes.sum())


def get_list_forecasts(state: AppState, columns: Sequence[str]) -> pd.DataFrame | None:
    """Forecasts of all customers if a column needs them; None, with the reason on the page, if there are none."""
    if not set(customer_list.FORECAST_COLUMNS).intersection(columns):
        return None
    try:
        return forecasts.get_forecast(state, 90).customers.frame
    except SegmentationError as error:
        errors.render_error(f"No forecast: {error.message}", error.hint, icon=":material/info:")
        return None


def drop_forecast_columns(columns: Sequence[str]) -> list[str]:
    """The columns that need no forecast."""
    return [name for name in columns if name not in customer_list.FORECAST_COLUMNS]


def preview_rows(
    segmentation: Segmentation,
    segments: Sequence[str],
    columns: Sequence[str],
    list_forecasts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The first rows of the list; the only customer rows sent to the browser.

    Columns with the same value in every row are left to `list_constant_columns`.
    """
    rows = customer_list.add_action_columns(
        segmentation.list_customers(segments, PREVIEW_ROWS), segmentation.segments, columns
    )
    rows = customer_list.add_forecast_columns(rows, list_forecasts, columns)
    return rows[[name for name in columns if name in rows]].rename(columns=customer_list.LABELS)


def list_constant_columns(segmentation: Segmentation, columns: Sequence[str]) -> dict[str, str]:
    """Provenance columns: label -> value of every row."""
    return {
        customer_list.LABELS[name]: text for name, text in _build_provenance(segmentation).items() if name in columns
    }


def list_formats() -> dict[str, Format]:
    """Available file formats, by name."""
    return customer_list.FORMATS


def render_file(
    segmentation: Segmentation,
    segments: Sequence[str],
    columns: Sequence[str],
    file_format: str,
    list_forecasts: pd.DataFrame | None = None,
) -> bytes:
    """The list as a file; built on click."""
    rows = _iter_rows(segmentation, segments, columns, list_forecasts)
    return customer_list.render_list(rows, columns, provenance=_build_provenance(segmentation), file_format=file_format)


def render_contact_join(
    segmentation: Segmentation,
    segments: Sequence[str],
    columns: Sequence[str],
    list_forecasts: pd.DataFrame | None = None,
) -> None:
    """Join contact columns of the user's own to the list."""

    def build_rows() -> pd.DataFrame:
        rows = pd.concat(_iter_rows(segmentation, segments, columns, list_forecasts), ignore_index=True)
        provenance = {name: text for name, text in _build_provenance(segmentation).items() if name in columns}
        return rows.assign(**provenance)[list(dict.fromkeys(["customer_id", *columns]))]

    contact_join.render_contact_join(
        build_rows,
        lambda contact_format: (
            f"{contact_format or 'contacts'}_{build_file_name(segmentation, segments, DEFAULT_FORMAT)}"
        ),
        key="export",
        label="Download list with addresses (CSV)",
    )


def _iter_rows(
    segmentation: Segmentation,
    segments: Sequence[str],
    columns: Sequence[str],
    list_forecasts: pd.DataFrame | None,
) -> Iterator[pd.DataFrame]:
    for batch in segmentation.iter_customers(segments):
        rows = customer_list.add_action_columns(batch, segmentation.segments, columns)
        yield customer_list.add_forecast_columns(rows, list_forecasts, columns)


def count_split_sheets(segmentation: Segmentation, segments: Sequence[str]) -> dict[str, int]:
    """Segments that exceed the rows of one sheet: name -> number of sheets."""
    sizes = dict(zip(segmentation.segments["segment_name"], segmentation.segments["customers"], strict=True))
    return customer_list.count_split_sheets({name: int(sizes[name]) for name in segments})


def build_file_name(segmentation: Segmentation, segments: Sequence[str], file_format: str) -> str:
    """File name with segments, source, as-of date and run."""
    table = segmentation.training.table
    selected = None if len(segments) == len(segmentation.segments) else list(segments)
    as_of = table.window.as_of.isoformat()
    return customer_list.build_file_name(
        table.source.name, as_of, segmentation.run_id, selected, list_formats()[file_format].suffix
    )


def save_as_current(segmentation: Segmentation, progress: Callable[[float], None] | None = None) -> Path:
    """Save the run and set it as current; returns its folder."""
    folder = results.get_models_folder()
    if segmentation.run_id in list_run_ids(folder):  # an open saved run: it is not saved again
        set_current_run(folder, segmentation.run_id)
        return folder / segmentation.run_id
    from segmentation.pipeline import complete_for_saving  # loaded by now, with the result

    return save_run(complete_for_saving(segmentation).to_run_record(progress), folder)


def is_current(segmentation: Segmentation) -> bool:
    """Whether this run is saved and current."""
    return results.find_current_run_id() == segmentation.run_id


def _build_provenance(segmentation: Segmentation) -> dict[str, str]:
    training, table = segmentation.training, segmentation.training.table
    window = {name: getattr(table.window, name).isoformat() for name in ("first_sale", "last_sale", "as_of")}
    return customer_list.build_provenance(
        segmentation.run_id,
        window,
        RunSettings(table.settings, training.settings, segmentation.k),
        get_library_versions(),
    )
