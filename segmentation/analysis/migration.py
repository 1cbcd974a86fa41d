"""Segment migration between two dates, computed from the sales history without a saved run.

The sales up to the earlier date are segmented, then the sales up to the later date over a window of the same length,
and the later segments are matched to the earlier ones as in a retrain. If only a sample of the customers is in memory,
migrations are counted in the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import pandas as pd

from segmentation import pipeline
from segmentation.analysis.migration_sql import count_migrations_sql
from segmentation.analysis.run_comparison import RunComparison, compare_runs
from segmentation.errors import SettingsError
from segmentation.results import CustomerTable, Segmentation, SweepResult
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.settings import ModelSettings


@dataclass(frozen=True, eq=False)
class Migration:
    """Segments of one source on two dates."""

    changes: RunComparison
    previous: Segmentation
    current: Segmentation
    days: int
    """Length of both windows."""
    retention: float
    """Share of the customers in both windows who are in the same segment, 0 to 1; NaN without common customers."""

    def compare_medians(self, features: tuple[str, ...]) -> pd.DataFrame:
        """Compare medians by segment: segment_id, segment_name, and the median of each feature before and now."""
        columns = ["segment_id", *(f"median_{name}" for name in features)]
        medians = self.previous.segments[columns].merge(
            self.current.segments[[*columns, "segment_name"]],
            on="segment_id",
            how="inner",
            suffixes=("_before", "_now"),
        )
        return medians.sort_values("segment_id", ignore_index=True)


def compute_migration(
    table: CustomerTable,
    model: ModelSettings,
    previous_date: date,
    k: int | None = None,
    on_progress: StepProgress = no_progress,
) -> Migration:
    """Segment the sales as of `previous_date` and as of the table's own as-of date, and compare.

    Args:
        table: the current customers; its as-of date is the later date.
        model: model settings for both dates.
        previous_date: an as-of date within the data.
        k: number of segments on both dates; None: the one recommended for the earlier date.

    Raises:
        SettingsError: the window before the earlier date is shorter than 30 days or longer than the data.
        DataError: there are too few customers before it.
    """
    window = table.window
    days = (previous_date - window.first_sale).days
    if not 30 <= days < window.days:
        raise SettingsError(
            f"The sales from {window.first_sale} to {previous_date} cannot be compared with those up to "
            f"{window.as_of}.",
            hint="Choose a date at least 30 days after the first sale and before the as-of date.",
        )

    before = pipeline.build_segmentation(
        _train_at(table, model, window.first_sale, previous_date, lambda share, step: on_progress(share / 2, step)), k
    )
    later = _train_at(
        table,
        model,
        window.as_of - timedelta(days=days),
        window.as_of,
        lambda share, step: on_progress(0.5 + share / 2, step),
    )
    are_in_memory = all(training.table.store.is_in_memory for training in (before.training, later))
    previous = _to_previous_segments(before)
    now = pipeline.build_segmentation(later, before.k, previous)
    flows = None if are_in_memory else count_migrations_sql(before, now)
    comparison = compare_runs(previous, _to_previous_segments(now), flows=flows)
    in_both = comparison.counts["stayed"] + comparison.counts["moved"]
    retention = comparison.counts["stayed"] / in_both if in_both else float("nan")
    return Migration(comparison, before, now, days, retention)


def _train_at(
    table: CustomerTable, model: ModelSettings, start: date, as_of: date, progress: StepProgress
) -> SweepResult:
    settings = replace(table.settings, start=start, as_of=as_of)
    # What the lines mean is not asked again where every question reads all of them.
    prepared = None if table.source.reads_local_tables else table.prepared.replace_dates(start, as_of)
    customers = pipeline.load_customers(settings, progress, table.source, prepared)
    return pipeline.train_every_k(customers, model, progress)


def _to_previous_segments(segmentation: Segmentation) -> PreviousSegments:
    return PreviousSegments(
        segmentation.to_run_record(with_customers=False),
        (segmentation.run_id,),
        partial(segmentation.training.table.store.fetch_labels, segmentation.model),
        segmentation.customers,
    )
