"""Movement rebuilt from the sales' own history: the same segments on an earlier day, and who moved since.

No saved run is needed. The sales up to the earlier day are segmented, then the sales up to the later day over a window
of the same length, and the later segments are matched to the earlier ones as a retrain would match them. Where there
are so many customers that only a sample is here, moves are counted where the sales are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np
import pandas as pd

from segmentation import pipeline
from segmentation.analysis.migration_sql import count_migrations_sql, fetch_labels
from segmentation.analysis.run_comparison import RunComparison, compare_runs
from segmentation.customers.store import EngineStore
from segmentation.errors import SettingsError
from segmentation.results import CustomerTable, Segmentation, SweepResult
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.settings import ModelSettings


@dataclass(frozen=True, eq=False)
class Migration:
    """Two days of one shop."""

    changes: RunComparison
    previous: Segmentation
    current: Segmentation
    days: int
    """Length of both windows."""
    retention: float
    """Share of the customers of both windows who are in the same segment."""

    def compare_medians(self, features: tuple[str, ...]) -> pd.DataFrame:
        """How each segment moved: segment_id, segment_name, and for each feature its median before and now."""
        columns = ["segment_id", *(f"median_{name}" for name in features)]
        both = self.previous.segments[columns].merge(
            self.current.segments[[*columns, "segment_name"]],
            on="segment_id",
            how="inner",
            suffixes=("_before", "_now"),
        )
        return both.sort_values("segment_id", ignore_index=True)


def compute_migration(
    table: CustomerTable,
    model: ModelSettings,
    previous_date: date,
    k: int | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> Migration:
    """Segment the sales as of `previous_date` and as of the table's own as-of date, and compare.

    Args:
        table: as it is now; its as-of date is the later day.
        model: what is compared, on both days.
        previous_date: an as-of date within the data.
        k: number of segments on both days; None: the one advised for the earlier day.

    Raises:
        SettingsError: the earlier day leaves too short a window, or none.
        DataError: there are too few customers before it.
    """
    window = table.window
    days = (previous_date - window.first_sale).days
    if not 30 <= days < window.days:
        raise SettingsError(
            f"Between {window.first_sale} and {previous_date} there is no window that can be compared "
            f"with the one up to {window.as_of}.",
            hint="Choose a day at least 30 days after the first sale and before the as-of date.",
        )

    def report_progress(start: float) -> Callable[[float, str], None]:
        return lambda share, what: on_progress(start + share / 2, what) if on_progress is not None else None

    before = pipeline.build_segmentation(
        _train_at(table, model, window.first_sale, previous_date, report_progress(0.0)), k
    )
    later = _train_at(table, model, window.as_of - timedelta(days=days), window.as_of, report_progress(0.5))
    in_engine = any(isinstance(training.table.store, EngineStore) for training in (before.training, later))
    previous = _to_previous_segments(before)
    now = pipeline.build_segmentation(later, before.k, previous)
    flows = count_migrations_sql(before, now) if in_engine else None
    found = compare_runs(previous, _to_previous_segments(now), flows=flows)
    return Migration(found, before, now, days, _compute_retention(before, now))


def _train_at(
    table: CustomerTable, model: ModelSettings, start: date, as_of: date, progress: Callable[[float, str], None]
) -> SweepResult:
    settings = replace(table.settings, start=start, as_of=as_of)
    return pipeline.train_every_k(pipeline.load_customers(settings, progress, table.source), model, progress)


def _to_previous_segments(segmentation: Segmentation) -> PreviousSegments:
    """Of a sample, labels are fetched from the engine: the other date's sample has other customers."""
    in_engine = isinstance(segmentation.training.table.store, EngineStore)
    return PreviousSegments(
        segmentation.to_run_record(with_customers=False),
        (segmentation.run_id,),
        partial(fetch_labels, segmentation) if in_engine else lambda _: segmentation.customers(),
        segmentation.customers,
    )


def _compute_retention(before: Segmentation, now: Segmentation) -> float:
    """The share of the customers of both dates who are in the same segment; NaN where there are none."""

    def select_customers(segmentation: Segmentation) -> pd.DataFrame:
        ids = segmentation.training.table.frame["customer_id"]
        return pd.DataFrame({"customer_id": ids, "segment": segmentation.segment_ids})

    both = select_customers(before).merge(select_customers(now), on="customer_id", suffixes=("_before", "_now"))
    return float(np.mean(both["segment_before"] == both["segment_now"])) if len(both) else float("nan")
