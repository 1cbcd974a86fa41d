"""Several queries as one, with their results stacked: the engine reads what they share only once."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.sales.source import SalesSource

_PART = "part"


def stack_queries(queries: Mapping[str, ibis.Table]) -> ibis.Table:
    """Combine queries, by name, into one.

    Returns:
        a query for the rows of all: column `part` names the query of a row; NAME__COLUMN are the columns of each query,
        null in the rows of the others.
    """
    kinds = {
        f"{part}__{column}": kind.copy(nullable=True)
        for part, query in queries.items()
        for column, kind in query.schema().items()
    }
    stacked = []
    for part, query in queries.items():
        own = {f"{part}__{column}": query[column] for column in query.columns}
        columns = {name: own[name].cast(kind) if name in own else ibis.null(kind) for name, kind in kinds.items()}
        stacked.append(query.select(ibis.literal(part, "string").name(_PART), **columns))
    return ibis.union(*stacked) if len(stacked) > 1 else stacked[0]


def split_queries(stacked: ibis.Table, queries: Mapping[str, ibis.Table]) -> dict[str, ibis.Table]:
    """The `queries` again, by name, but on a table that holds the result of `stack_queries`."""
    return {
        part: rows.select(**{column: rows[f"{part}__{column}"] for column in query.columns})
        for part, query in queries.items()
        for rows in [stacked.filter(stacked[_PART] == part)]
    }


def fetch_tables(source: SalesSource, queries: Mapping[str, ibis.Table]) -> dict[str, pa.Table]:
    """The results of several queries, with one statement.

    Raises:
        SourceError: as in `SalesSource.fetch`.
    """
    fetched = source.fetch(stack_queries(queries).order_by(_PART))
    results = {}
    for part, query in queries.items():
        rows = fetched.filter(pc.field(_PART) == part).select([f"{part}__{column}" for column in query.columns])
        results[part] = rows.rename_columns(list(query.columns))
    return results
