"""What leaves the page: the list of customers as a file, and the saved run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.data import results as cached
from segmentation.errors import RunError, SegmentationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from segmentation.export.customer_list import Format
    from segmentation.results import Segmentation

FIRST_ROWS = 10


def columns() -> dict[str, str]:
    """The columns on offer and what to call them."""
    from segmentation.export import customer_list as export

    names = (*export.CUSTOMER_COLUMNS, *export.ACTION_COLUMNS, *export.ORIGIN_COLUMNS)
    return {name: export.LABELS[name] for name in names}


def default_columns() -> tuple[str, ...]:
    """The columns of a list when nothing else is asked for."""
    from segmentation.export import customer_list as export

    return export.DEFAULT_COLUMNS


def drop_other_segments(names: Sequence[str]) -> None:
    """Where only segments of other data were chosen before, choose all of these."""
    import streamlit as st

    chosen = st.session_state.get("segments")
    if chosen and not set(chosen) & set(names):
        st.session_state["segments"] = list(names)


def size(found: Segmentation, segments: Sequence[str]) -> int:
    """How many rows the list of these segments has."""
    sizes = found.segments[found.segments["segment_name"].isin(segments)]["customers"]
    return int(sizes.sum())


def first_rows(found: Segmentation, segments: Sequence[str], chosen: Sequence[str]) -> pd.DataFrame:
    """The first rows of the list; the only rows of single customers that reach a browser.

    Columns that say the same in every row are left to `same_in_every_row`.
    """
    from segmentation.export import customer_list as export

    rows = export.with_actions(export.choose(found.customers(segments, FIRST_ROWS)), found.segments, chosen)
    return rows[[name for name in chosen if name in rows]].rename(columns=export.LABELS)


def same_in_every_row(found: Segmentation, chosen: Sequence[str]) -> dict[str, str]:
    """The columns that say where the list comes from: label -> what every row says."""
    from segmentation.export import customer_list as export

    return {export.LABELS[name]: text for name, text in _origin(found).items() if name in chosen}


def formats() -> dict[str, Format]:
    """The kinds of file on offer, by name."""
    from segmentation.export import customer_list as export

    return export.FORMATS


def contents(found: Segmentation, segments: Sequence[str], chosen: Sequence[str], form: str) -> bytes:
    """The list as a file; built at the click."""
    from segmentation.export import customer_list as export

    parts = found.parts(segments) if form != "xlsx" else [export.choose(found.customers(segments))]
    told = (export.with_actions(part, found.segments, chosen) for part in parts)
    rows = told if form != "xlsx" else next(told)
    return export.list_bytes(rows, chosen, origin=_origin(found), form=form)


def over_several_sheets(found: Segmentation, segments: Sequence[str]) -> dict[str, int]:
    """Of these segments, those too large for one sheet of a workbook: name -> number of sheets."""
    from segmentation.export import customer_list as export

    sizes = dict(zip(found.segments["segment_name"], found.segments["customers"], strict=True))
    return export.over_several_sheets({name: int(sizes[name]) for name in segments})


def file_name(found: Segmentation, segments: Sequence[str], form: str) -> str:
    """What the file is called: segments, source, as-of date, run."""
    from segmentation.export import customer_list as export

    table = found.training.table
    chosen = None if len(segments) == len(found.segments) else list(segments)
    as_of = table.window.as_of.isoformat()
    return export.file_name(table.source.name, as_of, found.run_id, chosen, formats()[form].suffix)


def save(found: Segmentation, progress: Callable[[float], None] | None = None) -> Path:
    """Save the run and make it the current one; gives its folder."""
    from segmentation.runs.save import save_run
    from segmentation.runs.catalog import make_current, run_ids

    folder = cached.models_folder()
    if found.run_id in run_ids(folder):  # a saved run that is open: it stays as it was saved
        make_current(folder, found.run_id)
        return folder / found.run_id
    return save_run(found.record(progress), folder)


def is_current(found: Segmentation) -> bool:
    """Whether this run is saved, and the current one."""
    from segmentation.runs.current_pointer import current_run

    try:
        return current_run(cached.models_folder()) == found.run_id
    except (RunError, SegmentationError, OSError):
        return False


def _origin(found: Segmentation) -> dict[str, str]:
    from segmentation.export import customer_list as export
    from segmentation.runs.manifest import library_versions
    from segmentation.settings import RunSettings

    training, table = found.training, found.training.table
    window = {name: getattr(table.window, name).isoformat() for name in ("first_sale", "last_sale", "as_of")}
    return export.origin(
        found.run_id, window, RunSettings(table.settings, training.settings, found.k), library_versions()
    )
