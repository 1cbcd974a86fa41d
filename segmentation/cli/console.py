"""Console output: a progress bar on stderr, tables and sentences on stdout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from segmentation.cli.data_report import describe_findings, describe_reading
from segmentation.clustering.validation.descriptions import describe_borders
from segmentation.runs.load import ARTIFACT_NAMES, SavedRun

if TYPE_CHECKING:
    from segmentation.results import CustomerTable, Segmentation
    from segmentation.segments.overrides import SegmentOverride

FILE_WIDTH = 120
"""Width of tables if stdout is not a terminal."""


class ProgressReporter:
    """Progress callback: (share done, description)."""

    def __init__(self, bar: Progress, task: TaskID, start: float = 0.0, end: float = 1.0) -> None:
        self._bar, self._task, self._start, self._end = bar, task, start, end

    def __call__(self, share: float, what: str) -> None:
        """Update the bar."""
        done = self._start + share * (self._end - self._start)
        self._bar.update(self._task, completed=done, description=what)

    def create_subtask(self, start: float, end: float) -> ProgressReporter:
        """A callback whose shares 0 to 1 map to start to end of this one."""
        return ProgressReporter(self._bar, self._task, start, end)


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[ProgressReporter]:
    """A transient bar on stderr; none if stderr is not a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        yield ProgressReporter(bar, bar.add_task("Starting", total=1.0))


def print_training_summary(
    segmentation: Segmentation,
    path: Path,
    *,
    requested_k: int | None,
    matching_problem: str,
    dropped: Sequence[SegmentOverride] = (),
) -> None:
    """Print the summary of a new run.

    Args:
        segmentation: the run.
        path: folder of the saved run.
        requested_k: number of segments from the command line; None: the recommended one was used.
        matching_problem: why segments could not be matched to the previous run; "" if they were.
        dropped: names and texts of the user that were not carried over.
    """
    say = _Console()
    training, table = segmentation.training, segmentation.training.table
    window = table.window
    period = f"sales {window.first_sale} to {window.last_sale}, as of {window.as_of}"
    say(f"{table.source.name}: {table.store.totals.customers:,} customers, {period}.")
    for sentence in filter(
        None,
        (
            table.source.note,
            *describe_reading(table),
            *_describe_reconciliation(table),
            *table.notices,
            *describe_findings(table),
            *training.notices,
            matching_problem,
        ),
    ):
        say(sentence)
    say.table(_build_segment_table(segmentation.segments))
    if not segmentation.matching.empty:
        say.table(_build_matching_table(segmentation))
    if dropped:
        print_dropped_overrides(dropped)
    say.table(_build_score_table(training.scores, segmentation.k))
    if training.silhouette_sample is not None:
        say(f"Silhouettes are estimated from {training.silhouette_sample:,} customers.")
    for sentence in (f"Recommendation: {training.recommendation.summary}", *training.recommendation.rationale):
        say(sentence)
    if segmentation.validation_summary is not None:
        borders = describe_borders([border["gap"] for border in segmentation.validation_summary["borders"]])
        say(f"Of the {segmentation.k} segments in use: {borders}")
    if requested_k is None:
        say(f"In use: {segmentation.k} segments, as recommended. --k sets another number.")
    else:
        say(f"In use: {segmentation.k} segments, as requested.")
    say(f"Saved: {path}")
    if not (path.parent / ARTIFACT_NAMES[0]).exists():
        say(f"This file system does not support links: the files are in {path} only.")


def print_dropped_overrides(dropped: Sequence[SegmentOverride]) -> None:
    """Print which names and texts of the user were not carried over."""
    labels = [f'"{entry.name}"' if entry.name else f"the text of segment {entry.segment_id}" for entry in dropped]
    _Console()(f"These edits were not carried over, because the segments have changed: {', '.join(labels)}.")


def print_check_step(name: str, succeeded: bool, message: str) -> None:
    """Print the result of one step as soon as it is known."""
    _Console()(f"{'OK' if succeeded else 'FAILED':6}  {name:16}  {message}")


def print_search_results(results: pd.DataFrame, *, customers: int, sample: int) -> None:
    """Print the tried settings, best first, and why the first one leads."""
    say = _Console()
    table = _build_table("Rank", "Features", "Scaling", "k", "Common", "Silhouette", "Smallest", "Agreement")
    for row in results.to_dict("records"):
        shares = (format_share(row["smallest_share"]), f"{row['agreement']:.2f}")
        figures = (f"{row['common_silhouette']:.3f}", f"{row['silhouette']:.3f}", *shares)
        table.add_row(str(row["rank"]), str(row["label"]), str(row["scaling"]), str(row["k"]), *figures)
    say.table(table)
    if customers > sample:
        say(f"Measured on a sample of {sample:,} of {customers:,} customers.")
    first = results.iloc[0]
    say(f"First: {first['label']}, scaling {first['scaling']}, {first['k']} segments. {first['reason']}")
    say(
        "Common: silhouette in one common feature space, comparable between rows. "
        "Silhouette: in the space of the row, comparable within one scaling only."
    )
    say(f"To use it: train --preset {first['preset']} --scaling {first['scaling']} --k {first['k']}")


def print_segment_sizes(sizes: Mapping[int, int], run: SavedRun, path: Path) -> None:
    """Print the customers per segment of a file."""
    say = _Console()
    table = _build_table("Number", "Segment", "Customers")
    for number, size in sorted(sizes.items()):
        table.add_row(str(number), run.segment_names[number], f"{size:,}")
    say.table(table)
    say(f"{sum(sizes.values()):,} customers, by run {run.run_id}. Written: {path}")


def print_published(run: SavedRun, target: str) -> None:
    """Print the customers per segment of a published run."""
    say = _Console()
    table = _build_table("Number", "Segment", "Customers")
    sizes = run.get_labels()["segment_id"].value_counts()
    for number, name in run.segment_names.items():
        table.add_row(str(number), name, f"{sizes.get(number, 0):,}")
    say.table(table)
    say(f"{sizes.sum():,} customers, by run {run.run_id}. Published: {target}")


def print_generated(customers: int, lines: int, path: Path) -> None:
    """Print the size of generated sales."""
    _Console()(f"{lines:,} lines of {customers:,} customers. Written: {path}")


def print_split_sheets(segments: Mapping[str, int]) -> None:
    """Print which segments need more than one sheet of the workbook."""
    say = _Console()
    for name, sheets in segments.items():
        say(f"{name} does not fit on one sheet and is split across {sheets}.")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of text."""
    table = _build_table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    _Console().table(table)


def format_share(share: float) -> str:
    """A share, 0 to 1, in percent with one decimal."""
    return f"{100 * share:.1f} %"


def print_line(sentence: str) -> None:
    """Print one sentence."""
    _Console()(sentence)


class _Console:
    """Standard output without markup: brackets and colons in names from data are printed literally."""

    def __init__(self) -> None:
        self._console = Console(markup=False, highlight=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = FILE_WIDTH

    def __call__(self, sentence: str) -> None:
        self._console.print(sentence, soft_wrap=True)

    def table(self, table: Table) -> None:
        self._console.print(table)


def _build_table(*columns: str, title: str | None = None) -> Table:
    """A table with text columns on the left and numbers on the right."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        is_text = name in {
            "Segment",
            "Features",
            "Goal",
            "Previous name",
            "From",
            "To",
            "Score",
            "Feature",
            "Campaign",
            "Group",
            "Verdict",
        }
        table.add_column(name, justify="left" if is_text else "right", overflow="fold")
    return table


def _describe_reconciliation(table: CustomerTable) -> Iterator[str]:
    reconciliation = table.reconciliation
    read, accepted = reconciliation.lines_read, reconciliation.lines_accepted
    money_read, money_accepted = reconciliation.money_read, reconciliation.money_accepted
    yield (
        f"{read:,} lines = {accepted:,} used + {read - accepted:,} rejected; "
        f"{money_read:,.2f} = {money_accepted:,.2f} + {money_read - money_accepted:,.2f}."
    )
    for label, lines, money in reconciliation.rejected[["label", "lines", "money"]].itertuples(index=False):
        yield f"  rejected: {label}, {lines:,} lines, {'amount unknown' if money.is_nan() else f'{money:,.2f}'}"
    customers, money = table.store.totals.returns_only, table.store.totals.returns_money
    if customers:
        yield f"{customers:,} customers have returns only ({money:,.2f}) and are not segmented."


def _build_segment_table(segments: pd.DataFrame) -> Table:
    table = _build_table("Number", "Segment", "Customers", "Share", "Of sales", "Goal", title="Segments")
    shown = segments[["segment_id", "segment_name", "customers", "share_of_customers", "share_of_sales", "goal"]]
    for number, name, customers, share, of_sales, goal in shown.itertuples(index=False):
        table.add_row(str(number), name, f"{customers:,}", format_share(share), format_share(of_sales), goal)
    return table


def _build_matching_table(segmentation: Segmentation) -> Table:
    table = _build_table("Number", "Segment", "Previous name", title="Matched to the previous run")
    names = segmentation.segment_names
    for number, previous, how in segmentation.matching[["segment_id", "previous_name", "how"]].itertuples(index=False):
        table.add_row(str(number), names[number], previous if how == "kept" else "(new)")
    return table


def _build_score_table(scores: pd.DataFrame, k: int) -> Table:
    columns = {
        "inertia": ("Inertia", ",.1f"),
        "silhouette_score": ("Silhouette", ".3f"),
        "calinski_harabasz_score": ("Calinski-Harabasz", ",.1f"),
        "davies_bouldin_score": ("Davies-Bouldin", ".3f"),
        "smallest_segment": ("Smallest segment", ",.0f"),
    }
    table = _build_table(
        "k", *(label for label, _ in columns.values()), title="Scores by number of segments (* in use)"
    )
    for row in scores.to_dict("records"):
        cells = (format(row[name], form) for name, (_, form) in columns.items())
        table.add_row(f"* {row['k']}" if row["k"] == k else str(row["k"]), *cells)
    return table
