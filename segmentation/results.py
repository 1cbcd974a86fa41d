"""What the steps leave behind, each made from the one before: customers, every k, one k named.

They hold frames, so they are compared by identity; the settings in them are what can be compared, kept and shared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation import population as everyone
from segmentation.clustering import sweep as sweep_step
from segmentation.clustering.k_selection import Advice
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.runs.manifest import Parts, RunRecord
from segmentation.runtime.tabular_files import ROWS_AT_ONCE
from segmentation.population import Everyone
from segmentation.sales.standardize import AS_THEY_ARE
from segmentation.sales.reconciliation import Balance, Window
from segmentation.sales.format_inference import Reading
from segmentation.sales.source import SalesSource
from segmentation.segments.cluster_stats import Figures, figures
from segmentation.segments.overrides import Own, as_rows
from segmentation.segments.labeling import Earlier
from segmentation.settings import ModelSettings, RunSettings, SalesSettings


@dataclass(frozen=True, eq=False)
class CustomerTable:
    """One row per customer, and what became of every line."""

    settings: SalesSettings
    source: SalesSource
    version: str
    """The source's version when it was read."""
    frame: pd.DataFrame
    """One row per customer who bought, by customer_id (text): customer_id and every available feature (float64)."""
    returns_only: pd.DataFrame
    """Customers with returns only, who get no segment: customer_id, monetary."""
    balance: Balance
    window: Window
    unavailable: dict[str, str]
    """Features whose columns are missing, each with the reason."""
    notices: tuple[str, ...]
    lines: ibis.Table
    """The used lines, as an expression on the source."""
    every_line: ibis.Table
    """Every line with its reason, as an expression on the source; see `segmentation.sales.standardize`."""
    has_categories: bool
    customers: ibis.Table
    """All who bought, as an expression on the source: customer_id and every available feature."""
    reading: Reading = AS_THEY_ARE
    """How dates and amounts that are text were read."""
    everyone: Everyone | None = None
    """What is known of all customers where `frame` is a uniform sample of them; None: `frame` is everyone."""

    @property
    def bought(self) -> int:
        """How many customers bought, all of them."""
        return len(self.frame) if self.everyone is None else self.everyone.customers

    @property
    def orders(self) -> int:
        """Orders of all customers."""
        return int(self.frame["frequency"].sum()) if self.everyone is None else self.everyone.orders

    @property
    def apart(self) -> tuple[int, float]:
        """How many customers have returns only, all of them, and their net sales."""
        if self.everyone is None:
            return len(self.returns_only), float(self.returns_only["monetary"].sum())
        return self.everyone.returns_only, self.everyone.returns_money


@dataclass(frozen=True, eq=False)
class Training:
    """Every k at once, on one set of features."""

    settings: ModelSettings
    table: CustomerTable
    features: tuple[str, ...]
    """In the order of the manifest; features with one value only are left out."""
    scaler: Scaler
    fits: dict[int, sweep_step.Fit]
    scores: pd.DataFrame
    """One row per k; see `segmentation.clustering.scores.Scores.by_k`."""
    silhouette_by_cluster: dict[int, sweep_step.Array]
    silhouette_sample: int | None
    advice: Advice
    notices: tuple[str, ...]

    @cached_property
    def figures(self) -> dict[int, Figures]:
        """What the clusters of each k are like, of all k at once: moving k then only chooses.

        Where only a sample is here, no more than what the numbers of segments rest on.
        """
        frame = self.table.frame
        wanted = list(REGISTRY) if self.table.everyone is None else ["monetary", "recency_days", "frequency"]
        labels = [fit.labels for fit in self.fits.values()]
        found = figures(frame, labels, [name for name in wanted if name in frame])
        return dict(zip(self.fits, found, strict=True))


@dataclass(frozen=True, eq=False)
class Segmentation:
    """One k, with the clusters made into named segments."""

    training: Training
    k: int
    run_id: str
    created: datetime
    cluster_to_segment: tuple[int, ...]
    segments: pd.DataFrame
    """One row per segment, by segment_id: segment_id, segment_name, sentence, reason, goal, offer, channel, avoid,
    color, own (which of these are the user's own words), silhouette, and the columns of
    `segmentation.segments.profile.profile`."""
    matched: pd.DataFrame
    """Against an earlier run: segment_id, cluster, previous_name, how (kept or new); empty for a first run."""
    earlier: Earlier = field(default_factory=Earlier)
    """What goes on from that run."""

    @property
    def segment_ids(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(n,) the segment of each row of `training.table.frame`; made when it is asked for, and not kept."""
        return np.asarray(self.cluster_to_segment, np.int64)[self.training.fits[self.k].labels]

    def customers(
        self, names: Sequence[str] | None = None, most: int | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """One row per customer, as customer_segments.csv has them; all of them, also where only a sample is here.

        Args:
            names: of segments whose customers will do; None: of all, by customer_id.
            most: so many of the named segments will do, the first by customer_id; where everyone is here, by segment.
            progress: told the share that has come, where they must be fetched.
        """
        table, ids = self.training.table, self.segment_ids
        frame = table.frame
        known = self.segments["segment_name"].isin(self.segments["segment_name"] if names is None else names)
        wanted = self.segments["segment_id"][known].tolist()
        if table.everyone is not None:
            there = self.in_engine()
            if names is not None:
                there = there.filter(there.segment_id.isin(wanted))
            frame = everyone.fetch(table.source, there, everyone.LISTED, progress, most)
            ids = frame["segment_id"].to_numpy()
        elif names is not None:
            rows = np.concatenate([np.flatnonzero(ids == number)[:most] for number in wanted] or [ids[:0]])[:most]
            frame, ids = frame[["customer_id", *everyone.LISTED[1:]]].iloc[rows].reset_index(drop=True), ids[rows]
        return assigned(frame, ids, self.segments, self.created)

    def parts(
        self, names: Sequence[str] | None = None, progress: Callable[[float], None] | None = None
    ) -> Iterator[pd.DataFrame]:
        """The same as `customers` in parts, so that not even where all are here is there a second copy of them.

        Args:
            names: of segments: theirs in order of segment_id, then customer_id; None: everybody, by customer_id.
            progress: told the share that has come, where they must be fetched.
        """
        table, ids = self.training.table, self.segment_ids
        known = self.segments["segment_name"].isin(self.segments["segment_name"] if names is None else names)
        wanted = self.segments["segment_id"][known].sort_values().tolist()
        if table.everyone is not None:
            there = self.in_engine()
            if names is not None:
                there = there.filter(there.segment_id.isin(wanted))
            order = ("customer_id",) if names is None else ("segment_id", "customer_id")
            yield from listed(table, there, order, self.segments, self.created, progress)
            return
        shown = table.frame[["customer_id", *everyone.LISTED[1:]]]
        for number in wanted if names is not None else (None,):
            rows = np.arange(len(ids)) if number is None else np.flatnonzero(ids == number)
            for start in range(0, len(rows), ROWS_AT_ONCE):
                some = rows[start : start + ROWS_AT_ONCE]
                yield assigned(shown.iloc[some].reset_index(drop=True), ids[some], self.segments, self.created)

    def in_engine(self) -> ibis.Table:
        """All customers with segment_id and squared_distance, as an expression on the source.

        Raises:
            SettingsError: the scaling has no expression.
        """
        training = self.training
        centres = training.fits[self.k].centres
        return everyone.in_segments(training.table.customers, training.scaler, centres, self.cluster_to_segment)

    def record(self, progress: Callable[[float], None] | None = None, *, with_customers: bool = True) -> RunRecord:
        """All that is saved of this run.

        Args:
            progress: told the share of customers that have come, where they must be fetched.
            with_customers: without, the list of customers is empty, for what names none.
        """
        training, table = self.training, self.training.table
        fit = training.fits[self.k]
        return RunRecord(
            run_id=self.run_id,
            created=self.created,
            settings=RunSettings(table.settings, training.settings, self.k),
            source_name=table.source.name,
            window={name: getattr(table.window, name).isoformat() for name in Window.__dataclass_fields__},
            lines={
                "lines_in": table.balance.lines_in,
                "lines_used": table.balance.lines_used,
                "set_aside": table.balance.set_aside[["reason", "lines", "money"]],
            },
            features=training.features,
            scaler=training.scaler.to_dict(),
            centres=fit.centres,
            cluster_to_segment=self.cluster_to_segment,
            segments=self.segments,
            scores=training.scores,
            customers=self._to_save(progress) if with_customers else self._nobody(),
            identity=self.matched,
            silhouette_sample=training.silhouette_sample,
            advice=asdict(training.advice),
            model=sweep_step.to_sklearn(fit.centres, fit.inertia, training.settings.seed),
            scaler_model=training.scaler.to_sklearn(),
        )

    def _nobody(self) -> pd.DataFrame:
        return assigned(self.training.table.frame.head(0), self.segment_ids[:0], self.segments, self.created)

    def _to_save(self, progress: Callable[[float], None] | None) -> pd.DataFrame | Parts:
        if self.training.table.everyone is None:
            return self.customers()
        return Parts(lambda: self.parts(progress=progress))


def assigned(
    frame: pd.DataFrame, segment_ids: np.ndarray[Any, Any], segments: pd.DataFrame, created: datetime
) -> pd.DataFrame:
    """One row per customer of `frame` with its segment, in the columns of customer_segments.csv."""
    names = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "segment_id": segment_ids,
            "segment_name": pd.Series(segment_ids).map(names).astype("str"),
            "rfm_recency": frame["recency_days"],
            "rfm_frequency": frame["frequency"],
            "rfm_monetary": frame["monetary"],
            "prediction_timestamp": pd.Timestamp(created),
        }
    )


def listed(
    table: CustomerTable, customers: ibis.Table, order: Sequence[str], segments: pd.DataFrame, created: datetime,
    progress: Callable[[float], None] | None,
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """`assigned` in parts, for `customers` that are an expression on the source of `table`."""
    most = table.bought
    for frame in everyone.parts(table.source, customers, everyone.LISTED, order, progress, most):
        yield assigned(frame, frame["segment_id"].to_numpy(), segments, created)


def new_run_id(
    created: datetime, training: Training, k: int, cluster_to_segment: tuple[int, ...], own: Sequence[Own] = ()
) -> str:
    """The time, and eight hex digits of everything that determined the run: the same result has the same digits."""
    table = training.table
    values = RunSettings(table.settings, training.settings, k).to_dict()
    words = [as_rows(own)] if own else []
    told = json.dumps(
        [values, table.version, table.window.as_of.isoformat(), cluster_to_segment, *words], sort_keys=True
    )
    digest = hashlib.sha256(told.encode() + training.fits[k].centres.tobytes()).hexdigest()
    return f"{created:%Y%m%dT%H%M%SZ}-{digest[:8]}"
