"""The segments of an earlier run, saved or in memory, for matching and comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from segmentation.runs.load import CUSTOMERS, SavedRun
from segmentation.runs.manifest import RunMetadata


@dataclass(frozen=True, eq=False)
class PreviousSegments:
    """A run with access to the segment of each customer, whether they are in a file, in memory or in the engine."""

    run: RunMetadata
    key: tuple[str, ...]
    """Identifies the assignment: equal keys mean equal segments of all customers."""
    get_labels: Callable[[pd.Series], pd.DataFrame]
    """Customer IDs -> customer_id and segment_id of those in the run; it may return other customers as well."""
    get_customers: Callable[[], pd.DataFrame]
    """One row per customer, with CUSTOMER_COLUMNS."""

    @classmethod
    def from_saved_run(cls, run: SavedRun) -> PreviousSegments:
        """The segments of a saved run; reading its customers raises RunError if their file is missing or changed."""
        return cls(run, (run.run_id, run.files[CUSTOMERS]), run.get_labels, run.read_customers)
