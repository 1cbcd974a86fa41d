"""What each command does. Every function takes the arguments of `segmentation.cli.parser` and prints what it did."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from segmentation import pipeline
from segmentation.analysis import explain
from segmentation.cli import connection_check as checks
from segmentation.cli import console
from segmentation.cli.warehouse_commands import publish, sql
from segmentation.errors import RunError, SettingsError
from segmentation.export import customer_list as lists
from segmentation.export import report_inputs
from segmentation.features import presets, registry
from segmentation.presentation.number_format import NumberFormat, number_format_context
from segmentation.runs.current_pointer import check_no_conflict, get_current_run_id
from segmentation.runs.customer_columns import CUSTOMER_COLUMNS
from segmentation.runs.load import MANIFEST
from segmentation.runs.save import ARTIFACT_NAMES, SavedRun, open_run, save_run
from segmentation.runtime.atomic_files import atomic_write, resolve_output_path
from segmentation.sales.demo import raw_tables, synthetic_shop
from segmentation.scoring import iter_scored_customers
from segmentation.settings import ModelSettings, RunSettings, SalesSettings

__all__ = ["check", "export", "generate", "prepare", "publish", "report", "score", "sql", "train", "tune"]

SCORED_COLUMNS = (*CUSTOMER_COLUMNS, "run_id")


def train(arguments: Namespace) -> None:
    """Find segments and save them as the current run of a folder."""
    sales = replace(_build_sales_settings(arguments), sample_above=arguments.sample_above)
    model = _build_model_settings(arguments)
    settings = RunSettings(sales, model, arguments.k)
    if (arguments.out / MANIFEST).exists():
        raise SettingsError(f"{arguments.out} is one run.", hint="Give the folder that holds the runs.")
    check_no_conflict(arguments.out, ARTIFACT_NAMES)
    previous, trouble = _load_previous_run(arguments.out)
    with console.show_progress(quiet=arguments.quiet) as told:
        table = pipeline.load_customers(sales, told.subtask(0.0, 0.4))
        training = pipeline.train_every_k(table, model, told.subtask(0.4, 0.6))
        if settings.k is None and not arguments.quick:
            training = explain.revise_with_validation(training, told.subtask(0.6, 0.9))
        told(0.9, "Naming the segments")
        segmentation = pipeline.build_segmentation(training, settings.k, previous)
        told(0.95, "Saving the run")
        fetching = told.subtask(0.95, 1.0)
        record = segmentation.to_run_record(lambda share: fetching(share, "Fetching every customer"))
        path = save_run(record, arguments.out)
    if not arguments.quiet:
        console.print_training_summary(segmentation, path, asked=arguments.k, trouble=trouble)


def score(arguments: Namespace) -> None:
    """Give the customers of a source the segments of a saved run."""
    run = open_run(arguments.run)
    kept = run.settings.sales
    settings = replace(
        kept,
        source=arguments.source or kept.source,
        columns=tuple(dict(arguments.map).items()) if arguments.map else kept.columns,
        start=arguments.start or kept.start,
        as_of=arguments.as_of,
        drop_duplicates=arguments.drop_duplicates or kept.drop_duplicates,
        dates=arguments.dates or kept.dates,
        decimal=arguments.decimal or kept.decimal,
        excluded_periods=tuple(arguments.leave_out or kept.excluded_periods),
        excluded_categories=tuple(arguments.leave_out_category or kept.excluded_categories),
    )
    form = lists.resolve_format(arguments.out.name, arguments.format)
    sizes: Counter[int] = Counter()
    with console.show_progress(quiet=arguments.quiet) as told, atomic_write(arguments.out) as out:
        parts = _count_segments(iter_scored_customers(run, settings, told), sizes)
        if form == "xlsx":
            parts = _fitting_workbook(parts, sizes)
        origin = {"run_id": run.run_id}
        lists.write_list(parts, out, SCORED_COLUMNS, provenance=origin, raw=arguments.raw, file_format=form)
    if not arguments.quiet:
        if form == "xlsx":
            names = run.segments.set_index("segment_id")["segment_name"]
            console.print_split_sheets(lists.count_split_sheets({str(names[i]): size for i, size in sizes.items()}))
        console.print_segment_sizes(sizes, run, arguments.out)


def export(arguments: Namespace) -> None:
    """Write the customers of a saved run, or of some of its segments, as a list."""
    run = open_run(arguments.run)
    chosen = run.segments
    if arguments.segment is not None:
        chosen = chosen[chosen["segment_id"].isin(lists.resolve_segment_ids(run.segments, arguments.segment))]
    origin = lists.build_provenance(run.run_id, run.window, run.settings, run.versions)
    path: Path = arguments.out
    form = lists.resolve_format("" if path.is_dir() else path.name, arguments.format)
    if path.is_dir():
        path /= _build_file_name(run, arguments.segment, chosen["segment_name"].tolist(), lists.FORMATS[form].suffix)
    if form == "xlsx":
        _check_sheet_limits(chosen, quiet=arguments.quiet)
    sizes: Counter[int] = Counter()
    with console.show_progress(quiet=arguments.quiet) as told, atomic_write(path) as out:
        rows = _iter_saved_customers(run, chosen["segment_id"].tolist(), told)
        told_what = (
            lists.add_action_columns(part, run.segments, arguments.columns or ())
            for part in _count_segments(rows, sizes)
        )
        lists.write_list(told_what, out, arguments.columns, provenance=origin, raw=arguments.raw, file_format=form)
    if not arguments.quiet:
        console.print_segment_sizes(sizes, run, path)


def generate(arguments: Namespace) -> None:
    """Write the sales of a made-up web shop, and on request the habit of each customer."""
    customers = synthetic_shop.CUSTOMERS if arguments.customers is None else arguments.customers
    if arguments.truth:
        resolve_output_path(arguments.truth)
    if arguments.raw_tables:
        with console.show_progress(quiet=arguments.quiet) as told:
            lines = raw_tables.write_raw_tables(arguments.out, customers, arguments.seed, on_progress=told)
    else:
        with console.show_progress(quiet=arguments.quiet) as told, atomic_write(arguments.out) as out:
            lines = synthetic_shop.write_shop(out, customers, arguments.seed, on_progress=told)
    if arguments.truth:
        with atomic_write(arguments.truth) as out:
            synthetic_shop.assign_profiles(customers, arguments.seed).to_parquet(out, index=False)
    if not arguments.quiet:
        console.print_generated(customers, lines, arguments.out)


def report(arguments: Namespace) -> None:
    """Write a saved run as one HTML file."""
    form = NumberFormat(arguments.numbers, arguments.currency, arguments.currency_after)
    run = open_run(arguments.run)
    with number_format_context(form), atomic_write(arguments.out) as out:
        out.write(report_inputs.build_report(run))
    if not arguments.quiet:
        console.print_line(f"The report of run {run.run_id}. Written: {arguments.out}")


def check(arguments: Namespace) -> None:
    """Say step by step whether a source can be reached and read."""
    done = []
    for step in checks.run_check_steps(arguments.source, dict(arguments.map or ()).items()):
        done.append(step)
        if not arguments.quiet:
            console.print_check_step(step.name, step.succeeded, step.message)
    checks.raise_if_failed(done)


def tune(arguments: Namespace) -> None:
    """Try settings and rank them."""
    from segmentation.analysis import tuning

    with console.show_progress(quiet=arguments.quiet) as told:
        table = pipeline.load_customers(_build_sales_settings(arguments), told.subtask(0.0, 0.1))
        found = tuning.search_settings(table, arguments.seed, told.subtask(0.1, 1.0))
    console.print_search_results(found.head(arguments.top), customers=len(table.frame), sample=tuning.SAMPLE_ROWS)


def prepare(arguments: Namespace) -> None:
    """Build the demo data and warm up."""
    with console.show_progress(quiet=arguments.quiet) as told:
        pipeline.warm_up_demo(told)


def _iter_saved_customers(run: SavedRun, segment_ids: list[int], told: pipeline.Progress) -> Iterable[pd.DataFrame]:
    """The customers of some segments of a saved run, in order of segment_id, then customer_id."""
    if run.is_large:
        return run.iter_customers(segment_ids, lambda share: told(share, "Writing the list"))
    return [lists.select_customers(run.customers(), segment_ids)]


def _count_segments(parts: Iterable[pd.DataFrame], sizes: Counter[int]) -> Iterator[pd.DataFrame]:
    """`parts` as they are, with the customers of each segment counted into `sizes`."""
    for part in parts:
        sizes.update(part["segment_id"].tolist())
        yield part


def _fitting_workbook(parts: Iterable[pd.DataFrame], sizes: Counter[int]) -> Iterator[pd.DataFrame]:
    """`parts` as they are; raises SettingsError as soon as `sizes`, their count, is beyond what a workbook can hold."""
    for part in parts:
        if sizes.total() > lists.MAX_XLSX_ROWS:
            raise SettingsError(
                f"A workbook of more than {lists.MAX_XLSX_ROWS:,} customers is more than a spreadsheet opens.",
                hint="Take CSV or Parquet.",
            )
        yield part


def _check_sheet_limits(segments: pd.DataFrame, *, quiet: bool) -> None:
    """Say which segments go on over several sheets; raise SettingsError where nobody could open the workbook."""
    sizes = {str(name): int(size) for name, size in segments[["segment_name", "customers"]].itertuples(index=False)}
    if sum(sizes.values()) > lists.MAX_XLSX_ROWS:
        raise SettingsError(
            f"A workbook of {sum(sizes.values()):,} customers is more than a spreadsheet opens.",
            hint=f"Take CSV or Parquet, or segments with at most {lists.MAX_XLSX_ROWS:,} customers together.",
        )
    if not quiet:
        console.print_split_sheets(lists.count_split_sheets(sizes))


def _build_file_name(run: SavedRun, asked: list[str] | None, chosen: list[str], suffix: str) -> str:
    some = asked is not None and len(chosen) < run.k
    return lists.build_file_name(
        run.source_name, str(run.window["as_of"]), run.run_id, chosen if some else None, suffix
    )


def _build_sales_settings(arguments: Namespace) -> SalesSettings:
    """Which lines count."""
    return SalesSettings(
        source=arguments.source,
        columns=tuple(dict(arguments.map or ()).items()),
        start=arguments.start,
        as_of=arguments.as_of,
        drop_duplicates=arguments.drop_duplicates,
        dates=arguments.dates,
        decimal=arguments.decimal,
        excluded_periods=tuple(arguments.leave_out or ()),
        excluded_categories=tuple(arguments.leave_out_category or ()),
    )


def _build_model_settings(arguments: Namespace) -> ModelSettings:
    """What is compared: that of the preset, where nothing else is asked for. What is unknown is told before reading."""
    chosen = presets.get_preset(arguments.preset or "rfm")
    features = chosen.features if arguments.features is None else arguments.features
    scaling = chosen.scaling if arguments.scaling is None else arguments.scaling
    weights = tuple(dict(arguments.weights or ()).items())
    return ModelSettings(registry.validate_features(features, {}), scaling, arguments.seed, weights)


def _load_previous_run(folder: Path) -> tuple[SavedRun | None, str]:
    """The run whose segments are to be found again, and why there is none where that should be said."""
    try:
        if get_current_run_id(folder) is None:
            return None, ""
        run = open_run(folder)
        run.check_files()
    except RunError as error:
        return None, f"{error.message} The segments could not be matched to it."
    return run, ""
