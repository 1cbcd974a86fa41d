"""Segments as rules: a few readable conditions on the features in their own units.

K-means assigns by distance in a scaled space, which cannot be checked by hand. A shallow decision tree, a surrogate
model, is fitted to predict the segments from unscaled features ("at most 30 days since the last order"). The best leaf
of each segment, pruned to three conditions with rounded thresholds, is that segment's rule. How well the rules
reproduce the segments (fidelity) is measured on customers not used to fit them (test customers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray

MAX_DEPTH = 4
MAX_CONDITIONS = 3
TRAIN_SHARE = 0.7
"""Share of customers the tree is fitted to; the others measure its fidelity."""
MAX_ROWS = 50_000
"""Above this many customers, rules are derived from a sample."""
_INFINITY = float("inf")


@dataclass(frozen=True)
class Condition:
    """low <= feature <= high; an open side is infinite."""

    feature: str
    low: float
    high: float

    def is_met(self, values: FloatArray) -> BoolArray:
        """(n,) whether each value is in the interval."""
        return (values >= self.low) & (values <= self.high)

    def to_sql(self) -> str:
        """As SQL on columns named like the features.

        >>> Condition("frequency", 3.0, float("inf")).to_sql(), Condition("recency_days", 10.0, 30.0).to_sql()
        ('frequency >= 3', 'recency_days between 10 and 30')
        """
        low, high = (f"{value:.10g}" for value in (self.low, self.high))
        if self.low == self.high:
            return f"{self.feature} = {low}"
        if np.isinf(self.low):
            return f"{self.feature} <= {high}"
        return f"{self.feature} >= {low}" if np.isinf(self.high) else f"{self.feature} between {low} and {high}"


@dataclass(frozen=True)
class Rule:
    """The conditions that describe one segment."""

    segment_id: int
    conditions: tuple[Condition, ...]
    """All must hold; at most MAX_CONDITIONS."""
    recall: float
    """Share (0 to 1) of the segment's customers that satisfy the rule."""
    false_positives: int
    """Customers of other segments that satisfy it."""


@dataclass(frozen=True)
class Rules:
    """The rules of all segments, evaluated in order: the first match wins."""

    rules: tuple[Rule, ...]
    fidelity: float
    """Share (0 to 1) of test customers whose segment the rules predict; no matching rule counts as wrong."""
    n_test: int
    """Number of test customers."""
    importance: Mapping[str, float]
    """Feature -> percentage of customers that change segment if this feature alone is shuffled."""

    def predict(self, customers: pd.DataFrame) -> IntArray:
        """(n,) predicted segment of each customer; 0 if no rule matches."""
        segment_ids = np.zeros(len(customers), np.int64)
        for rule in self.rules:
            segment_ids[(segment_ids == 0) & match_rule(rule, customers)] = rule.segment_id
        return segment_ids

    def to_sql(self, names: Mapping[int, str]) -> str:
        """The rules as one SQL CASE on columns named like the features."""
        lines = []
        for rule in self.rules:
            conditions = " and ".join(condition.to_sql() for condition in rule.conditions) or "true"
            lines.append(f"    when {conditions} then {_quote(names[rule.segment_id])}")
        return "\n".join(["case", *lines, "end as segment_name"])


def find_rules(
    customers: pd.DataFrame,
    segment_ids: np.ndarray[Any, Any],
    features: Sequence[str],
    integer_features: Sequence[str],
    predict: Any,
    seed: int,
) -> Rules:
    """Fit a decision tree to the segments and derive a rule for each.

    Args:
        customers: one row per customer with the features in their own units.
        segment_ids: (n,) the segment of each customer.
        features: names of the features in the model.
        integer_features: those of them with integer values (days, orders, ...).
        predict: customers -> (n,) segment IDs by the model itself, for the permutation importance.
        seed: determines the sample and the split into training and test customers.
    """
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng((seed, 30))  # a separate stream, independent of the draws of K-means
    sampled_rows = rng.permutation(len(customers))[:MAX_ROWS]
    frame, ids = customers.iloc[sampled_rows], segment_ids[sampled_rows]
    values = frame[list(features)].to_numpy(np.float64)
    n_train = max(int(TRAIN_SHARE * len(frame)), 1)
    leaf = max(5, n_train // 200)  # at least 0.5 % of customers: smaller leaves describe single customers
    tree = DecisionTreeClassifier(max_depth=MAX_DEPTH, min_samples_leaf=leaf, random_state=seed)
    tree.fit(values[:n_train], ids[:n_train])
    rules = []
    for segment_id in np.unique(ids):
        member = ids[:n_train] == segment_id
        # The tree may have no leaf for a small segment; its rule has no conditions and, being imprecise, comes late.
        boxes = [box for box in _collect_leaves(tree, features) if box[0] == segment_id] or [(segment_id, {})]
        best = max(
            (_prune_conditions(conditions, values[:n_train], member, features) for _, conditions in boxes),
            key=lambda pruned: pruned[0],
        )[1]
        rounded = tuple(
            _round_condition(
                condition,
                values[:n_train, list(features).index(condition.feature)],
                condition.feature in integer_features,
            )
            for condition in best
        )
        rules.append(_evaluate_rule(int(segment_id), rounded, customers, segment_ids))
    # The first match wins: precise rules first, so that they are not shadowed by broad ones.
    rules.sort(key=lambda rule: (-_compute_precision(rule, segment_ids), rule.segment_id))
    untested = Rules(tuple(rules), 0.0, 0, {})
    test_rows, test_ids = frame.iloc[n_train:], ids[n_train:]
    fidelity = float((untested.predict(test_rows) == test_ids).mean()) if len(test_rows) else float("nan")
    return Rules(
        untested.rules, fidelity, len(test_rows), _compute_permutation_importance(frame, ids, features, predict, rng)
    )


def match_rule(rule: Rule, customers: pd.DataFrame) -> BoolArray:
    """(n,) whether each customer satisfies all conditions of the rule."""
    holds = np.ones(len(customers), bool)
    for condition in rule.conditions:
        holds &= condition.is_met(customers[condition.feature].to_numpy(np.float64))
    return holds


def _collect_leaves(tree: Any, features: Sequence[str]) -> Iterator[tuple[int, dict[str, Condition]]]:
    """(segment_id, conditions by feature) of every leaf."""
    nodes = tree.tree_

    def walk(node: int, box: dict[str, Condition]) -> Iterator[tuple[int, dict[str, Condition]]]:
        if nodes.children_left[node] < 0:
            yield int(tree.classes_[int(nodes.value[node][0].argmax())]), box
            return
        name, cut = features[nodes.feature[node]], float(nodes.threshold[node])
        interval = box.get(name, Condition(name, -_INFINITY, _INFINITY))
        yield from walk(
            nodes.children_left[node], {**box, name: Condition(name, interval.low, min(interval.high, cut))}
        )
        yield from walk(
            nodes.children_right[node], {**box, name: Condition(name, max(interval.low, cut), interval.high)}
        )

    yield from walk(0, {})


def _prune_conditions(
    box: Mapping[str, Condition], values: FloatArray, member: BoolArray, features: Sequence[str]
) -> tuple[float, tuple[Condition, ...]]:
    """Drop conditions greedily while the F1 score does not fall, and until MAX_CONDITIONS are left.

    Returns:
        The F1 score and the remaining conditions.
    """
    columns = list(features)

    def score(conditions: Sequence[Condition]) -> float:
        holds = np.ones(len(values), bool)
        for condition in conditions:
            holds &= condition.is_met(values[:, columns.index(condition.feature)])
        hits = float((holds & member).sum())
        return 2 * hits / max(float(holds.sum() + member.sum()), 1.0)

    remaining = tuple(box[name] for name in features if name in box)
    best = score(remaining)
    while remaining:
        shorter = [tuple(c for c in remaining if c is not dropped) for dropped in remaining]
        trial = max(shorter, key=score)
        # Beyond MAX_CONDITIONS a condition goes at any price: a longer rule cannot be read at a glance.
        if len(remaining) <= MAX_CONDITIONS and (score(trial) < best or not trial):
            break
        remaining, best = trial, score(trial)
    return best, remaining


def _round_condition(condition: Condition, values: FloatArray, is_integer: bool) -> Condition:
    """Round thresholds for readers: to integers for integer features, else to as few digits as possible."""
    low, high = condition.low, condition.high
    if is_integer:
        return Condition(condition.feature, np.ceil(low), np.floor(high))
    return Condition(condition.feature, _round_number(low, values), _round_number(high, values))


def _round_number(threshold: float, values: FloatArray) -> float:
    """The number with the fewest digits that moves at most 1 % of customers across the threshold."""
    if not np.isfinite(threshold) or threshold == 0:
        return threshold
    for digits in (1, 2, 3, 4):
        trial = float(f"{threshold:.{digits}g}")
        if float(((values <= trial) != (values <= threshold)).mean()) <= 0.01:
            return trial
    return threshold


def _evaluate_rule(
    segment_id: int, conditions: tuple[Condition, ...], customers: pd.DataFrame, ids: np.ndarray[Any, Any]
) -> Rule:
    holds, member = match_rule(Rule(segment_id, conditions, 0.0, 0), customers), ids == segment_id
    return Rule(
        segment_id, conditions, float((holds & member).sum() / max(member.sum(), 1)), int((holds & ~member).sum())
    )


def _compute_precision(rule: Rule, ids: np.ndarray[Any, Any]) -> float:
    true_positives = rule.recall * float((ids == rule.segment_id).sum())
    return true_positives / max(true_positives + rule.false_positives, 1.0)


def _compute_permutation_importance(
    frame: pd.DataFrame, ids: np.ndarray[Any, Any], features: Sequence[str], predict: Any, rng: np.random.Generator
) -> dict[str, float]:
    """Permutation importance (Breiman 2001) of the model itself: percentage of customers that change segment."""
    changed = {}
    for name in features:
        moved = [
            float((predict(frame.assign(**{name: rng.permutation(frame[name].to_numpy())})) != ids).mean())
            for _ in range(3)
        ]
        changed[name] = 100 * float(np.mean(moved))
    return changed


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
