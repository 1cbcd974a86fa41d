"""The draw: which customers of a campaign are held back, the same in Python, DuckDB and Snowflake.

The key of a customer is SHA-256("campaign_id|customer_id"). Customers are ordered by (segment_id, key), and the n-th of
the whole list is held back where floor(n p / 1000) > floor((n - 1) p / 1000), p in permille. Each segment is therefore
within one customer of its share, and another campaign draws other customers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from segmentation.runtime.sql_identifiers import Name

CONTACTED, HELD_BACK = "contacted", "held_back"
PERMILLE = 1000


def compute_assignment_keys(campaign_id: str, customer_ids: Iterable[str]) -> list[str]:
    """The key of each customer: 64 lower-case hexadecimal digits.

    >>> compute_assignment_keys("aa-2019", ["12359"])[0][:16]
    '34773b8bcfec5a93'
    """
    prefix = hashlib.sha256(f"{campaign_id}|".encode())
    keys = []
    for customer_id in customer_ids:
        digest = prefix.copy()
        digest.update(customer_id.encode("utf-8", "surrogatepass"))
        keys.append(digest.hexdigest())
    return keys


def draw_held_back(
    keys: Sequence[str], segment_ids: Sequence[int] | np.ndarray, permille: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each customer is held back.

    Args:
        keys: (n,) from `compute_assignment_keys`.
        segment_ids: (n,) the stratum of each customer.
        permille: share to hold back, 1 to 999 of a thousand.

    >>> draw_held_back(["b", "a", "d", "c"], [1, 1, 2, 2], 500).tolist()
    [True, False, True, False]
    """
    order = np.lexsort((np.asarray(keys, dtype="S64"), np.asarray(segment_ids)))
    positions = np.arange(1, len(order) + 1, dtype=np.int64)
    is_held_back = positions * permille // PERMILLE > (positions - 1) * permille // PERMILLE
    held_back = np.zeros(len(order), bool)
    held_back[order] = is_held_back
    return held_back


def assign_arms(campaign_id: str, customers: pd.DataFrame, permille: int) -> pd.DataFrame:
    """Add arm and assignment_key to customers.

    Args:
        campaign_id: the salt of the draw.
        customers: one row per customer: customer_id (text), segment_id.
        permille: share to hold back, 1 to 999 of a thousand.
    """
    keys = compute_assignment_keys(campaign_id, customers["customer_id"])
    is_held_back = draw_held_back(keys, customers["segment_id"].to_numpy(), permille)
    return customers.assign(arm=np.where(is_held_back, HELD_BACK, CONTACTED), assignment_key=keys)


def build_assignment_query(customers: ibis.Table, campaign_id: str, permille: int, dialect: str) -> ibis.Table:
    """The draw as an expression: customer_id, segment_id, arm, assignment_key.

    Args:
        customers: customer_id (text), segment_id.
        campaign_id: the salt of the draw.
        permille: share to hold back, 1 to 999 of a thousand.
        dialect: duckdb or snowflake, which differ in the name of SHA-256.
    """
    text = ibis.literal(f"{campaign_id}|") + customers.customer_id.cast("string")
    keyed = customers.select("customer_id", "segment_id", assignment_key=_hash_sha256(text, dialect))
    position = ibis.row_number().over(order_by=[keyed.segment_id, keyed.assignment_key]) + 1
    placed = keyed.mutate(position=position.cast("int64"))
    is_held_back = _count_held_back(placed.position, permille) > _count_held_back(placed.position - 1, permille)
    return placed.select(
        "customer_id", "segment_id", arm=is_held_back.ifelse(HELD_BACK, CONTACTED), assignment_key=placed.assignment_key
    )


def render_assignment_sql(campaign_id: str, permille: int, table: Name, dialect: str) -> str:
    """The draw as SQL on a table with customer_id and segment_id.

    Args:
        campaign_id, permille, dialect: as in `build_assignment_query`.
        table: one to three parts, in the case that the engine stores; columns of Snowflake are in upper case.
    """
    to_case = str.upper if dialect == "snowflake" else str
    *path, name = table
    where = dict(zip(("database", "catalog"), reversed(path), strict=False))
    schema = {to_case("customer_id"): "string", to_case("segment_id"): "int64"}
    customers = ibis.table(schema, name=name, **where)
    lower = customers.select(customer_id=customers[to_case("customer_id")], segment_id=customers[to_case("segment_id")])
    return str(ibis.to_sql(build_assignment_query(lower, campaign_id, permille, dialect), dialect=dialect))


def _count_held_back(position: ir.Value, permille: int) -> ir.Value:
    return (position * ibis.literal(permille, "int64") / ibis.literal(PERMILLE, "int64")).floor()


def _hash_sha256(text: ir.Value, dialect: str) -> ir.Value:
    if dialect != "snowflake":
        return _sha256(text)
    return _sha2(text, ibis.literal(256, "int64"))


@ibis.udf.scalar.builtin(name="sha256")  # type: ignore[untyped-decorator]
def _sha256(text: str) -> str:  # type: ignore[empty-body]
    """SHA-256 in DuckDB, in lower-case hexadecimal."""


@ibis.udf.scalar.builtin(name="sha2")  # type: ignore[untyped-decorator]
def _sha2(text: str, bits: int) -> str:  # type: ignore[empty-body]
    """SHA-2 in Snowflake, in lower-case hexadecimal."""
