"""Days in queries: literals of a type of their own, so that a compiled statement can be reused with other days."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

DAY_TYPE = dt.Int32(nullable=False)
"""The type of day literals alone: columns are nullable, and other literals have the smallest type that holds them."""


def to_day_literal(day: int | ir.Value) -> ir.Value:
    """A literal for a day.

    Args:
        day: days since 1970-01-01; an expression is returned as it is.

    >>> str(ibis.to_sql(to_day_literal(19723).name("day"), dialect="duckdb", pretty=False))
    'SELECT 19723 AS "day"'
    """
    return ibis.literal(day, DAY_TYPE) if isinstance(day, int) else day
