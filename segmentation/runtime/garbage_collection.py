"""How often Python looks for objects that only refer to each other."""

from __future__ import annotations

import gc

_ALLOCATIONS = 50_000


def collect_less_often() -> None:
    """Start a collection after 50,000 new objects instead of 700.

    Expressions and syntax trees of Ibis and sqlglot are many small objects that live until their SQL is compiled:
    collections in between find nothing, yet take an eighth of the processor time of a command. Almost all memory is in
    arrays and engines, which reference counts free, so peak memory does not change.
    """
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
