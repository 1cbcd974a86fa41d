"""Open a sales source from its URI."""

from __future__ import annotations

import glob
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from segmentation.errors import SourceError
from segmentation.sales.source import SalesSource
from segmentation.settings import UPLOAD

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
"""Refused even without slashes, which a check for `://` would miss."""


def open_source(uri: str) -> SalesSource:
    """Open a source: `demo:...`, `duckdb:///file?table=...`, `snowflake:...`, `upload:...`, the path of a file, or a
    pattern for several files of one layout: exports/2024-*.csv.

    Raises:
        SourceError: there is no such source, or it cannot be opened.
    """
    from segmentation.sales import duckdb, files, upload_store
    from segmentation.sales.demo import sources

    if not uri.strip():
        raise SourceError("No source is specified.", hint="Specify a file, or demo:complete-journey.")
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
    if "://" in uri or scheme.lower() in REMOTE_SCHEMES:  # never opened, even if a directory has such a name
        raise SourceError(
            f"Sales are not read from remote addresses ({scheme.strip()[:20]}:).",
            hint="Download the file and specify its path, or use snowflake: for a warehouse.",
        )
    if separator and len(scheme) > 1 and not Path(uri).exists():  # one letter is a Windows drive
        raise SourceError(
            f"Unknown source type {scheme!r}.",
            hint="Use a file such as sales.csv, duckdb:///path/file.duckdb?table=fct_sales, snowflake:, "
            "or demo:complete-journey.",
        )
    if glob.has_magic(uri) and not Path(uri).exists():
        return files.FileSource(files.find_files(uri)[0], pattern=uri, name=Path(uri).name)
    return files.FileSource(Path(uri))
