"""Tables in memory within a query: as VALUES, or joined in memory with what the engine returns."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import ibis
import pyarrow as pa
import pytest

from segmentation.sales.inline_tables import (
    MAX_BOUND_BYTES,
    MAX_INLINE_ROWS,
    join_in_memory,
    prepend_tables,
    render_bound_ids,
    render_values,
    split_ids,
)

LINES = pa.table({"customer_id": ["a", "a", "b'\\", "c"], "net": [1.0, 2.0, 5.0, 9.0]})
SEGMENTS = pa.table({"customer_id": ["a", "b'\\", "x"], "segment_id": [1, 2, 3]})
lines = ibis.table({"customer_id": "string", "net": "float64"}, name="lines")
segments = ibis.table({"customer_id": "string", "segment_id": "int64"}, name="segments")
by_customer = lines.group_by("customer_id").aggregate(net=lines.net.sum(), n_lines=lines.count())


def sum_by_segment() -> ibis.Table:
    joined = by_customer.inner_join(segments, "customer_id")
    return joined.group_by("segment_id").aggregate(net=joined.net.sum()).order_by("segment_id")


def select_unknown() -> ibis.Table:
    return by_customer.anti_join(segments, "customer_id").select("customer_id")


def union_with_segments() -> ibis.Table:
    """The same part twice, within a join and on its own."""
    joined = segments.left_join(by_customer, "customer_id").select("customer_id", "net")
    return ibis.union(joined, by_customer.select("customer_id", "net")).order_by("customer_id", "net")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (sum_by_segment, [(1, 3.0), (2, 5.0)]),
        (select_unknown, [("c",)]),
        (union_with_segments, [("a", 3.0), ("a", 3.0), ("b'\\", 5.0), ("b'\\", 5.0), ("c", 9.0), ("x", None)]),
    ],
)
def test_inline_tables_either_way(build: Callable[[], ibis.Table], expected: list[tuple[object, ...]]) -> None:
    fetched: list[set[str]] = []
    with duckdb.connect() as engine:
        engine.register("lines", LINES)

        def fetch(query: ibis.Table) -> pa.Table:
            fetched.append({table.name for table in query.op().find(ibis.expr.operations.UnboundTable)})
            return engine.sql(str(ibis.to_sql(query, dialect="duckdb"))).to_arrow_table()

        joined = join_in_memory(build(), {"segments": SEGMENTS}, fetch)
        values = render_values({"segments": SEGMENTS}, "duckdb")
        assert values is not None
        sql = prepend_tables(str(ibis.to_sql(build(), dialect="duckdb", pretty=False)), values)
        assert engine.sql(sql).fetchall() == expected
    assert [tuple(row.values()) for row in joined.to_pylist()] == expected
    assert set(map(frozenset, fetched)) == {frozenset({"lines"})}


def test_render_bound_ids_takes_long_lists_of_ids_only() -> None:
    ids = ["00123", "it's", 'a "quoted" \\', "Zoë", ""]
    sql, values = render_bound_ids({"members": pa.table({"customer_id": ids})}) or ("", [])
    assert sql.count("?") == 1
    assert not any(text and text in sql for text in ids)
    assert [json.loads(value) for value in values] == [ids]
    assert render_bound_ids({"segments": SEGMENTS}) is None
    assert render_bound_ids({"members": pa.table({"n": [1]})}) is None
    assert render_bound_ids({"members": pa.table({"customer_id": ["é" * (MAX_BOUND_BYTES // 2)]})}) is None


def test_split_ids_into_parts_that_can_be_bound() -> None:
    ids = [str(number) * (number % 40) for number in range(60_000)]
    parts = list(split_ids(pa.array(ids)))
    assert [text for part in parts for text in part.to_pylist()] == ids
    assert 2 < len(parts) < 30
    assert all(render_bound_ids({"members": pa.table({"customer_id": part})}) for part in parts)
    assert [len(part) for part in split_ids(pa.array([], pa.string()))] == [0]


def test_render_values_escapes_and_is_limited() -> None:
    rows = """(VALUES ('b\\'\\\\', 2), ('x', 3)) AS v("customer_id", "segment_id")"""
    assert render_values({"segments": SEGMENTS.slice(1)}, "snowflake") == f'"segments" AS (SELECT * FROM {rows})'
    assert render_values({"segments": SEGMENTS.slice(0, 0)}, "snowflake") is None
    many = pa.table({"customer_id": [str(number) for number in range(MAX_INLINE_ROWS + 1)]})
    assert render_values({"segments": many}, "snowflake") is None
    assert render_values({"segments": many.slice(1)}, "snowflake") is not None
    assert render_values({"segments": pa.table({"customer_id": ["x" * 100_000]})}, "snowflake") is None
