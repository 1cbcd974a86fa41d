"""When Python looks for objects that only refer to each other, and when freed memory returns to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

_ALLOCATIONS = 50_000


def collect_less_often() -> None:
    """Start a collection after 50,000 new objects instead of 700.

    Expressions and syntax trees of Ibis and sqlglot are many small objects that live until their SQL is compiled:
    collections in between find nothing, yet take an eighth of the processor time of a command. Almost all memory is in
    arrays and engines, which reference counts free, so peak memory does not change.
    """
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])


def free_memory() -> None:
    """Collect garbage, and return freed memory to the system.

    Otherwise, glibc keeps much of what threads have freed for later allocations.
    """
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
