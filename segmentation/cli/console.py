"""What the command line prints: a bar while it works (to stderr), and tables of what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from segmentation.runs.save import ARTIFACT_NAMES, SavedRun

if TYPE_CHECKING:
    from segmentation.results import CustomerTable, Segmentation

FILE_WIDTH = 120
"""Width of tables where the output goes to a file or another program."""


class ProgressReporter:
    """Takes a share that is done and what is being done, and moves the bar."""

    def __init__(self, bar: Progress, task: TaskID, start: float = 0.0, end: float = 1.0) -> None:
        self._bar, self._task, self._start, self._end = bar, task, start, end

    def __call__(self, share: float, what: str) -> None:
        """Move the bar."""
        done = self._start + share * (self._end - self._start)
        self._bar.update(self._task, completed=done, description=what)

    def subtask(self, start: float, end: float) -> ProgressReporter:
        """One step of the work: its shares 0 to 1 lie between start and end of the whole."""
        return ProgressReporter(self._bar, self._task, start, end)


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[ProgressReporter]:
    """A bar on stderr that is gone when the work is done; none where nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        yield ProgressReporter(bar, bar.add_task("Starting", total=1.0))


def print_training_summary(segmentation: Segmentation, path: Path, *, asked: int | None, trouble: str) -> None:
    """The summary of a new run.

    Args:
        segmentation: the run.
        path: where it is saved.
        asked: the number of segments that was asked for; None: the advised one was taken.
        trouble: why the run before it could not be matched; "" if nothing stood in the way.
    """
    say = _Console()
    training, table = segmentation.training, segmentation.training.table
    window = table.window
    period = f"sales {window.first_sale} to {window.last_sale}, as of {window.as_of}"
    say(f"{table.source.name}: {table.n_customers:,} customers, {period}.")
    for sentence in filter(
        None, (table.source.note, *_print_reconciliation(table), *table.notices, *training.notices, trouble)
    ):
        say(sentence)
    say.table(_print_segments(segmentation.segments))
    if not segmentation.matching.empty:
        say.table(_print_matching(segmentation))
    say.table(_print_scores(training.scores, segmentation.k))
    if training.silhouette_sample is not None:
        say(f"Silhouettes are estimated from {training.silhouette_sample:,} customers.")
    for sentence in (f"Advice: {training.recommendation.summary}", *training.recommendation.rationale):
        say(sentence)
    if asked is None:
        say(f"Taken: {segmentation.k} segments, as advised. --k takes another number.")
    else:
        say(f"Taken: {segmentation.k} segments, as asked.")
    say(f"Saved: {path}")
    if not (path.parent / ARTIFACT_NAMES[0]).exists():
        say(f"This file system has no links: the files are in {path} only.")


def print_check_step(name: str, works: bool, told: str) -> None:
    """One thing that was tried, as it is done."""
    _Console()(f"{'yes' if works else 'no':3}  {name:13}  {told}")


def print_search_results(found: pd.DataFrame, *, customers: int, sample: int) -> None:
    """What was tried, the best first, and why the first is first."""
    say = _Console()
    table = _build_table("Rank", "Segment", "Scaling", "k", "Common", "Own", "Smallest", "Agreement")
    table.columns[1].header = "Features"
    for row in found.to_dict("records"):
        shares = (f"{row['smallest_share']:.1%}", f"{row['agreement']:.2f}")
        figures = (f"{row['common_silhouette']:.3f}", f"{row['silhouette']:.3f}", *shares)
        table.add_row(str(row["rank"]), str(row["label"]), str(row["scaling"]), str(row["k"]), *figures)
    say.table(table)
    if customers > sample:
        say(f"Tried on a sample of {sample:,} of {customers:,} customers.")
    first = found.iloc[0]
    say(f"First: {first['label']}, scaling {first['scaling']}, {first['k']} segments. {first['reason']}")
    say("Common: silhouette in one space, to compare rows by. Own: in its own; compare it within one scaling only.")
    say(f"Take it: train --preset {first['preset']} --scaling {first['scaling']} --k {first['k']}")


def print_segment_sizes(sizes: Mapping[int, int], run: SavedRun, path: Path) -> None:
    """How many customers went into a file, by segment."""
    say = _Console()
    table = _build_table("Number", "Segment", "Customers")
    names = dict(zip(run.segments["segment_id"], run.segments["segment_name"], strict=True))
    for number, size in sorted(sizes.items()):
        table.add_row(str(number), names[number], f"{size:,}")
    say.table(table)
    say(f"{sum(sizes.values()):,} customers, by run {run.run_id}. Written: {path}")


def print_published(run: SavedRun, place: str) -> None:
    """What was published, and where."""
    say = _Console()
    table = _build_table("Number", "Segment", "Customers")
    sizes = run.get_labels()["segment_id"].value_counts()
    for number, name in run.segments[["segment_id", "segment_name"]].itertuples(index=False):
        table.add_row(str(number), name, f"{sizes.get(number, 0):,}")
    say.table(table)
    say(f"{sizes.sum():,} customers, by run {run.run_id}. Published: {place}")


def print_generated(customers: int, lines: int, path: Path) -> None:
    """What was made up."""
    _Console()(f"{lines:,} lines of {customers:,} customers. Written: {path}")


def print_split_sheets(segments: Mapping[str, int]) -> None:
    """Which segments go on over more than one sheet of the workbook that is about to be written."""
    say = _Console()
    for name, sheets in segments.items():
        say(f"{name} does not fit on one sheet of a workbook and goes on over {sheets}.")


def print_line(sentence: str) -> None:
    """One sentence."""
    _Console()(sentence)


class _Console:
    """Standard output. Names come from data: square brackets and colons in them are no commands."""

    def __init__(self) -> None:
        self._console = Console(markup=False, highlight=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = FILE_WIDTH

    def __call__(self, sentence: str) -> None:
        self._console.print(sentence, soft_wrap=True)

    def table(self, table: Table) -> None:
        self._console.print(table)


def _build_table(*columns: str, title: str | None = None) -> Table:
    """A table whose first column is a number; text stands left, all other numbers right."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        is_text = name in {"Segment", "Goal", "Before"}
        table.add_column(name, justify="left" if is_text else "right", overflow="fold")
    return table


def _print_reconciliation(table: CustomerTable) -> Iterator[str]:
    balance = table.reconciliation
    yield (
        f"{balance.lines_read:,} lines = {balance.lines_accepted:,} used + "
        f"{balance.lines_read - balance.lines_accepted:,} set aside; "
        f"{balance.money_read:,.2f} = {balance.money_accepted:,.2f} + {balance.money_read - balance.money_accepted:,.2f}."
    )
    for label, lines, money in balance.rejected[["label", "lines", "money"]].itertuples(index=False):
        yield f"  set aside: {label}, {lines:,} lines, {money:,.2f}"
    apart, money = table.returns_only_totals
    if apart:
        yield f"{apart:,} customers have returns only ({money:,.2f}) and get no segment."


def _print_segments(segments: pd.DataFrame) -> Table:
    table = _build_table("Number", "Segment", "Customers", "Share", "Of sales", "Goal", title="Segments")
    shown = segments[["segment_id", "segment_name", "customers", "share_of_customers", "share_of_sales", "goal"]]
    for number, name, customers, share, of_sales, goal in shown.itertuples(index=False):
        table.add_row(str(number), name, f"{customers:,}", f"{share:.1%}", f"{of_sales:.1%}", goal)
    return table


def _print_matching(segmentation: Segmentation) -> Table:
    table = _build_table("Number", "Segment", "Before", title="Compared with the run before")
    names = segmentation.segments.set_index("segment_id")["segment_name"]
    for number, before, how in segmentation.matching[["segment_id", "previous_name", "how"]].itertuples(index=False):
        table.add_row(str(number), names[number], before if how == "kept" else "(new)")
    return table


def _print_scores(scores: pd.DataFrame, k: int) -> Table:
    columns = {
        "inertia": ("Inertia", ",.1f"),
        "silhouette_score": ("Silhouette", ".3f"),
        "calinski_harabasz_score": ("Calinski-Harabasz", ",.1f"),
        "davies_bouldin_score": ("Davies-Bouldin", ".3f"),
        "smallest_segment": ("Smallest segment", ",.0f"),
    }
    table = _build_table("k", *(label for label, _ in columns.values()), title="Every number of segments (* taken)")
    for row in scores.to_dict("records"):
        cells = (format(row[name], form) for name, (_, form) in columns.items())
        table.add_row(f"* {row['k']}" if row["k"] == k else str(row["k"]), *cells)
    return table
