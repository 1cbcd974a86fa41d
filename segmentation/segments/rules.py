"""Why is this customer here? Segments as a few readable conditions on the features in their own units.

K-means cuts with distances in a scaled space, which nobody can check by hand. A shallow decision tree is taught to
give the same segments from plain figures ("at most 30 days since the last order"); its best leaf of each segment, cut
down to three conditions with rounded thresholds, is that segment's rule. How well rules explain segments is measured on
customers that the tree did not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

MAX_DEPTH = 4
MAX_CONDITIONS = 3
TRAIN_SHARE = 0.7
"""Share of customers that the tree is taught with; the others judge it."""
MAX_ROWS = 50_000
_INFINITY = float("inf")

Array = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Condition:
    """low <= feature <= high; an open side is infinite."""

    feature: str
    low: float
    high: float

    def is_met(self, values: Array) -> Mask:
        """For each value whether it is within."""
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
    """What most customers of a segment have in common, and others do not."""

    segment_id: int
    conditions: tuple[Condition, ...]
    """All must hold; at most three."""
    recall: float
    """Share of the segment's customers that the rule catches."""
    false_positives: int
    """Customers of other segments that it catches as well."""


@dataclass(frozen=True)
class Rules:
    """The rules of all segments, tried in this order: the first that holds says the segment."""

    rules: tuple[Rule, ...]
    fidelity: float
    """Share of customers the tree did not see whose segment the rules say rightly; no rule counts as wrong."""
    n_test: int
    """How many those were."""
    importance: Mapping[str, float]
    """Feature -> how many of 100 customers change segment when this feature alone is shuffled."""

    def predict(self, customers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The segment that the rules say for each customer; 0 where none holds."""
        said = np.zeros(len(customers), np.int64)
        for rule in self.rules:
            said[(said == 0) & match_rule(rule, customers)] = rule.segment_id
        return said

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
    """Teach a tree the segments and read the rules off it.

    Args:
        customers: one row per customer with the features in their own units.
        segment_ids: (n,) the segment of each.
        features: names of the features that were compared.
        integer_features: those of them that are whole numbers (days, orders ...).
        predict: customers -> segment ids, as the saved model says them; for the importance.
        seed: decides who teaches and who judges.
    """
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng((seed, 30))
    chosen = rng.permutation(len(customers))[:MAX_ROWS]
    frame, ids = customers.iloc[chosen], segment_ids[chosen]
    values = frame[list(features)].to_numpy(np.float64)
    taught = max(int(TRAIN_SHARE * len(frame)), 1)
    leaf = max(5, taught // 200)
    tree = DecisionTreeClassifier(max_depth=MAX_DEPTH, min_samples_leaf=leaf, random_state=seed)
    tree.fit(values[:taught], ids[:taught])
    rules = []
    for segment_id in np.unique(ids):
        member = ids[:taught] == segment_id
        boxes = [box for box in _collect_leaves(tree, features) if box[0] == segment_id] or [(segment_id, {})]
        best = max(
            (_prune_conditions(conditions, values[:taught], member, features) for _, conditions in boxes),
            key=lambda pruned: pruned[0],
        )[1]
        rounded = tuple(
            _round_condition(
                condition,
                values[:taught, list(features).index(condition.feature)],
                condition.feature in integer_features,
            )
            for condition in best
        )
        rules.append(_evaluate_rule(int(segment_id), rounded, customers, segment_ids))
    rules.sort(key=lambda rule: (-_compute_precision(rule, segment_ids), rule.segment_id))
    made = Rules(tuple(rules), 0.0, 0, {})
    unseen, truth = frame.iloc[taught:], ids[taught:]
    fidelity = float((made.predict(unseen) == truth).mean()) if len(unseen) else float("nan")
    return Rules(made.rules, fidelity, len(unseen), _permutation_importance(frame, ids, features, predict, rng))


def match_rule(rule: Rule, customers: pd.DataFrame) -> Mask:
    """For each customer whether all conditions of the rule hold."""
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
        here = box.get(name, Condition(name, -_INFINITY, _INFINITY))
        yield from walk(nodes.children_left[node], {**box, name: Condition(name, here.low, min(here.high, cut))})
        yield from walk(nodes.children_right[node], {**box, name: Condition(name, max(here.low, cut), here.high)})

    yield from walk(0, {})


def _prune_conditions(
    box: Mapping[str, Condition], values: Array, member: Mask, features: Sequence[str]
) -> tuple[float, tuple[Condition, ...]]:
    """Drop conditions while that makes the rule no worse, and down to CONDITIONS; the F1 score and what is left."""
    order = list(features)

    def score(conditions: Sequence[Condition]) -> float:
        holds = np.ones(len(values), bool)
        for condition in conditions:
            holds &= condition.is_met(values[:, order.index(condition.feature)])
        both = float((holds & member).sum())
        return 2 * both / max(float(holds.sum() + member.sum()), 1.0)

    kept = tuple(box[name] for name in features if name in box)
    best = score(kept)
    while kept:
        shorter = [tuple(c for c in kept if c is not left_out) for left_out in kept]
        trial = max(shorter, key=score)
        if len(kept) <= MAX_CONDITIONS and (score(trial) < best or not trial):
            break
        kept, best = trial, score(trial)
    return best, kept


def _round_condition(condition: Condition, values: Array, is_integer: bool) -> Condition:
    """Thresholds as a person would say them: whole numbers where the feature is, else as few digits as will do."""
    low, high = condition.low, condition.high
    if is_integer:
        return Condition(condition.feature, np.ceil(low), np.floor(high))
    return Condition(condition.feature, _round_number(low, values), _round_number(high, values))


def _round_number(threshold: float, values: Array) -> float:
    """The roundest number that moves at most 1 of 100 customers across the threshold."""
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
    caught = rule.recall * float((ids == rule.segment_id).sum())
    return caught / max(caught + rule.false_positives, 1.0)


def _permutation_importance(
    frame: pd.DataFrame, ids: np.ndarray[Any, Any], features: Sequence[str], predict: Any, rng: np.random.Generator
) -> dict[str, float]:
    """Permutation importance on the model itself (Breiman 2001): who changes segment when one feature is shuffled."""
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
