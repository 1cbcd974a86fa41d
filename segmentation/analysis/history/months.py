"""Which month-ends a history has, and the length of the window before each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from segmentation.errors import SettingsError

MIN_MONTHS = 6
"""Month-ends that the window of a run must leave; with fewer, a shorter window is used."""
SHORTER_WINDOWS = (365, 181, 91)
"""Lengths in days that are tried then, in this order. The first one is used that leaves MIN_MONTHS month-ends besides
the earliest, which has none before it to compare with, and the latest, on which the model of this length is fitted; if
none does, the shortest."""


@dataclass(frozen=True)
class HistoryWindow:
    """The length of the window of a history, and its month-ends."""

    days: int
    month_ends: tuple[date, ...]
    """Last day of each month whose window lies within the sales, ascending."""
    has_window_model: bool = False
    """Whether a model of this length is fitted on the last window, because that of the run is too long."""

    @property
    def as_of_dates(self) -> tuple[date, ...]:
        """The day after each month-end."""
        return tuple(day + timedelta(days=1) for day in self.month_ends)


def choose_window(first_sale: date, as_of: date, run_days: int, requested_days: int | None = None) -> HistoryWindow:
    """Choose the length of the window and the month-ends.

    Args:
        first_sale: day of the first sale.
        as_of: day after the last sale that counts.
        run_days: window length of the run.
        requested_days: another length for the model of the run; None: that of the run, or the longest of
            SHORTER_WINDOWS if the run leaves fewer than MIN_MONTHS month-ends.

    Raises:
        SettingsError: no month-end has a full window before it.

    >>> window = choose_window(date(2019, 1, 1), date(2020, 1, 1), 365)
    >>> window.days, len(window.month_ends), window.has_window_model
    (91, 9, True)
    """
    days = run_days if requested_days is None else requested_days
    chosen = HistoryWindow(days, tuple(_list_month_ends(first_sale, as_of, days)))
    if requested_days is None and len(chosen.month_ends) < MIN_MONTHS:
        shorter = [
            HistoryWindow(length, tuple(_list_month_ends(first_sale, as_of, length)), has_window_model=True)
            for length in SHORTER_WINDOWS
            if length < run_days
        ]
        enough = (window for window in shorter if len(window.month_ends) >= MIN_MONTHS + 2)
        chosen = next(enough, shorter[-1] if shorter else chosen)
    if not chosen.month_ends:
        raise SettingsError(
            f"No month-end has {chosen.days:,} days of sales before it: the sales cover {(as_of - first_sale).days:,} "
            "days.",
            hint="Choose a shorter window, or a source with more sales.",
        )
    return chosen


def _list_month_ends(first_sale: date, as_of: date, days: int) -> Iterator[date]:
    """The last day of each month with `days` days of sales up to and including it."""
    month = first_sale.replace(day=1)
    while (month := (month + timedelta(days=31)).replace(day=1)) <= as_of:
        if (month - first_sale).days >= days:
            yield month - timedelta(days=1)
