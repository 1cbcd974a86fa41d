"""A place where sold lines live, and how one is opened from its name.

A source answers queries; it never hands over its lines. The queries are unbound Ibis expressions, compiled for the
engine of the source, so that one expression says what a feature is, whichever engine computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import ibis
import pyarrow as pa

# A step of a query stays a step. Fused, an expression that later steps use many times is written out, planned and
# computed many times: reading text alone made half a megabyte of SQL.
ibis.options.sql.fuse_selects = False

NO_TABLES: Mapping[str, pa.Table] = {}


class SalesSource(Protocol):
    """A table of sold lines in some engine."""

    name: str
    """What a person calls it; never a path."""
    note: str
    """What a reader must know about the data, in one sentence; empty when there is nothing."""

    def version(self) -> str:
        """A token that changes when the data change; cheap enough to be asked at every page view."""
        ...

    def table(self) -> ibis.Table:
        """The sales table, unbound, with its columns as the engine names them."""
        ...

    def fetch(
        self,
        query: ibis.Table,
        tables: Mapping[str, pa.Table] = NO_TABLES,
        on_progress: Callable[[float], None] | None = None,
    ) -> pa.Table:
        """The whole answer to `query`, or an error; `tables` are small tables that the query joins, by name.

        `on_progress` is told the share of the answer that has come, where it comes in parts.

        Raises:
            SourceError: the engine cannot be reached or the table cannot be read.
        """
        ...

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        """The same answer in parts, for what is too large to be here as a whole; an error may come between parts.

        Raises:
            SourceError: as in `fetch`.
        """
        ...
