"""Cache of compiled SQL and of expressions that are slow to build.

Compiling the SQL of a load takes longer than running it over 50,000 lines, and the next load with the same columns and
settings needs the same SQL.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import ibis
import ibis.expr.operations as ops

Value = TypeVar("Value")
MAX_ENTRIES = 64


class QueryCache:
    """A thread-safe LRU cache of at most `max_entries` queries."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def compile_sql(self, query: ibis.Table, dialect: str) -> str:
        """Compile `query` to SQL on one line."""
        key = ("sql", dialect, ibis.options.sql.fuse_selects, *get_expression_key(query))
        return self.get_or_build(key, lambda: str(ibis.to_sql(query, dialect=dialect, pretty=False)))

    def get_or_build(self, key: Hashable, build: Callable[[], Value]) -> Value:
        """Return the cached value of a key, or build it; `build` must depend on the key alone."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                cached: Value = self._entries[key]
                return cached
        value = build()  # outside the lock: two threads may build the same value, but neither blocks the other
        with self._lock:
            self._entries[key] = value
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        return value

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


def get_expression_key(expression: ibis.Table) -> tuple[Hashable, ...]:
    """A key that two expressions share only if they compile to the same SQL.

    Equal operations have equal tables, columns, types and settings. Literals are compared as text as well, because
    -0.0 equals 0.0 and Decimal("1.0") equals Decimal("1.00").
    """
    operation = expression.op()
    return operation, tuple(repr(literal.value) for literal in operation.find(ops.Literal))


SHARED_QUERIES = QueryCache()
"""For sources that all sessions share; an upload has its own cache, which is deleted with the file."""
