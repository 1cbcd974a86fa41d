"""Cache of compiled SQL and of expressions that are slow to build.

Compiling the SQL of a load takes longer than running it over 50,000 lines, and the next load with the same columns and
settings needs the same SQL, often with other days: an as-of date, a start date, today. A statement is therefore
compiled once with placeholders for its days (see `segmentation.runtime.epoch_days`).
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import ibis
import ibis.expr.operations as ops

from segmentation.runtime.epoch_days import DAY_TYPE

Value = TypeVar("Value")
MAX_ENTRIES = 64
_FIRST_PLACEHOLDER = 2_000_000_000
"""The placeholder of the first day, counted up for further days; larger than any other number in a query."""
_PLACEHOLDER = re.compile(r"\b20000\d{5}\b")


@dataclass(frozen=True)
class Statement:
    """SQL with slots for days."""

    texts: tuple[str, ...]
    """The SQL before, between and after the slots."""
    slots: tuple[int, ...]
    """The position of each slot's day among the days of the query."""

    def fill(self, days: Sequence[int]) -> str:
        """The SQL for these days, in days since 1970-01-01."""
        values = [str(day) if day >= 0 else f"({day})" for day in days]  # a minus sign could join another: a comment
        filled = [text + values[slot] for text, slot in zip(self.texts[:-1], self.slots, strict=True)]
        return "".join((*filled, self.texts[-1]))


class QueryCache:
    """A thread-safe LRU cache of at most `max_entries` queries."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def compile_sql(self, query: ibis.Table, dialect: str) -> str:
        """Compile `query` to SQL on one line; one with the same shape and other days is not compiled again."""
        options = dialect, ibis.options.sql.fuse_selects

        def build() -> str:
            shape, days = replace_days(query)
            key = ("statement", *options, *get_expression_key(shape))
            statement = self.get_or_build(key, lambda: _compile_statement(shape, dialect))
            # Slots are missing if they cannot be told from other text, or if the compiler computed with a placeholder.
            return statement.fill(days) if set(statement.slots) == set(range(len(days))) else _compile(query, dialect)

        return self.get_or_build(("sql", *options, *get_expression_key(query)), build)

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


def replace_days(query: ibis.Table) -> tuple[ibis.Table, list[int]]:
    """Replace each distinct day of a query by a placeholder.

    Returns:
        the query with placeholders, and the days in their order, in days since 1970-01-01.
    """
    literals = dict.fromkeys(literal for literal in query.op().find(ops.Literal) if literal.dtype == DAY_TYPE)
    if not literals:
        return query, []
    placeholders = {literal: ops.Literal(_FIRST_PLACEHOLDER + slot, DAY_TYPE) for slot, literal in enumerate(literals)}
    return query.op().replace(placeholders).to_expr(), [int(literal.value) for literal in literals]


def _compile_statement(shape: ibis.Table, dialect: str) -> Statement:
    """Compile a query with placeholders and find them; without slots if a name or a text looks like one."""
    sql, operation = _compile(shape, dialect), shape.op()
    texts = [literal.value for literal in operation.find(ops.Literal) if isinstance(literal.value, str)]
    for table in operation.find(ops.PhysicalTable):
        texts += [table.name, *map(str, table.namespace.args), *table.schema.names]
    if any(_PLACEHOLDER.search(text) for text in texts):
        return Statement((sql,), ())
    slots = tuple(int(found) - _FIRST_PLACEHOLDER for found in _PLACEHOLDER.findall(sql))
    return Statement(tuple(_PLACEHOLDER.split(sql)), slots)


def _compile(query: ibis.Table, dialect: str) -> str:
    return str(ibis.to_sql(query, dialect=dialect, pretty=False))


def get_expression_key(expression: ibis.Table) -> tuple[Hashable, ...]:
    """A key that two expressions share only if they compile to the same SQL.

    Equal operations have equal tables, columns, types and settings. Literals are compared as text as well, because
    -0.0 equals 0.0 and Decimal("1.0") equals Decimal("1.00").
    """
    operation = expression.op()
    return operation, tuple(repr(literal.value) for literal in operation.find(ops.Literal))


SHARED_QUERIES = QueryCache()
"""For sources that all sessions share; an upload has its own cache, which is deleted with the file."""
