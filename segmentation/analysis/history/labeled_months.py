"""The segment of every customer at several dates, and the flows between them, computed where the sales are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.analysis.history.flows import LABELED_COLUMNS, count_flows, label_in_memory
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import RunError, SettingsError
from segmentation.features.registry import list_forecast_features, split_available_features
from segmentation.features.window_query import Windows, compute_features_by_window
from segmentation.results import CustomerTable
from segmentation.runs.manifest import RunMetadata
from segmentation.runtime.epoch_days import count_epoch_days, to_date
from segmentation.sales.prepare_lines import PreparedLines, prepare_lines
from segmentation.sales.reconciliation import Window, reconcile_lines, summarize_by_reason
from segmentation.sales.source import SalesSource, check_version
from segmentation.segments.migration import NOT_PRESENT
from segmentation.settings import SalesSettings

MAX_LISTED = 100_000
"""Customers in the list behind a flow; more do not fit a browser."""


@dataclass(frozen=True, eq=False)
class HistorySales:
    """The sales of a history: all accepted lines of the source, not only those in the window of the run."""

    source: SalesSource
    prepared: PreparedLines
    window: Window
    has_missing_ids: bool

    @classmethod
    def open(cls, source: SalesSource, settings: SalesSettings, loaded: CustomerTable | None = None) -> HistorySales:
        """Read and reconcile the lines of a source.

        Args:
            source: the source of the lines.
            settings: which lines count, without start date and window.
            loaded: customers of the same source; what they know of the lines is not read again if their settings differ
                in dates only.

        Raises:
            SourceError, ColumnError, DataError: as in `prepare_lines` and `reconcile_lines`; or the lines have changed
                since `loaded` was read.
        """
        prepared = None
        if loaded is not None:
            check_version(source, loaded.version)
            undated = replace(loaded.settings, start=None, window_days=None)
            if undated == settings == loaded.settings:
                return cls(source, loaded.prepared, loaded.window, loaded.reconciliation.lines_without_transaction > 0)
            if replace(undated, as_of=settings.as_of) == settings:
                prepared = loaded.prepared.replace_dates(None, settings.as_of)
        return cls.reconcile(source, prepared or prepare_lines(source, settings))

    @classmethod
    def reconcile(cls, source: SalesSource, prepared: PreparedLines) -> HistorySales:
        """The sales of lines that are prepared, by one read.

        Raises:
            SourceError, DataError: as in `reconcile_lines`.
        """
        summary = summarize_by_reason(prepared.lines)
        balance, window = reconcile_lines(source, summary, prepared.load_day, prepared.settings.as_of)
        return cls(source, prepared, window, balance.lines_without_transaction > 0)

    def check_features(self, run: RunMetadata) -> None:
        """Raise RunError where the source lacks a feature of the run."""
        if forecasts := list_forecast_features(run.features):
            raise RunError(
                f"The run uses {forecasts[0]}, a forecast, which segment history cannot compute for each month.",
                hint="Choose a run without this feature.",
            )
        unavailable = split_available_features(self.prepared.columns)[1]
        for name in run.features:
            if name in unavailable:
                raise RunError(
                    f"The run uses {name}, which cannot be computed here. {unavailable[name]}",
                    hint="Map the column, or choose a run without this feature.",
                )


@dataclass(frozen=True, eq=False)
class LabeledMonths:
    """The segments of one frozen model at several month-ends, as an expression on the sales."""

    sales: HistorySales
    run: RunMetadata
    """Its scaler, centers and segment ids are applied; nothing is trained."""
    days: int
    """Length of each trailing window."""
    month_ends: tuple[date, ...]
    stored: Mapping[str, ibis.Table] = field(default_factory=dict)
    """Name -> query on a stored result; see `store`."""

    @property
    def windows(self) -> Windows:
        """The window before each month-end."""
        return Windows(tuple(count_epoch_days(day) + 1 for day in self.month_ends), self.days)

    @property
    def model(self) -> SegmentModel:
        """Assigns the segments."""
        return SegmentModel.from_run(self.run)

    @property
    def tables(self) -> Mapping[str, pa.Table]:
        """The tables that a query on `build_feature_query` needs."""
        return {} if self.stored else self.windows.tables

    def build_feature_query(self, more: Sequence[str] = ()) -> ibis.Table:
        """Build the query for the features of each customer at each month-end; to run it, pass `tables`.

        Args:
            more: features to add to those of the model; ignored once `store` has stored the result, with its own.
        """
        if self.stored:
            return self.stored["features"]
        return compute_features_by_window(
            self.sales.prepared.accepted,
            self.windows,
            list(dict.fromkeys([*self.run.features, *more])),
            has_order_ids=self.sales.prepared.has_order_ids,
            has_missing_ids=self.sales.has_missing_ids,
        )

    def store(
        self, more: Sequence[str], build_queries: Callable[[ibis.Table], Mapping[str, ibis.Table]]
    ) -> LabeledMonths:
        """The same months with the result of `build_feature_query` stored next to the sales, where that is possible.

        The sales are read once for it, and not again for flows between any two month-ends.

        Args:
            more: as in `build_feature_query`.
            build_queries: further queries to store, by name, from that of `build_feature_query`.
        """
        if not self.sales.source.can_store:
            return self
        features = self.build_feature_query(more)
        queries = {"features": features, **build_queries(features)}
        return replace(self, stored=self.sales.source.store(queries, self.windows.tables) or {})

    def select_pair(self, dates: Sequence[date]) -> LabeledMonths:
        """The same model and window length at two of these month-ends."""
        pair = tuple(sorted(dates))
        if not self.stored:
            return replace(self, month_ends=pair)
        before, now = (self.month_ends.index(day) for day in pair)
        features = self.stored["features"]
        features = features.filter(features.window.isin([before, now]))
        numbered = features.mutate(window=(features.window == now).ifelse(1, 0).cast("int64"))
        return replace(self, month_ends=pair, stored={"features": numbered})

    @cached_property
    def _labels(self) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """The segment of each customer at each month-end, as `count_flows` takes them; and its tables."""
        features = self.build_feature_query()
        if self.model.has_sql:
            assigned = self.model.assign_sql(features)
            labels = assigned.select(*LABELED_COLUMNS, "segment_id", segment_old_model=assigned.segment_id)
            return labels, self.tables
        fetched = self.sales.source.fetch(features, self.tables)
        ids = self.model.assign(fetched.to_pandas())
        return label_in_memory(features, fetched, segment_id=ids, segment_old_model=ids)

    def count_flows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Sizes of segments and flows between month-ends, as `segmentation.analysis.history.flows.count_flows`.

        segment_old_model is segment_now, because nothing is refitted.
        """
        labels, tables = self._labels
        return count_flows(self.sales.source, self.month_ends, labels, tables)

    def list_customers(self, segment_before: int, segment_now: int) -> pd.DataFrame:
        """The customers behind a flow between the two month-ends of this object, by decreasing net sales.

        At most MAX_LISTED of them.

        Args:
            segment_before, segment_now: segment_id; NOT_PRESENT: no purchase in that window.

        Returns:
            customer_id, net_sales_before, net_sales_now (money; 0 if not present), last_purchase (date).
        """
        if len(self.month_ends) != 2:
            raise SettingsError("A flow needs two dates.", hint="Choose an earlier and a later month.")
        labels, tables = self._labels
        zero = ibis.literal(0).cast(labels.net.type())
        ends = {
            f"{column}_{name}": ibis.coalesce(labels[column].max(where=labels.window == number), empty)
            for number, name in enumerate(("before", "now"))
            for column, empty in (("segment_id", NOT_PRESENT), ("net", zero))
        }
        both = labels.group_by("customer_id").aggregate(last_day=labels.last_day.max(), **ends)
        rows = both.filter((both.segment_id_before == segment_before) & (both.segment_id_now == segment_now))
        value = (rows.net_now if segment_before == NOT_PRESENT else rows.net_before).cast("float64")
        listed = rows.select(
            "customer_id",
            "last_day",
            net_sales_before=rows.net_before.cast("float64"),
            net_sales_now=rows.net_now.cast("float64"),
            value=value,
        )
        listed = listed.order_by(listed.value.desc(), listed.customer_id).limit(MAX_LISTED)
        frame: pd.DataFrame = self.sales.source.fetch(listed, tables).to_pandas()
        frame["last_purchase"] = [to_date(day) for day in frame["last_day"]]
        return frame[["customer_id", "net_sales_before", "net_sales_now", "last_purchase"]]
