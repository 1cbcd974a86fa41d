"""The commands. Each function takes the parsed arguments of its command and prints a summary."""

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
from segmentation.cli import console, data_report
from segmentation.cli.campaign_commands import campaign as campaign
from segmentation.cli.export_command import count_segments
from segmentation.cli.export_command import export as export
from segmentation.cli.forecast_commands import forecast as forecast
from segmentation.cli.history_commands import history as history
from segmentation.cli.retrain_commands import compare as compare
from segmentation.cli.retrain_commands import retrain as retrain
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.cli.warehouse_commands import publish as publish
from segmentation.cli.warehouse_commands import restore as restore
from segmentation.cli.warehouse_commands import sql as sql
from segmentation.errors import RunError, SettingsError
from segmentation.export import customer_list as lists
from segmentation.export import report_html
from segmentation.features import presets, registry
from segmentation.presentation.number_format import NumberFormat, number_format_context
from segmentation.presentation.settings_summary import describe_window
from segmentation.runs.current_pointer import check_no_conflict, get_current_run_id
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.load import ARTIFACT_NAMES, MANIFEST, open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.runtime.atomic_files import atomic_write, resolve_output_path
from segmentation.sales.demo import raw_tables, synthetic_shop
from segmentation.scoring import iter_scored_customers
from segmentation.segments.override_validity import list_dropped_overrides
from segmentation.segments.overrides import SegmentOverride
from segmentation.settings import ModelSettings, RunSettings


def train(arguments: Namespace) -> None:
    """Segment the customers of a source and save the result as the current run of a folder."""
    sales = replace(build_sales_settings(arguments), sample_above=arguments.sample_above)
    model = _build_model_settings(arguments)
    settings = RunSettings(sales, model, arguments.k)
    if (arguments.out / MANIFEST).exists():
        raise SettingsError(f"{arguments.out} is a single run.", hint="Pass the folder that holds the runs.")
    check_no_conflict(arguments.out, ARTIFACT_NAMES)
    previous, matching_problem = _load_previous_run(arguments.out)
    with console.show_progress(quiet=arguments.quiet) as progress:
        features = {*model.features, *(() if previous is None else previous.run.features)}
        table = pipeline.load_customers(sales, progress.create_subtask(0.0, 0.4), features=features)
        training = pipeline.train_every_k(table, model, progress.create_subtask(0.4, 0.6))
        if not arguments.quick:
            training = explain.revise_with_validation(training, progress.create_subtask(0.6, 0.9))
        progress(0.9, "Naming the segments")
        segmentation = pipeline.build_segmentation(training, settings.k, previous)
        progress(0.95, "Saving the run")
        fetch_progress = progress.create_subtask(0.95, 1.0)
        record = segmentation.to_run_record(lambda share: fetch_progress(share, "Fetching all customers"))
        path = save_run(record, arguments.out)
    if not arguments.quiet:
        dropped: list[SegmentOverride] = []
        if previous is not None and not segmentation.matching.empty:  # empty: the previous run is of another shop
            dropped = list_dropped_overrides(previous.run.segments, segmentation.previous_labels)
        console.print_training_summary(
            segmentation, path, requested_k=arguments.k, matching_problem=matching_problem, dropped=dropped
        )


def score(arguments: Namespace) -> None:
    """Assign the customers of a source to the segments of a saved run."""
    run = open_run(arguments.run)
    settings = build_sales_settings(arguments, run.settings.sales)
    if arguments.start is None and arguments.window is None:
        settings = settings.with_window(run.window_days)
    file_format = lists.resolve_format(arguments.out.name, arguments.format)
    sizes: Counter[int] = Counter()
    with console.show_progress(quiet=arguments.quiet) as progress, atomic_write(arguments.out) as out:
        parts = count_segments(iter_scored_customers(run, settings, progress), sizes)
        if file_format == "xlsx":
            parts = _check_workbook_size(parts, sizes)
        columns = [*CUSTOMER_COLUMNS, "run_id", *([] if run.resample_centers is None else [CERTAINTY_COLUMN])]
        provenance = {"run_id": run.run_id}
        lists.write_list(parts, out, columns, provenance=provenance, raw=arguments.raw, file_format=file_format)
    if not arguments.quiet:
        if file_format == "xlsx":
            by_name = {run.segment_names[number]: size for number, size in sizes.items()}
            console.print_split_sheets(lists.count_split_sheets(by_name))
        console.print_segment_sizes(sizes, run, arguments.out)
        console.print_line(describe_window(settings, run.window_days))


def generate(arguments: Namespace) -> None:
    """Generate the sales of a synthetic web shop and, on request, the profile of each customer."""
    customers = synthetic_shop.CUSTOMERS if arguments.customers is None else arguments.customers
    if arguments.truth:
        resolve_output_path(arguments.truth)
    if arguments.raw_tables:
        with console.show_progress(quiet=arguments.quiet) as progress:
            lines = raw_tables.write_raw_tables(arguments.out, customers, arguments.seed, on_progress=progress)
    else:
        with console.show_progress(quiet=arguments.quiet) as progress, atomic_write(arguments.out) as out:
            lines = synthetic_shop.write_shop(out, customers, arguments.seed, on_progress=progress)
    if arguments.truth:
        with atomic_write(arguments.truth) as out:
            synthetic_shop.assign_profiles(customers, arguments.seed).to_parquet(out, index=False)
    if not arguments.quiet:
        console.print_generated(customers, lines, arguments.out)


def report(arguments: Namespace) -> None:
    """Write a saved run as a single-file HTML report."""
    number_format = NumberFormat(arguments.numbers, arguments.currency, arguments.currency_after)
    run = open_run(arguments.run)
    with number_format_context(number_format), atomic_write(arguments.out) as out:
        out.write(report_html.build_report(run))
    if not arguments.quiet:
        console.print_line(f"Report of run {run.run_id}. Written: {arguments.out}")


def check(arguments: Namespace) -> None:
    """Check step by step whether a source can be reached and segmented."""
    steps = []
    for step in checks.run_check_steps(build_sales_settings(arguments), arguments.commands, arguments.to):
        steps.append(step)
        if not (arguments.quiet or arguments.json):
            console.print_check_step(step.name, step.succeeded, step.message)
    checks.raise_if_failed(steps)
    table = next((step.customers for step in steps if step.customers is not None), None)
    if table is None:  # --for names no command that reads the sales
        return
    if arguments.json:
        console.print_line(data_report.format_data_report(table))
    elif not arguments.quiet:
        for sentence in data_report.describe_findings(table):
            console.print_line(sentence)


def tune(arguments: Namespace) -> None:
    """Try presets, scalings and numbers of segments, and rank them."""
    from segmentation.analysis import tuning

    with console.show_progress(quiet=arguments.quiet) as progress:
        table = pipeline.load_customers(build_sales_settings(arguments), progress.create_subtask(0.0, 0.1))
        results = tuning.search_settings(table, arguments.seed, progress.create_subtask(0.1, 1.0))
    console.print_search_results(results.head(arguments.top), customers=len(table.frame), sample=tuning.SAMPLE_ROWS)


def prepare(arguments: Namespace) -> None:
    """Build the demo data and warm up."""
    with console.show_progress(quiet=arguments.quiet) as progress:
        pipeline.warm_up_demo(progress)


def _check_workbook_size(parts: Iterable[pd.DataFrame], sizes: Counter[int]) -> Iterator[pd.DataFrame]:
    """Pass `parts` through; raise SettingsError once `sizes`, their count, exceeds the limit of a workbook."""
    for part in parts:
        if sizes.total() > lists.MAX_XLSX_ROWS:
            raise SettingsError(
                f"A workbook of more than {lists.MAX_XLSX_ROWS:,} customers is too large for spreadsheets.",
                hint="Use CSV or Parquet.",
            )
        yield part


def _build_model_settings(arguments: Namespace) -> ModelSettings:
    """Settings of the model. Options override the preset; unknown names raise before any data is read."""
    preset = presets.get_preset(arguments.preset or "rfm")
    features = preset.features if arguments.features is None else arguments.features
    scaling = preset.scaling if arguments.scaling is None else arguments.scaling
    weights = tuple(dict(arguments.weights or ()).items())
    return ModelSettings(registry.validate_features(features, {}), scaling, arguments.seed, weights)


def _load_previous_run(folder: Path) -> tuple[PreviousSegments | None, str]:
    """The current run to match segments to, and the reason to report if it cannot be used."""
    try:
        if get_current_run_id(folder) is None:
            return None, ""
        run = open_run(folder)
        run.check_files()
    except RunError as error:
        return None, f"{error.message} The segments could not be matched to it."
    return PreviousSegments.from_saved_run(run), ""
