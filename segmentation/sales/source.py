"""The interface of a source of sales lines.

A source runs queries and returns their results. Queries are unbound Ibis expressions, compiled for the engine of the
source, so that a feature has one definition for every engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Protocol

import ibis
import pyarrow as pa

from segmentation.errors import SourceError
from segmentation.runtime.progress import Progress

# Disable select fusion: an expression that later steps use several times would be inlined, planned and computed each
# time. Parsing text alone gave half a megabyte of SQL.
ibis.options.sql.fuse_selects = False

NO_TABLES: Mapping[str, pa.Table] = {}


class SalesSource(Protocol):
    """A table of sales lines in some engine."""

    name: str
    """Display name; never a path."""
    note: str
    """One sentence about the data for readers, or an empty string."""
    notices: tuple[str, ...]
    """Notices on how the data were read, one sentence each."""
    reads_local_tables: bool
    """Whether `fetch` joins tables of any size without sending them anywhere."""
    combines_queries: bool
    """Whether one statement for several queries is cheaper; DuckDB would store the lines that they have in common."""

    @property
    def can_store(self) -> bool:
        """Whether `store` can be expected to store results: in a warehouse, which charges for every read."""
        ...

    def version(self) -> str:
        """A token that changes when the data change; cheap enough to call at every page view."""
        ...

    def table(self) -> ibis.Table:
        """The sales table, unbound, with its columns as the engine names them."""
        ...

    def fetch(
        self,
        query: ibis.Table,
        tables: Mapping[str, pa.Table] = NO_TABLES,
        on_progress: Progress | None = None,
    ) -> pa.Table:
        """Run a query and return its result.

        Args:
            query: the expression.
            tables: tables in memory that the query joins, by name.
            on_progress: called with the share (0 to 1) of the result that has arrived, if it arrives in batches.

        Raises:
            SourceError: the engine cannot be reached or the table cannot be read.
        """
        ...

    def store(
        self, queries: Mapping[str, ibis.Table], tables: Mapping[str, pa.Table] = NO_TABLES
    ) -> Mapping[str, ibis.Table] | None:
        """Store the results of queries next to the sales, so that these are read once for all of them.

        Args:
            queries: the expressions by name.
            tables: small tables in memory that the queries join, by name.

        Returns:
            queries on what was stored, by the same names; None if nothing can be stored.

        Raises:
            SourceError: as in `fetch`.
        """
        ...

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        """Run a query and yield its result in batches, for results that do not fit into memory.

        Raises:
            SourceError: as in `fetch`; also between batches.
        """
        ...


def check_version(source: SalesSource, version: str) -> None:
    """Raise SourceError if the sales have changed since `version`: a query would mix two states of them."""
    if source.version() != version:
        raise SourceError("The sales have changed since they were loaded.", hint="Load the newer sales.")


def fetch_row(source: SalesSource, *queries: ibis.Table) -> dict[str, Any]:
    """The columns of several one-row queries, with the number of statements that is cheapest for the engine.

    Raises:
        SourceError: as in `SalesSource.fetch`.
    """
    if source.combines_queries:
        queries = (reduce(lambda combined, query: combined.cross_join(query), queries),)
    row: dict[str, Any] = {}
    for query in queries:
        row |= source.fetch(query).to_pylist()[0]
    return row
