"""The migration matrix by hand, and against a pandas merge."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.segments.migration import build_migration_matrix, count_migrations


def build_run(rows: list[tuple[str, int, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "segment_id", "money"])


def test_build_migration_matrix_by_hand() -> None:
    before = build_run([("00123", 1, 50.0), ("B", 1, 40.0), ("C", 2, 5.0), ("D", 2, 6.0)])
    now = build_run([("E", 3, 1.5), ("C", 2, 7.0), ("B", 2, 41.0), ("00123", 1, 60.0)])
    flows = build_migration_matrix(before, now)
    assert flows.to_dict("split")["data"] == [
        [0, 3, 1, 0.0, 1.5],
        [1, 1, 1, 50.0, 60.0],
        [1, 2, 1, 40.0, 41.0],
        [2, 0, 1, 6.0, 0.0],
        [2, 2, 1, 5.0, 7.0],
    ]
    assert count_migrations(flows) == {"stayed": 2, "moved": 1, "joined": 1, "left": 1}


def test_build_migration_matrix_disjoint_runs() -> None:
    empty = build_run([]).astype({"customer_id": "str", "segment_id": "int64", "money": "float64"})
    one = build_run([("a", 1, 2.0)])
    assert count_migrations(build_migration_matrix(one, build_run([("b", 1, 2.0)]))) == {
        "stayed": 0,
        "moved": 0,
        "joined": 1,
        "left": 1,
    }
    assert count_migrations(build_migration_matrix(empty, one)) == {"stayed": 0, "moved": 0, "joined": 1, "left": 0}
    assert count_migrations(build_migration_matrix(one, empty)) == {"stayed": 0, "moved": 0, "joined": 0, "left": 1}


def test_build_migration_matrix_equals_merge() -> None:
    rng = np.random.default_rng(3)
    ids = np.array([f"C{number:05d}" for number in range(30_000)])
    frames = []
    for _ in range(2):
        some = rng.permutation(ids)[:20_000]
        frames.append(
            pd.DataFrame(
                {"customer_id": some, "segment_id": rng.integers(1, 6, 20_000), "money": rng.gamma(2, 50, 20_000)}
            )
        )
    merged = frames[0].merge(frames[1], on="customer_id", how="outer", suffixes=("_before", "_now"))
    merged = merged.fillna({"segment_id_before": 0, "segment_id_now": 0, "money_before": 0, "money_now": 0})
    expected = (
        merged.groupby(["segment_id_before", "segment_id_now"])
        .agg(customers=("customer_id", "size"), money_before=("money_before", "sum"), money_now=("money_now", "sum"))
        .reset_index()
    )
    result = build_migration_matrix(*frames)
    assert result["customers"].sum() == len(merged)
    np.testing.assert_allclose(result.to_numpy(float), expected.to_numpy(float), rtol=1e-12)
