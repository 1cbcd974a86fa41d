"""The draw: golden values, shares of each segment, and the same lists in Python, DuckDB and Snowflake."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.campaigns.assignment import assign_arms, build_assignment_query, compute_assignment_keys
from segmentation.sales.open_source import open_source
from tests.run_records import ODD_IDS
from tests.snowflake_client.local import DATABASE, SCHEMA, Server

HOSTILE_IDS = [*ODD_IDS, "a|b", "é", "e\u0301", "\U0001f600", "'; drop table x; --", "tab\there", "\\", "%", " "]


def make_customers(ids: list[str], segments: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ids, "segment_id": [1 + number % segments for number in range(len(ids))]})


def test_compute_assignment_keys_is_sha256_of_campaign_and_id() -> None:
    for customer_id in HOSTILE_IDS:
        expected = hashlib.sha256(f"spring|{customer_id}".encode()).hexdigest()
        assert compute_assignment_keys("spring", [customer_id]) == [expected]


@given(
    sizes=st.lists(st.integers(1, 80), min_size=1, max_size=6),
    permille=st.integers(1, 999),
    salt=st.sampled_from(["a", "b"]),
)
def test_assign_arms_holds_back_the_share_of_each_segment(sizes: list[int], permille: int, salt: str) -> None:
    segment_ids = np.repeat(np.arange(len(sizes)), sizes)
    customers = pd.DataFrame({"customer_id": [f"C{n}" for n in range(len(segment_ids))], "segment_id": segment_ids})
    drawn = assign_arms(salt, customers, permille)
    held = drawn["arm"] == "held_back"
    assert held.sum() == len(drawn) * permille // 1000
    for segment_id, size in enumerate(sizes):
        assert abs(held[drawn["segment_id"] == segment_id].sum() - size * permille / 1000) < 1
    shuffled = assign_arms(salt, customers.sample(frac=1, random_state=1), permille)
    assert shuffled.sort_values("customer_id")["arm"].tolist() == drawn.sort_values("customer_id")["arm"].tolist()


def test_assign_arms_draws_others_for_another_campaign() -> None:
    customers = make_customers([f"C{n}" for n in range(1000)])
    first, second = (assign_arms(salt, customers, 100)["arm"] == "held_back" for salt in ("a", "b"))
    assert first.sum() == second.sum() == 100
    assert 0 < (first & second).sum() < 30


@pytest.mark.parametrize(
    ("permille", "held_back", "digest"), [(100, 120, "a356f29f6d846dd6"), (200, 241, "2713ab151e04f313")]
)
def test_assign_arms_golden_values(golden: pd.DataFrame, permille: int, held_back: int, digest: str) -> None:
    drawn = assign_arms("aa-2019", golden, permille)
    held = sorted(drawn.loc[drawn["arm"] == "held_back", "customer_id"])
    assert len(held) == held_back
    assert hashlib.sha256("\n".join(held).encode()).hexdigest()[:16] == digest
    if permille == 100:
        assert held[:5] == ["12359", "12441", "12530", "12637", "12662"]


def test_build_assignment_query_equals_python_in_duckdb() -> None:
    customers = make_customers([*HOSTILE_IDS, *(f"C{n}" for n in range(5000))])
    expected = assign_arms("it's spring", customers, 137)
    table = ibis.table({"customer_id": "string", "segment_id": "int64"}, name="customers")
    sql = ibis.to_sql(build_assignment_query(table, "it's spring", 137, "duckdb"), dialect="duckdb")
    with duckdb.connect() as connection:
        connection.register("customers", customers)
        answer = connection.sql(str(sql)).df()
    columns = ["customer_id", "segment_id", "arm", "assignment_key"]
    pd.testing.assert_frame_equal(
        answer.sort_values("assignment_key", ignore_index=True)[columns],
        expected.sort_values("assignment_key", ignore_index=True)[columns],
        check_dtype=False,
    )


def test_build_assignment_query_equals_python_in_snowflake(on_snowflake: Server, tmp_path: Path) -> None:
    customers = make_customers([*HOSTILE_IDS, *(f"C{n}" for n in range(500))])
    on_snowflake.load(customers, tmp_path, table="CUSTOMER_SEGMENTS", upper=False)
    source = open_source(f"snowflake:{DATABASE}.{SCHEMA}.CUSTOMER_SEGMENTS")
    table = source.table()
    renamed = table.select(**{name.lower(): table[name] for name in table.columns})
    answer = source.fetch(build_assignment_query(renamed, "spring", 200, "snowflake")).to_pandas()
    expected = assign_arms("spring", customers, 200)
    arms = dict(zip(answer["customer_id"], answer["arm"], strict=True))
    assert arms == dict(zip(expected["customer_id"], expected["arm"], strict=True))
    assert set(answer["assignment_key"]) == set(expected["assignment_key"])
