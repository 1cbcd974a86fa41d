"""Segment history: the customers and net sales of each segment at every month-end, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pandas as pd

from segmentation import pipeline
from segmentation.analysis.history.chance import build_unknown_chance, estimate_chance
from segmentation.analysis.history.changes import count_classes, summarize_months
from segmentation.analysis.history.labeled_months import HistorySales, LabeledMonths
from segmentation.analysis.history.months import HistoryWindow, choose_window
from segmentation.analysis.history.refit import count_refitted_flows
from segmentation.analysis.history.stored_history import open_history
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs.manifest import RunMetadata
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.open_source import open_source
from segmentation.sales.source import SalesSource
from segmentation.segments.matching import assign_colors
from segmentation.settings import SalesSettings


@dataclass(frozen=True, eq=False)
class SegmentHistory:
    """The segments of one model at every month-end."""

    labeled: LabeledMonths
    """The model, the window length and the month-ends; lists of customers are queries on it."""
    window: HistoryWindow
    run: RunMetadata
    """The run whose segments these are; its own window can be longer, see `HistoryWindow.has_window_model`."""
    is_refitted: bool
    segments: pd.DataFrame
    """segment_id, segment_name, color (index), in the order of the ids."""
    months: pd.DataFrame
    """One row per month-end and segment; see `segmentation.analysis.history.changes.summarize_months`."""
    flows: pd.DataFrame
    """One row per month-end, segments before and now, and bought_since; see
    `segmentation.analysis.history.flows.count_flows`."""
    chance: pd.Series
    """month_end -> share of the customers at both month-ends who would move by chance; see `estimate_chance`."""

    @property
    def changes(self) -> pd.DataFrame:
        """Customers by class at each month-end but the first, and the movement to expect by chance.

        The columns of `count_classes`, moved_share (of the customers present at both month-ends, 0 to 1), chance_share
        (NaN: unknown) and above_chance (moved_share - chance_share).
        """
        counts = count_classes(self.flows)
        present = counts[["stayed", "customer", "model", "both"]].sum(axis=1)
        moved = counts["moved"] / present.where(present > 0)
        chance = counts["month_end"].map(self.chance).astype("float64")
        return counts.assign(moved_share=moved, chance_share=chance, above_chance=moved - chance)

    @property
    def names(self) -> Mapping[int, str]:
        """segment_id -> segment_name."""
        return dict(zip(self.segments["segment_id"], self.segments["segment_name"], strict=True))


def compute_segment_history(
    previous: PreviousSegments,
    settings: SalesSettings,
    *,
    window_days: int | None = None,
    refit: bool = False,
    with_chance: bool = True,
    source: SalesSource | None = None,
    loaded: CustomerTable | None = None,
    on_progress: StepProgress = no_progress,
) -> SegmentHistory:
    """Rebuild the segments of a run at every month-end whose window lies within the sales.

    Args:
        previous: the run, saved or in memory.
        settings: which lines count; their start date and window do not apply, because each month-end has its own.
        window_days: length of the window for the model of the run; None: that of the run, see `choose_window`.
        refit: whether to fit a model at every month-end, which tells what the model changed.
        with_chance: whether to estimate the movement to expect by chance; False: it is unknown.
        source: the opened source of `settings.source`; None: open it.
        loaded: customers of the same source, so that what they know of its lines is not read again.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        SettingsError: no month-end has a full window before it, or too many customers to refit a scaling by ranks.
        RunError: the source lacks a feature of the run.
        SourceError, ColumnError, DataError: as in `load_customers`.
    """
    on_progress(0.0, "Opening the sales")
    settings = replace(settings, start=None, window_days=None)
    source = source or open_source(settings.source)
    opened = open_history(source, settings, loaded, previous.run, window_days, with_chance=with_chance)
    sales = opened.sales
    window = choose_window(sales.window.first_sale, sales.window.as_of, previous.run.window_days, window_days)
    run = previous.run
    if window.has_window_model:
        on_progress(0.2, f"Fitting a model of {window.days} days")
        run = _fit_window_model(previous, settings, window, sales)
    labeled = opened.label(run, window)
    on_progress(0.4, "Assigning customers to segments at every month-end")
    if refit:
        sizes, flows = count_refitted_flows(
            labeled, settings.sample_above, lambda share, step: on_progress(0.4 + 0.5 * share, step)
        )
    else:
        sizes, flows = labeled.count_flows()
    months = summarize_months(sizes, flows, is_refitted=refit)
    chance = build_unknown_chance(labeled)
    if with_chance:
        on_progress(0.9, "Simulating unchanged habits")
        customers = int(sizes.groupby("month_end")["customers"].sum().max())
        chance = estimate_chance(labeled, customers, run.settings.model.seed)
    on_progress(1.0, "The history is ready")
    return SegmentHistory(
        labeled=labeled,
        window=window,
        run=previous.run,
        is_refitted=refit,
        segments=_describe_segments(previous.run, run, sizes["segment_id"]),
        months=months,
        flows=flows,
        chance=chance,
    )


def to_previous_segments(segmentation: Segmentation) -> PreviousSegments:
    """The segments of a segmentation in memory, in the form of a run."""
    return PreviousSegments(
        segmentation.to_run_record(with_customers=False),
        (segmentation.run_id,),
        partial(segmentation.training.table.store.fetch_labels, segmentation.model),
        segmentation.list_customers,
    )


def _fit_window_model(
    previous: PreviousSegments, settings: SalesSettings, window: HistoryWindow, sales: HistorySales
) -> RunMetadata:
    """A model with the settings of the run, fitted on the last window and matched to the segments of the run."""
    as_of = window.as_of_dates[-1]
    last = replace(settings, window_days=window.days, as_of=as_of)
    start = as_of - timedelta(days=window.days)
    prepared = sales.prepared.replace_dates(start, as_of)  # what the lines mean is not inferred again
    features = previous.run.settings.model.features
    table = pipeline.load_customers(last, source=sales.source, prepared=prepared, features=features)
    training = pipeline.train_every_k(table, previous.run.settings.model)
    return pipeline.build_segmentation(training, previous.run.k, previous).to_run_record(with_customers=False)


def _describe_segments(run: RunMetadata, labeled_by: RunMetadata, segment_ids: pd.Series) -> pd.DataFrame:
    """Name and color of every segment: from the run, else from the window's own model, else numbers."""
    names: dict[int, str] = {}
    colors: dict[int, int] = {}
    for rows in (labeled_by.segments, run.segments):
        for segment_id, name, color in rows[["segment_id", "segment_name", "color"]].itertuples(index=False):
            names[int(segment_id)], colors[int(segment_id)] = str(name), int(color)
    ids = sorted({int(i) for i in segment_ids} | {int(i) for i in labeled_by.cluster_to_segment})
    assigned = assign_colors(ids, colors)
    described = [(i, names.get(i, f"New segment {i}"), assigned[i]) for i in ids]
    return pd.DataFrame(described, columns=["segment_id", "segment_name", "color"])
