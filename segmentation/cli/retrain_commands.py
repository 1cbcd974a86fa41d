"""The commands that compare two models: `compare` and `retrain`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from segmentation import pipeline
from segmentation.analysis.model_comparison import ModelComparison, compare_models
from segmentation.analysis.retrain import find_runs_folder
from segmentation.analysis.retrain import retrain as run_retrain
from segmentation.analysis.run_comparison import diff_settings
from segmentation.cli import comparison_output as output
from segmentation.cli import console
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.errors import RunError
from segmentation.publishing.publish import publish_run
from segmentation.publishing.targets import resolve_target
from segmentation.runs.current_pointer import is_run_id
from segmentation.runs.load import MANIFEST, SavedRun, open_run
from segmentation.runs.manifest import to_json_value
from segmentation.runtime.atomic_files import hold_directory_lock
from segmentation.settings import SalesSettings

HELD_FOR_REVIEW = 3
"""Exit code of a retrain whose run was saved but not made current."""


def compare(arguments: Namespace) -> None:
    """Compare two saved runs on the same sales."""
    before, now = (_open_by_name(path, arguments.models) for path in (arguments.run_a, arguments.run_b))
    sales = _build_sales_settings(arguments, now)
    warnings = []
    if before.window_days != now.window_days:
        warnings.append(
            f"The windows of the runs differ: {before.window_days:,} days of {before.run_id}, {now.window_days:,} days "
            f"of {now.run_id}. Over a longer window, the same habits give more orders and sales, so part of the "
            f"difference is due to the length. To compare over the other length, add --window {before.window_days}d; "
            "to remove the difference, train both over the same length."
        )
    with console.show_progress(quiet=arguments.quiet) as progress:
        features = {*before.features, *now.features}
        table = pipeline.load_customers(sales, progress.create_subtask(0.0, 0.8), features=features)
        progress(0.8, "Comparing the models")
        comparison = compare_models(table, before, now)
    for warning in warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    if arguments.json:
        console.print_line(json.dumps(_describe_comparison(comparison, before, now, warnings), indent=2))
    elif not arguments.quiet:
        output.print_model_comparison(comparison, before, now)


def retrain(arguments: Namespace) -> int:
    """Train the current run again on later sales; make the new one current if the retrain gate accepts it."""
    if arguments.to is not None:
        resolve_target(arguments.to)  # a bad name fails before any work
    folder = find_runs_folder(arguments.run, open_run(arguments.run))
    publish = None if arguments.to is None else partial(publish_run, to=arguments.to)
    with console.show_progress(quiet=arguments.quiet or arguments.json) as progress, _hold_lock(folder):
        run = open_run(arguments.run)
        sales = _build_sales_settings(arguments, run)
        result = run_retrain(run, folder, sales, force=arguments.force, publish=publish, on_progress=progress)
    if arguments.json:
        names = ("status", "run_id", "reasons", "model_share")
        console.print_line(json.dumps({name: to_json_value(getattr(result, name)) for name in names}))
    elif not arguments.quiet:
        output.print_retrain_result(result, arguments.to)
    return HELD_FOR_REVIEW if result.status == "held" else 0


@contextmanager
def _hold_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of runs: a second retrain waits, and then finds the data unchanged."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_directory_lock(folder))
        except OSError as error:
            raise RunError(f"{folder} cannot be read.", hint="Check its permissions.") from error
        yield


def _build_sales_settings(arguments: Namespace, run: SavedRun) -> SalesSettings:
    """The settings of a run, over a trailing window of its length, with the options that are specified."""
    settings = build_sales_settings(arguments, run.settings.sales)
    return settings.with_window(run.window_days) if arguments.start is None and arguments.window is None else settings


def _open_by_name(path: Path, models: Path) -> SavedRun:
    """The run in a folder, or else the one with this id in the folder of runs."""
    is_id = not path.exists() and is_run_id(str(path)) and (models / path / MANIFEST).exists()
    return open_run(models / path if is_id else path)


def _describe_comparison(
    comparison: ModelComparison, before: SavedRun, now: SavedRun, warnings: list[str]
) -> Mapping[str, Any]:
    flows = comparison.flows.rename(columns=lambda name: name.replace("_before", "_a").replace("_now", "_b"))
    values = {
        "run_a": before.run_id,
        "run_b": now.run_id,
        "window_days": comparison.window_days,
        "customers": int(flows["customers"].sum()),
        "net_sales": round(float(flows["net_sales"].sum()), 4),
        "share_of_customers": comparison.share_of_customers,
        "share_of_sales": comparison.share_of_sales,
        "adjusted_rand": comparison.adjusted_rand,
        "flows": flows.round({"net_sales": 4}),
        "splits": comparison.splits,
        "merges": comparison.merges,
        "scores": comparison.scores.assign(run=[before.run_id, now.run_id]),
        "settings": diff_settings(before, now).rename(columns={"before": "a", "now": "b"}),
        "warnings": warnings,
    }
    described: Mapping[str, Any] = to_json_value(values)
    return described
