"""Stages of the local server: folders of Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb

KINDS = {"BIGINT": "NUMBER(38,0)", "INTEGER": "NUMBER(38,0)", "DOUBLE": "REAL", "VARCHAR": "TEXT"}


def columns(bucket: Path, location: str) -> str:
    """A statement that lists the columns of the Parquet files in a stage, as INFER_SCHEMA does."""
    folder = "/".join(location.lstrip("@").replace('"', "").split("."))
    retained = (path for path in bucket.rglob("*") if path.is_file())
    files = next((path.parent / "*" for path in retained if str(path.parent).endswith(folder)), "")
    result = duckdb.connect().execute(f"describe select * from read_parquet('{files}')").fetchall()
    kinds = {name: KINDS.get(kind, "TIMESTAMP_NTZ" if "TIMESTAMP" in kind else kind) for name, kind, *_ in result}
    return " union all ".join(f"select '{name}' as COLUMN_NAME, '{kind}' as TYPE" for name, kind in kinds.items())
