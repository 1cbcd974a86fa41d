"""The command `export`: the customers of a saved run as a list, on request with contact columns of the user's own."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import pandas as pd

from segmentation.cli import console
from segmentation.cli.contact_options import read_contacts
from segmentation.cli.forecast_commands import get_list_forecasts
from segmentation.errors import SettingsError
from segmentation.export import customer_list as lists
from segmentation.export.campaign_lists import INVALID_FILE
from segmentation.export.contacts import ContactList, ContactOptions, describe_contacts, join_contacts
from segmentation.runs.load import SavedRun, open_run
from segmentation.runtime.atomic_files import atomic_write
from segmentation.runtime.tabular_files import write_csv


def export(arguments: Namespace) -> None:
    """Export the customers of a saved run, or of some of its segments."""
    run = open_run(arguments.run)
    selected = run.segments
    if arguments.segment is not None:
        selected = selected[selected["segment_id"].isin(lists.resolve_segment_ids(run.segments, arguments.segment))]
    path: Path = arguments.out
    file_format = lists.resolve_format("" if path.is_dir() else path.name, arguments.format)
    if path.is_dir():
        path /= _build_file_name(
            run, arguments.segment, selected["segment_name"].tolist(), lists.FORMATS[file_format].suffix
        )
    if file_format == "xlsx":
        _check_sheet_limits(selected, quiet=arguments.quiet)
    contacts, options = read_contacts(arguments)
    if options.contact_format is not None and (file_format != "csv" or arguments.columns is not None):
        raise SettingsError(
            f"The format {options.contact_format} is a CSV file with columns of its own.",
            hint="Leave out --columns, and name the file list.csv.",
        )
    sizes: Counter[int] = Counter()
    joined = None
    with console.show_progress(quiet=arguments.quiet) as progress, atomic_write(path) as out:
        rows = run.iter_customers(selected["segment_id"].tolist(), lambda share: progress(share, "Writing the list"))
        columns = arguments.columns or ()
        forecasts = get_list_forecasts(run, columns)
        parts = (
            lists.add_forecast_columns(lists.add_action_columns(part, run.segments, columns), forecasts, columns)
            for part in count_segments(rows, sizes)
        )
        if contacts is None:
            _write_list(run, parts, out, arguments.columns, file_format, raw=arguments.raw)
        else:
            joined = _write_joined_list(run, parts, out, contacts, options, arguments, file_format)
    if joined is not None and len(joined.invalid):
        with atomic_write(_name_invalid_file(path)) as out:
            write_csv(joined.invalid, out, escape_formulas=not arguments.raw)
    if arguments.quiet:
        return
    console.print_segment_sizes(sizes, run, path)
    if joined is not None:
        for sentence in describe_contacts(joined):
            console.print_line(sentence)
        if len(joined.invalid):
            console.print_line(f"Written: {_name_invalid_file(path)}")


def count_segments(parts: Iterable[pd.DataFrame], sizes: Counter[int]) -> Iterator[pd.DataFrame]:
    """Pass `parts` through and add the customers of each segment to `sizes`."""
    for part in parts:
        sizes.update(part["segment_id"].tolist())
        yield part


def _write_joined_list(
    run: SavedRun,
    parts: Iterable[pd.DataFrame],
    out: IO[bytes],
    contacts: pd.DataFrame,
    options: ContactOptions,
    arguments: Namespace,
    file_format: str,
) -> ContactList:
    """Write the list with contact columns after its own, or in the format of a tool."""
    listed = pd.concat(parts, ignore_index=True)
    joined = join_contacts(listed, contacts, options)
    if options.contact_format is not None:
        write_csv(joined.frame, out, escape_formulas=False)
        return joined
    columns = arguments.columns
    if columns is None:
        columns = [name for name in lists.DEFAULT_COLUMNS if name in listed or name in lists.PROVENANCE_COLUMNS]
    contact_columns = [str(name) for name in joined.frame if name not in listed and name not in columns]
    _write_list(run, joined.frame, out, [*columns, *contact_columns], file_format, raw=arguments.raw)
    return joined


def _write_list(
    run: SavedRun,
    rows: Iterable[pd.DataFrame] | pd.DataFrame,
    out: IO[bytes],
    columns: list[str] | None,
    file_format: str,
    *,
    raw: bool,
) -> None:
    provenance = lists.build_provenance(run.run_id, run.window, run.settings, run.versions)
    lists.write_list(rows, out, columns, provenance=provenance, raw=raw, file_format=file_format)


def _name_invalid_file(path: Path) -> Path:
    return path.with_name(f"{path.stem}_{INVALID_FILE}")


def _check_sheet_limits(segments: pd.DataFrame, *, quiet: bool) -> None:
    """Print which segments need several sheets; raise SettingsError if the workbook is too large to open."""
    sizes = {str(name): int(size) for name, size in segments[["segment_name", "customers"]].itertuples(index=False)}
    if sum(sizes.values()) > lists.MAX_XLSX_ROWS:
        raise SettingsError(
            f"A workbook of {sum(sizes.values()):,} customers is too large for spreadsheets.",
            hint=f"Use CSV or Parquet, or select segments with at most {lists.MAX_XLSX_ROWS:,} customers together.",
        )
    if not quiet:
        console.print_split_sheets(lists.count_split_sheets(sizes))


def _build_file_name(run: SavedRun, requested: list[str] | None, selected: list[str], suffix: str) -> str:
    is_subset = requested is not None and len(selected) < run.k
    return lists.build_file_name(
        run.source_name, str(run.window["as_of"]), run.run_id, selected if is_subset else None, suffix
    )
