"""What leaves the page: the list of customers as a file, and the saved run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segmentation.errors import RunError, SegmentationError
from segmentation.runs.customer_columns import CUSTOMER_COLUMNS
from ui.data import results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from segmentation.export.customer_list import Format
    from segmentation.results import Segmentation

PREVIEW_ROWS = 10


def get_column_labels() -> dict[str, str]:
    """The columns on offer and what to call them."""
    from segmentation.export import customer_list

    names = (*CUSTOMER_COLUMNS, *customer_list.ACTION_COLUMNS, *customer_list.PROVENANCE_COLUMNS)
    return {name: customer_list.LABELS[name] for name in names}


def get_default_columns() -> tuple[str, ...]:
    """The columns of a list when nothing else is asked for."""
    from segmentation.export import customer_list

    return customer_list.DEFAULT_COLUMNS


def drop_other_segments(names: Sequence[str]) -> None:
    """Where only segments of other data were chosen before, choose all of these."""
    import streamlit as st

    chosen = st.session_state.get("segments")
    if chosen and not set(chosen) & set(names):
        st.session_state["segments"] = list(names)


def count_rows(found: Segmentation, segments: Sequence[str]) -> int:
    """How many rows the list of these segments has."""
    sizes = found.segments[found.segments["segment_name"].isin(segments)]["customers"]
    return int(sizes.sum())


def preview_rows(found: Segmentation, segments: Sequence[str], chosen: Sequence[str]) -> pd.DataFrame:
    """The first rows of the list; the only rows of single customers that reach a browser.

    Columns that say the same in every row are left to `list_constant_columns`.
    """
    from segmentation.export import customer_list

    rows = customer_list.add_action_columns(
        customer_list.select_customers(found.customers(segments, PREVIEW_ROWS)), found.segments, chosen
    )
    return rows[[name for name in chosen if name in rows]].rename(columns=customer_list.LABELS)


def list_constant_columns(found: Segmentation, chosen: Sequence[str]) -> dict[str, str]:
    """The columns that say where the list comes from: label -> what every row says."""
    from segmentation.export import customer_list

    return {customer_list.LABELS[name]: text for name, text in _build_provenance(found).items() if name in chosen}


def list_formats() -> dict[str, Format]:
    """The kinds of file on offer, by name."""
    from segmentation.export import customer_list

    return customer_list.FORMATS


def render_file(found: Segmentation, segments: Sequence[str], chosen: Sequence[str], form: str) -> bytes:
    """The list as a file; built at the click."""
    from segmentation.export import customer_list

    parts = (
        found.iter_customers(segments)
        if form != "xlsx"
        else [customer_list.select_customers(found.customers(segments))]
    )
    told = (customer_list.add_action_columns(part, found.segments, chosen) for part in parts)
    rows = told if form != "xlsx" else next(told)
    return customer_list.render_list(rows, chosen, provenance=_build_provenance(found), file_format=form)


def count_split_sheets(found: Segmentation, segments: Sequence[str]) -> dict[str, int]:
    """Of these segments, those too large for one sheet of a workbook: name -> number of sheets."""
    from segmentation.export import customer_list

    sizes = dict(zip(found.segments["segment_name"], found.segments["customers"], strict=True))
    return customer_list.count_split_sheets({name: int(sizes[name]) for name in segments})


def build_file_name(found: Segmentation, segments: Sequence[str], form: str) -> str:
    """What the file is called: segments, source, as-of date, run."""
    from segmentation.export import customer_list

    table = found.training.table
    chosen = None if len(segments) == len(found.segments) else list(segments)
    as_of = table.window.as_of.isoformat()
    return customer_list.build_file_name(table.source.name, as_of, found.run_id, chosen, list_formats()[form].suffix)


def save_as_current(found: Segmentation, progress: Callable[[float], None] | None = None) -> Path:
    """Save the run and make it the current one; gives its folder."""
    from segmentation.runs.catalog import list_run_ids, set_current_run
    from segmentation.runs.save import save_run

    folder = results.get_models_folder()
    if found.run_id in list_run_ids(folder):  # a saved run that is open: it stays as it was saved
        set_current_run(folder, found.run_id)
        return folder / found.run_id
    return save_run(found.to_run_record(progress), folder)


def is_current(found: Segmentation) -> bool:
    """Whether this run is saved, and the current one."""
    from segmentation.runs.current_pointer import get_current_run_id

    try:
        return get_current_run_id(results.get_models_folder()) == found.run_id
    except (RunError, SegmentationError, OSError):
        return False


def _build_provenance(found: Segmentation) -> dict[str, str]:
    from segmentation.export import customer_list
    from segmentation.runs.manifest import get_library_versions
    from segmentation.settings import RunSettings

    training, table = found.training, found.training.table
    window = {name: getattr(table.window, name).isoformat() for name in ("first_sale", "last_sale", "as_of")}
    return customer_list.build_provenance(
        found.run_id, window, RunSettings(table.settings, training.settings, found.k), get_library_versions()
    )
