"""Dates as days since 1970-01-01, the form they have in queries."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

EPOCH = date(1970, 1, 1)
DAYS_FROM_MONDAY = 3
"""From Monday to 1970-01-01, a Thursday."""
DAY_TYPE = dt.Int32(nullable=False)
"""The type of day literals alone: columns are nullable, and other literals have the smallest type that holds them."""


def count_epoch_days(day: date) -> int:
    """Days since 1970-01-01.

    >>> count_epoch_days(date(2024, 1, 1))
    19723
    """
    return (day - EPOCH).days


def to_date(day: int) -> date:
    """The date of a day since 1970-01-01.

    >>> to_date(19723)
    datetime.date(2024, 1, 1)
    """
    return EPOCH + timedelta(days=int(day))


def to_day_literal(day: int | ir.Value) -> ir.Value:
    """A literal of a type of its own, so that a compiled statement can be reused with other days.

    Args:
        day: days since 1970-01-01; an expression is returned as it is.

    >>> str(ibis.to_sql(to_day_literal(19723).name("day"), dialect="duckdb", pretty=False))
    'SELECT 19723 AS "day"'
    """
    return ibis.literal(day, DAY_TYPE) if isinstance(day, int) else day


def to_date_expression(day: ir.Value) -> ir.DateValue:
    """The date of a column of days since 1970-01-01; the counterpart of `to_date` in a query."""
    return ibis.date(EPOCH.isoformat()) + day.as_interval("D")


def is_weekend(day: ir.Value) -> ir.BooleanValue:
    """Whether a day since 1970-01-01 is a Saturday or a Sunday."""
    return (day + DAYS_FROM_MONDAY) % 7 >= 5
