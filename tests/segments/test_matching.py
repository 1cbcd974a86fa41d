"""IDs, matching and colors depend on customers, not on cluster numbers or row order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.errors import ColumnError, DataError
from segmentation.segments.matching import Matching, assign_colors, assign_initial_ids, match_segments


def build_customers(
    monetary: list[float], recency: list[float] | None = None, frequency: list[float] | None = None
) -> pd.DataFrame:
    n = len(monetary)
    return pd.DataFrame(
        {
            "customer_id": [f"{number:03}" for number in range(n)],
            "monetary": monetary,
            "recency_days": recency or [1.0] * n,
            "frequency": frequency or [1.0] * n,
        }
    )


def test_assign_initial_ids_order() -> None:
    assert assign_initial_ids(build_customers([1.0, 9.0, 5.0]), np.array([0, 1, 2])) == (3, 1, 2)
    assert assign_initial_ids(build_customers([5.0, 5.0], [9.0, 2.0]), np.array([0, 1])) == (2, 1)
    assert assign_initial_ids(build_customers([5.0, 5.0], None, [1.0, 3.0]), np.array([0, 1])) == (2, 1)
    assert assign_initial_ids(build_customers([5.0, 5.0, 5.0]), np.array([0, 1, 1])) == (2, 1)
    # medians, not means: 5 5 100 against 6 6 6
    assert assign_initial_ids(build_customers([5.0, 5.0, 100.0, 6.0, 6.0, 6.0]), np.array([0, 0, 0, 1, 1, 1])) == (2, 1)


def test_assign_initial_ids_ties_and_empty_clusters() -> None:
    assert assign_initial_ids(build_customers([5.0, 5.0]), np.array([1, 0])) == (2, 1)
    assert assign_initial_ids(build_customers([5.0, 7.0]), np.array([2, 0])) == (1, 3, 2)


def test_assign_initial_ids_missing_columns() -> None:
    with pytest.raises(ColumnError, match="no column frequency"):
        assign_initial_ids(build_customers([1.0]).drop(columns="frequency"), np.array([0]))
    with pytest.raises(DataError, match="2 labels for 1 customers"):
        assign_initial_ids(build_customers([1.0]), np.array([0, 1]))
    with pytest.raises(DataError, match="1 earlier ids for 2 customers"):
        match_segments((1,), np.array([0, 0]), np.array([1]), (1,))
    with pytest.raises(DataError, match="without the centers"):
        match_segments((1,), np.array([0]), np.array([1]), (1,), None, np.ones((1, 1)))


@st.composite
def draw_labelings(draw: st.DrawFn) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, list[int], list[int]]:
    """Customers, labels, earlier labels, another numbering of the clusters, another order of the rows."""
    k, n = draw(st.integers(2, 6)), draw(st.integers(6, 25))
    small = st.integers(0, 3).map(float)
    column = st.lists(small, min_size=n, max_size=n)
    labels = [*range(k), *draw(st.lists(st.integers(0, k - 1), min_size=n - k, max_size=n - k))]
    earlier = draw(st.lists(st.sampled_from([-1, 1, 2, 5, 9]), min_size=n, max_size=n))
    frame = build_customers(draw(column), draw(column), draw(column))
    return (
        frame,
        np.array(labels),
        np.array(earlier),
        draw(st.permutations(range(k))),
        draw(st.permutations(range(n))),
    )


@settings(deadline=None)
@given(draw_labelings(), st.booleans())
def test_match_segments_ignores_cluster_numbers_and_row_order(
    runs: tuple[pd.DataFrame, np.ndarray, np.ndarray, list[int], list[int]], with_centers: bool
) -> None:
    frame, labels, earlier, renumber, rows = runs
    other_labels = np.array(renumber)[labels][rows]
    other_frame = frame.iloc[rows].reset_index(drop=True)
    plain, other = assign_initial_ids(frame, labels), assign_initial_ids(other_frame, other_labels)
    assert sorted(plain) == list(range(1, len(plain) + 1))
    assert [other[number] for number in renumber] == list(plain)

    ids, centers = (1, 2, 5, 9), np.array([[0.0, 0.0], [1.0, 3.0], [2.0, 1.0], [4.0, 4.0]])
    distances = np.random.default_rng(len(frame)).random((len(plain), 4)) * 3
    given_order = (centers, distances) if with_centers else ()
    same = match_segments(plain, labels, earlier, ids, *given_order)
    shuffled = distances[np.argsort(renumber)][:, [3, 1, 0, 2]]
    again = match_segments(
        other, other_labels, earlier[rows], (9, 2, 1, 5), *((centers[[3, 1, 0, 2]], shuffled) if with_centers else ())
    )
    assert tuple(again.cluster_to_segment[number] for number in renumber) == same.cluster_to_segment
    assert again.retained == same.retained
    assert len(set(same.cluster_to_segment)) == len(same.cluster_to_segment)
    assert all(number > 9 for number in set(same.cluster_to_segment) - set(same.retained))


def test_match_segments_identical_run_keeps_ids() -> None:
    earlier = np.repeat([4, 1, 7], 10)
    assert match_segments((1, 2, 3), np.repeat([2, 0, 1], 10), earlier, (1, 4, 7)) == Matching((1, 7, 4), (1, 4, 7))


def test_match_segments_split_keeps_id_for_larger_part() -> None:
    labels = np.array([0] * 7 + [1] * 3 + [2] * 10)
    earlier = np.array([1] * 10 + [2] * 10)
    assert match_segments((3, 1, 2), labels, earlier, (1, 2)) == Matching((1, 3, 2), (1, 2))


def test_match_segments_new_ids_follow_canonical_order() -> None:
    without_id = np.full(3, -1)
    assert match_segments((2, 3, 1), np.array([0, 1, 2]), without_id, (3, 8)) == Matching((10, 11, 9), ())
    assert match_segments((2, 1), np.array([0, 1]), np.full(2, -1), ()) == Matching((2, 1), ())


def test_match_segments_low_overlap_is_new() -> None:
    # every new cluster has one of the two customers of each earlier segment: Jaccard 1 / (6 + 2 - 1)
    labels, earlier = np.array([0] * 6 + [1] * 6), np.tile([1, 2, 3, 4, 5, 6], 2)
    assert match_segments((1, 2), labels, earlier, (1, 2, 3, 4, 5, 6)) == Matching((7, 8), ())
    # half of both, and yet less than chance: 5 of 10 where 9 x 6 / 10 are expected
    labels, earlier = np.array([0] * 9 + [1]), np.array([1] * 5 + [2] * 4 + [1])
    assert match_segments((1, 2), labels, earlier, (1, 2)) == Matching((2, 3), (2,))


def test_match_segments_unknown_customers_match_by_centers() -> None:
    centers = np.array([[0.0], [4.0]])
    without_id = np.full(2, -1)
    # 1 of 4 away from the first: the same; 3 of 4 away from the second: not
    distances = np.array([[1.0, 3.0], [7.0, 3.0]])
    assert match_segments((1, 2), np.array([0, 1]), without_id, (1, 2), centers, distances) == Matching((1, 3), (1,))


def test_match_segments_other_customers_same_center() -> None:
    # all customers moved from 1 to 2, and new ones take the place of 1
    labels = np.array([0] * 5 + [1] * 5)
    earlier = np.array([1] * 5 + [-1] * 5)
    centers = np.array([[0.0], [4.0]])
    distances = np.array([[4.1, 0.1], [0.1, 3.9]])
    assert match_segments((1, 2), labels, earlier, (1, 2), centers, distances) == Matching((2, 1), (1, 2))


def test_assign_colors_retains_and_fills() -> None:
    assert assign_colors([1, 2, 3], {}) == {1: 0, 2: 1, 3: 2}
    assert assign_colors([7, 2, 8], {2: 0, 7: 3, 1: 1}) == {2: 0, 7: 3, 8: 1}
    assert assign_colors([1, 2], {1: 4, 2: 4}) == {1: 4, 2: 0}
    assert assign_colors([1, 2], {1: 99}) == {1: 0, 2: 1}
    assert sorted(assign_colors(range(1, 13), {5: 11}).values()) == list(range(12))
