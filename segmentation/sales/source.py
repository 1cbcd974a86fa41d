"""A place where sold lines live, and how one is opened from its name.

A source answers queries; it never hands over its lines. The queries are unbound Ibis expressions, compiled for the
engine of the source, so that one expression says what a feature is, whichever engine computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import ibis
import pyarrow as pa

from segmentation.errors import SourceError
from segmentation.settings import UPLOAD

# A step of a query stays a step. Fused, an expression that later steps use many times is written out, planned and
# computed many times: reading text alone made half a megabyte of SQL.
ibis.options.sql.fuse_selects = False

REMOTE_SCHEMES = {
    "http",
    "https",
    "ftp",
    "ftps",
    "sftp",
    "s3",
    "s3a",
    "s3n",
    "gs",
    "gcs",
    "r2",
    "az",
    "azure",
    "abfs",
    "abfss",
    "wasb",
    "wasbs",
    "adl",
    "hf",
    "hdfs",
    "file",
}
"""Schemes refused by name also when written without slashes, which a check for `://` would miss."""
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


def open_source(uri: str) -> SalesSource:
    """Open the source that `uri` names.

    That is `demo:...`, `duckdb:///file?table=...`, `snowflake:...`, `upload:...` of a visitor, or the path of a file.

    Raises:
        SourceError: there is no such source, or it cannot be opened.
    """
    from segmentation.sales import duckdb, files, upload_store
    from segmentation.sales.demo import sources

    if not uri.strip():
        raise SourceError("No source is named.", hint="Name a file, or demo:complete-journey.")
    if uri.startswith("demo:"):
        return sources.open_demo(uri.removeprefix("demo:"))
    if uri.startswith("duckdb:"):
        parts = urlsplit(uri)
        table = parse_qs(parts.query).get("table", ["fct_sales"])[0]
        return duckdb.DatabaseSource(Path(parts.path.removeprefix("/") if parts.netloc else parts.path), table)
    if uri.startswith(UPLOAD):
        return upload_store.get_upload(uri)
    if uri.startswith("snowflake:"):
        from segmentation.sales import snowflake

        return snowflake.open_snowflake(uri)
    scheme, separator, _ = uri.partition(":")
    if "://" in uri or scheme.lower() in REMOTE_SCHEMES:  # never opened, even where a folder has such a name
        raise SourceError(
            f"Sales are not read from remote addresses ({scheme.strip()[:20]}:).",
            hint="Download the file and name its path, or use snowflake: for a warehouse.",
        )
    if separator and len(scheme) > 1 and not Path(uri).exists():  # one letter is a Windows drive
        raise SourceError(
            f"There is no kind of source called {scheme!r}.",
            hint="Name a .parquet or .csv file, duckdb:///path/file.duckdb?table=fct_sales, snowflake:, "
            "or demo:complete-journey.",
        )
    return files.FileSource(Path(uri))
