"""A uniform sample of customers, drawn where the lines live: the same customers every time, on every engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SAMPLE_ROWS = 200_000
"""Customers in a sample, about: `benchmarks/sampling.py` measures what the inertia loses by it."""


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]
def _md5(text: str) -> str:  # type: ignore[empty-body]
    """MD5 in hexadecimal, which every engine has."""


def is_sampled(customer_id: ir.Value, share: float) -> ir.Value:
    """Whether a customer is in the sample of that share of all: decided by the MD5 of the id alone.

    >>> lines = ibis.table({"customer_id": "string"}, name="lines")
    >>> drawn = lines.filter(is_sampled(lines.customer_id, 0.25))
    >>> str(ibis.to_sql(drawn, dialect="snowflake")).split("WHERE")[1].split()
    ['MD5("t0"."customer_id")', '<', "'40000000'"]
    """
    limit = "g" if share >= 1 else f"{int(share * 2**32):08x}"  # g is above every hexadecimal digit
    return _md5(customer_id.cast("string")) < limit
