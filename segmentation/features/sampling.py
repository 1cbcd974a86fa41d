"""A uniform sample of customers, drawn in the engine: the same customers every time, on every engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

SAMPLE_ROWS = 200_000
"""Approximate sample size; `benchmarks/sampling.py` measures by how much the inertia exceeds that of the full data."""

_MAX_HALVINGS = 24


@ibis.udf.scalar.builtin(name="md5")  # type: ignore[untyped-decorator]
def _hash_md5(text: str) -> str:  # type: ignore[empty-body]
    """MD5 in hexadecimal: the one hash that every engine computes alike."""


def is_sampled(customer_id: ir.Value, share: float) -> ir.Value:
    """Whether a customer is in a sample, decided by the MD5 of the customer ID alone.

    Hashes are uniform, so comparing the first eight hexadecimal digits with share * 2**32 selects that share of
    customers, without a sort and without state.

    Args:
        customer_id: the ID column.
        share: share of all customers to select, 0 to 1.

    >>> lines = ibis.table({"customer_id": "string"}, name="lines")
    >>> drawn = lines.filter(is_sampled(lines.customer_id, 0.25))
    >>> str(ibis.to_sql(drawn, dialect="snowflake")).split("WHERE")[1].split()
    ['MD5("t0"."customer_id")', '<', "'40000000'"]
    """
    return _hash_md5(customer_id.cast("string")) < _get_limit(share)


def _get_limit(share: float) -> str:
    return "g" if share >= 1 else f"{int(share * 2**32):08x}"  # "g" sorts after every hexadecimal digit


def is_in_halved_sample(customer_id: ir.Value, customers: ir.IntegerValue, max_customers: int) -> ir.Value:
    """`is_sampled` with the share of `halve_share`, for a number of customers that only the engine knows."""
    steps = range(_MAX_HALVINGS)
    shares = [(customers <= max_customers << step, 0.5**step) for step in steps]
    limits = [(is_enough, _get_limit(share)) for is_enough, share in shares]
    return _hash_md5(customer_id.cast("string")) < ibis.cases(*limits, else_=_get_limit(0.5**_MAX_HALVINGS))


def halve_share(customers: int, max_customers: int) -> float:
    """The largest of 1, 1/2, 1/4 and so on that samples at most `max_customers` of this many customers.

    >>> halve_share(100, 100), halve_share(101, 100), halve_share(450, 100)
    (1.0, 0.5, 0.125)
    """
    step = next((step for step in range(_MAX_HALVINGS) if customers <= max_customers << step), _MAX_HALVINGS)
    return float(0.5**step)


def find_sample_share(customer_ids: Iterable[str]) -> float:
    """The smallest share (0 to 1) at which `is_sampled` selects all these customers.

    >>> find_sample_share(["a"]) == (0x0CC175B9 + 1) / 2**32  # the MD5 of a begins with 0cc175b9
    True
    """
    largest = max((hashlib.md5(text.encode()).digest()[:4] for text in customer_ids), default=b"")
    return (int.from_bytes(largest) + 1) / 2**32 if largest else 0.0
