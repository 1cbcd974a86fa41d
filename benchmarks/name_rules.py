"""Contradictions between segment names and the customers behind them, in generated shops; there must be none.

Shops of every kind x seeds x scalings x k from 2 to 12; a small part of it runs in the tests.

    python benchmarks/name_rules.py [--seeds 10] [--customers 600]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def count_contradictions(kind: str, scaling: str, seed: int, customers: int) -> tuple[int, Counter[str], Counter[str]]:
    """Named segments, contradictions by rule and name, and bases of the names of one shop."""
    import numpy as np

    from segmentation.segments.matching import assign_initial_ids
    from tests.segments.generated_shops import (
        find_contradictions,
        find_passed_on_names,
        generate_customers,
        iter_segmentations,
        name_members,
    )

    shop = generate_customers(kind, seed, customers)
    n_named, found, bases = 0, Counter[str](), Counter[str]()
    previous = None
    for _, labels in iter_segmentations(shop, scaling, seed):
        segment_ids = np.asarray(assign_initial_ids(shop, labels))[labels]
        names = name_members(shop, segment_ids)
        n_named += len(names)
        bases.update(name.split(", ")[0] for name in names.values())
        found.update(f"{rule}: {name}" for rule, name in find_contradictions(shop, segment_ids, names))
        if previous is not None:
            found.update(f"passed on: {name}" for name in find_passed_on_names(shop, previous[0], labels, previous[1]))
        previous = segment_ids, names
    return n_named, found, bases


def main() -> None:
    from tests.segments.generated_shops import KINDS, RULES, SCALINGS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=600)
    arguments = parser.parse_args()
    n_named, found, bases = 0, Counter[str](), Counter[str]()
    for kind, scaling, seed in product(KINDS, SCALINGS, range(arguments.seeds)):
        n_segments, contradictions, used = count_contradictions(kind, scaling, seed, arguments.customers)
        n_named, found, bases = n_named + n_segments, found + contradictions, bases + used
    print(f"{n_named} segments: {found.total()} contradictions")
    print(f"names: {', '.join(f'{name} {count}' for name, count in bases.most_common())}")
    for rule in (*RULES, "passed on"):
        cases = {case: count for case, count in found.items() if case.startswith(f"{rule}: ")}
        print(f"{rule}: {sum(cases.values())} contradictions {cases or ''}".rstrip())
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
