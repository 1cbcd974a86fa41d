"""What each command does. Every function takes the arguments of `segmentation.cli.parser` and prints what it did."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from segmentation import pipeline
from segmentation.export import report_inputs as reporting
from segmentation.analysis import explain as trust
from segmentation.cli import connection_check as checks
from segmentation.cli import console as show
from segmentation.cli.warehouse_commands import publish, sql
from segmentation.features import registry as registry
from segmentation.features import presets
from segmentation.export import customer_list as lists
from segmentation.runs.current_pointer import check_free, current_run
from segmentation.runtime.atomic_files import replaced, writable
from segmentation.runs.save import NAMES, SavedRun, open_run, save_run
from segmentation.runs.load import MANIFEST
from segmentation.presentation.number_format import NumberFormat, using
from segmentation.errors import RunError, SettingsError
from segmentation.sales.demo import raw_tables as raw_shop, synthetic_shop as web_shop
from segmentation.settings import ModelSettings, RunSettings, SalesSettings

__all__ = ["check", "export", "generate", "prepare", "publish", "report", "score", "sql", "train", "tune"]

SCORED_COLUMNS = (*lists.CUSTOMER_COLUMNS, "run_id")


def train(arguments: Namespace) -> None:
    """Find segments and save them as the current run of a folder."""
    sales = replace(_sales(arguments), sample_above=arguments.sample_above)
    model = _model(arguments)
    settings = RunSettings(sales, model, arguments.k)
    if (arguments.out / MANIFEST).exists():
        raise SettingsError(f"{arguments.out} is one run.", hint="Give the folder that holds the runs.")
    check_free(arguments.out, NAMES)
    previous, trouble = _previous(arguments.out)
    with show.progress(quiet=arguments.quiet) as told:
        table = pipeline.load_customers(sales, told.part(0.0, 0.4))
        training = pipeline.train(table, model, told.part(0.4, 0.6))
        if settings.k is None and not arguments.quick:
            training = trust.with_evidence(training, told.part(0.6, 0.9))
        told(0.9, "Naming the segments")
        segmentation = pipeline.segment(training, settings.k, previous)
        told(0.95, "Saving the run")
        fetching = told.part(0.95, 1.0)
        record = segmentation.record(lambda share: fetching(share, "Fetching every customer"))
        path = save_run(record, arguments.out)
    if not arguments.quiet:
        show.trained(segmentation, path, asked=arguments.k, trouble=trouble)


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
        left_out=tuple(arguments.leave_out or kept.left_out),
        categories_left_out=tuple(arguments.leave_out_category or kept.categories_left_out),
    )
    form = lists.format_of(arguments.out.name, arguments.format)
    sizes: Counter[int] = Counter()
    with show.progress(quiet=arguments.quiet) as told, replaced(arguments.out) as out:
        parts = _counting(pipeline.score_parts(run, settings, told), sizes)
        if form == "xlsx":
            parts = _fitting_workbook(parts, sizes)
        origin = {"run_id": run.run_id}
        lists.write_list(parts, out, SCORED_COLUMNS, origin=origin, raw=arguments.raw, form=form)
    if not arguments.quiet:
        if form == "xlsx":
            names = run.segments.set_index("segment_id")["segment_name"]
            show.several_sheets(lists.over_several_sheets({str(names[i]): size for i, size in sizes.items()}))
        show.counted(sizes, run, arguments.out)


def export(arguments: Namespace) -> None:
    """Write the customers of a saved run, or of some of its segments, as a list."""
    run = open_run(arguments.run)
    chosen = run.segments
    if arguments.segment is not None:
        chosen = chosen[chosen["segment_id"].isin(lists.segment_ids(run.segments, arguments.segment))]
    origin = lists.origin(run.run_id, run.window, run.settings, run.versions)
    path: Path = arguments.out
    form = lists.format_of("" if path.is_dir() else path.name, arguments.format)
    if path.is_dir():
        path /= _file_name(run, arguments.segment, chosen["segment_name"].tolist(), lists.FORMATS[form].suffix)
    if form == "xlsx":
        _check_workbook(chosen, quiet=arguments.quiet)
    sizes: Counter[int] = Counter()
    with show.progress(quiet=arguments.quiet) as told, replaced(path) as out:
        rows = _saved_list(run, chosen["segment_id"].tolist(), told)
        told_what = (lists.with_actions(part, run.segments, arguments.columns or ()) for part in _counting(rows, sizes))
        lists.write_list(told_what, out, arguments.columns, origin=origin, raw=arguments.raw, form=form)
    if not arguments.quiet:
        show.counted(sizes, run, path)


def generate(arguments: Namespace) -> None:
    """Write the sales of a made-up web shop, and on request the habit of each customer."""
    customers = web_shop.CUSTOMERS if arguments.customers is None else arguments.customers
    if arguments.truth:
        writable(arguments.truth)
    if arguments.raw_tables:
        with show.progress(quiet=arguments.quiet) as told:
            lines = raw_shop.write(arguments.out, customers, arguments.seed, progress=told)
    else:
        with show.progress(quiet=arguments.quiet) as told, replaced(arguments.out) as out:
            lines = web_shop.write(out, customers, arguments.seed, progress=told)
    if arguments.truth:
        with replaced(arguments.truth) as out:
            web_shop.behaviours(customers, arguments.seed).to_parquet(out, index=False)
    if not arguments.quiet:
        show.generated(customers, lines, arguments.out)


def report(arguments: Namespace) -> None:
    """Write a saved run as one HTML file."""
    form = NumberFormat(arguments.numbers, arguments.currency, arguments.currency_after)
    run = open_run(arguments.run)
    with using(form), replaced(arguments.out) as out:
        out.write(reporting.html(run))
    if not arguments.quiet:
        show.said(f"The report of run {run.run_id}. Written: {arguments.out}")


def check(arguments: Namespace) -> None:
    """Say step by step whether a source can be reached and read."""
    done = []
    for step in checks.steps(arguments.source, dict(arguments.map or ()).items()):
        done.append(step)
        if not arguments.quiet:
            show.step(step.name, step.works, step.told)
    checks.failed(done)


def tune(arguments: Namespace) -> None:
    """Try settings and rank them."""
    from segmentation.analysis import tuning

    with show.progress(quiet=arguments.quiet) as told:
        table = pipeline.load_customers(_sales(arguments), told.part(0.0, 0.1))
        found = tuning.tune(table, arguments.seed, told.part(0.1, 1.0))
    show.tuned(found.head(arguments.top), customers=len(table.frame), sample=tuning.ROWS)


def prepare(arguments: Namespace) -> None:
    """Build the demo data and warm up."""
    with show.progress(quiet=arguments.quiet) as told:
        pipeline.prepare(told)


def _saved_list(run: SavedRun, segment_ids: list[int], told: pipeline.Progress) -> Iterable[pd.DataFrame]:
    """The customers of some segments of a saved run, in order of segment_id, then customer_id."""
    if run.is_large:
        return run.parts(segment_ids, lambda share: told(share, "Writing the list"))
    return [lists.choose(run.customers(), segment_ids)]


def _counting(parts: Iterable[pd.DataFrame], sizes: Counter[int]) -> Iterator[pd.DataFrame]:
    """`parts` as they are, with the customers of each segment counted into `sizes`."""
    for part in parts:
        sizes.update(part["segment_id"].tolist())
        yield part


def _fitting_workbook(parts: Iterable[pd.DataFrame], sizes: Counter[int]) -> Iterator[pd.DataFrame]:
    """`parts` as they are; raises SettingsError as soon as `sizes`, their count, is beyond what a workbook can hold."""
    for part in parts:
        if sizes.total() > lists.MOST_IN_A_WORKBOOK:
            raise SettingsError(
                f"A workbook of more than {lists.MOST_IN_A_WORKBOOK:,} customers is more than a spreadsheet opens.",
                hint="Take CSV or Parquet.",
            )
        yield part


def _check_workbook(segments: pd.DataFrame, *, quiet: bool) -> None:
    """Say which segments go on over several sheets; raise SettingsError where nobody could open the workbook."""
    sizes = {str(name): int(size) for name, size in segments[["segment_name", "customers"]].itertuples(index=False)}
    if sum(sizes.values()) > lists.MOST_IN_A_WORKBOOK:
        raise SettingsError(
            f"A workbook of {sum(sizes.values()):,} customers is more than a spreadsheet opens.",
            hint=f"Take CSV or Parquet, or segments with at most {lists.MOST_IN_A_WORKBOOK:,} customers together.",
        )
    if not quiet:
        show.several_sheets(lists.over_several_sheets(sizes))


def _file_name(run: SavedRun, asked: list[str] | None, chosen: list[str], suffix: str) -> str:
    some = asked is not None and len(chosen) < run.k
    return lists.file_name(run.source_name, str(run.window["as_of"]), run.run_id, chosen if some else None, suffix)


def _sales(arguments: Namespace) -> SalesSettings:
    """Which lines count."""
    return SalesSettings(
        source=arguments.source,
        columns=tuple(dict(arguments.map or ()).items()),
        start=arguments.start,
        as_of=arguments.as_of,
        drop_duplicates=arguments.drop_duplicates,
        dates=arguments.dates,
        decimal=arguments.decimal,
        left_out=tuple(arguments.leave_out or ()),
        categories_left_out=tuple(arguments.leave_out_category or ()),
    )


def _model(arguments: Namespace) -> ModelSettings:
    """What is compared: that of the preset, where nothing else is asked for. What is unknown is told before reading."""
    chosen = presets.preset(arguments.preset or "rfm")
    features = chosen.features if arguments.features is None else arguments.features
    scaling = chosen.scaling if arguments.scaling is None else arguments.scaling
    weights = tuple(dict(arguments.weights or ()).items())
    return ModelSettings(registry.in_order(features, {}), scaling, arguments.seed, weights)


def _previous(folder: Path) -> tuple[SavedRun | None, str]:
    """The run whose segments are to be found again, and why there is none where that should be said."""
    try:
        if current_run(folder) is None:
            return None, ""
        run = open_run(folder)
        run.check_files()
    except RunError as error:
        return None, f"{error.sentence} The segments could not be matched to it."
    return run, ""
