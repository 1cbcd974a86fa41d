"""Reads the lines of a history once in a warehouse: for their reconciliation and for the features at every month-end.

The month-ends depend on the first and the last sale, which are known only once the lines are read. The window of the
run tells them beforehand, unless a month has ended since or earlier sales were added; then the lines are read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import ibis

from segmentation.analysis.history.chance import SIMULATED, select_sampled_days
from segmentation.analysis.history.labeled_months import HistorySales, LabeledMonths
from segmentation.analysis.history.months import HistoryWindow, choose_window
from segmentation.errors import SettingsError
from segmentation.results import CustomerTable
from segmentation.runs.manifest import RunMetadata
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.reconciliation import Window, reconcile_lines, summarize_by_reason
from segmentation.sales.source import SalesSource
from segmentation.settings import SalesSettings


@dataclass(frozen=True, eq=False)
class OpenedHistory:
    """The sales of a history, and what was stored of them while they were reconciled."""

    sales: HistorySales
    window: HistoryWindow | None = None
    """The window whose features are stored; None: none are."""
    stored: Mapping[str, ibis.Table] = field(default_factory=dict)
    with_chance: bool = True
    """Whether what `estimate_chance` needs is stored, too."""

    def label(self, run: RunMetadata, window: HistoryWindow) -> LabeledMonths:
        """The segments of a run at the month-ends of a window, from what is stored if it is of this window."""
        if self.window == window:
            return LabeledMonths(self.sales, run, window.days, window.month_ends, self.stored)
        labeled = LabeledMonths(self.sales, run, window.days, window.month_ends)
        return _store(labeled, (), {}, with_chance=self.with_chance)


def open_history(
    source: SalesSource,
    settings: SalesSettings,
    loaded: CustomerTable | None,
    run: RunMetadata,
    window_days: int | None,
    *,
    with_chance: bool,
) -> OpenedHistory:
    """Read and reconcile the lines, and store the features of the expected month-ends by the same statement.

    Args:
        source, settings, loaded: as in `HistorySales.open`.
        run: the run whose segments are labeled; its window tells the month-ends to expect.
        window_days: as in `choose_window`.
        with_chance: whether to store what `estimate_chance` needs.

    Raises:
        RunError: the source lacks a feature of the run.
        SourceError, ColumnError, DataError: as in `HistorySales.open`.
    """
    dates = _parse_window(run)
    if loaded is not None or dates is None or not source.can_store:
        sales = HistorySales.open(source, settings, loaded)
        sales.check_features(run)
        return OpenedHistory(sales, with_chance=with_chance)
    prepared = prepare_lines(source, settings)
    first_sale, as_of = dates[0], settings.as_of or dates[1]
    expected = Window(first_sale, as_of, as_of, prepared.load_day)
    sales = HistorySales(source, prepared, expected, "transaction_id" in prepared.columns)
    sales.check_features(run)
    try:
        window = choose_window(first_sale, as_of, run.window_days, window_days)
    except SettingsError:
        return OpenedHistory(HistorySales.reconcile(source, prepared), with_chance=with_chance)
    labeled = LabeledMonths(sales, run, window.days, window.month_ends)
    # A model of another window can use a feature that is the same for every customer of the run.
    features, reasons = run.settings.model.features, {"reasons": summarize_by_reason(prepared.lines)}
    stored = _store(labeled, features, reasons, with_chance=with_chance).stored
    if not stored:
        return OpenedHistory(HistorySales.reconcile(source, prepared), with_chance=with_chance)
    balance, actual = reconcile_lines(source, stored["reasons"], prepared.load_day, settings.as_of)
    sales = replace(sales, window=actual, has_missing_ids=balance.lines_without_transaction > 0)
    return OpenedHistory(sales, window, stored, with_chance)


def _parse_window(run: RunMetadata) -> tuple[date, date] | None:
    """First sale and as-of date of a run; None if they were not saved, or if the run left earlier sales out."""
    sales = run.settings.sales
    if sales.start is not None or sales.window_days is not None:
        return None
    first_sale, as_of = run.window.get("first_sale"), run.window.get("as_of")
    return (date.fromisoformat(first_sale), date.fromisoformat(as_of)) if first_sale and as_of else None


def _store(
    labeled: LabeledMonths, features: tuple[str, ...], more: Mapping[str, ibis.Table], *, with_chance: bool
) -> LabeledMonths:
    def build_queries(query: ibis.Table) -> Mapping[str, ibis.Table]:
        return {"purchase_days": select_sampled_days(labeled.sales, query), **more} if with_chance else more

    return labeled.store((*features, *(SIMULATED if with_chance else ())), build_queries)
