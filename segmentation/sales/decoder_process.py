"""The subprocess that decodes one upload: it rewrites an untrusted file as a plain Parquet file, within limits.

`segmentation.sales.upload_decoding` starts it. It reads one line of JSON from standard input and writes one to standard
output. It exits at once when standard input is closed, because then its parent has died or no longer waits.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from segmentation.errors import SegmentationError, SourceError
from segmentation.sales.csv_dialect import is_parquet
from segmentation.sales.file_parsing import (
    MAX_DECODED_BYTES,
    TABLE,
    Config,
    check_decoded_size,
    connect_sandboxed,
    open_parquet,
    out_of_memory_error,
    parse_csv,
    to_source_error,
)

_THREADS = 1
"""With more threads, DuckDB buffers row groups that are ahead of others; files with many small ones then need too much
memory."""
_OVERHEAD = 400 << 20
"""Bytes of address space that Python and its libraries need before any data is read."""


def decode(path: Path, out: Path, name: str, memory: int, max_rows: int) -> int:
    """Rewrite a CSV or Parquet file as a Parquet file of flat columns.

    Args:
        path: the untrusted file.
        out: the file to write.
        name: its display name, for errors.
        memory: memory limit of DuckDB in bytes.
        max_rows: a Parquet file with more rows is not rewritten.

    Returns:
        the number of rows.

    Raises:
        SourceError, ColumnError: it is not a table, or exceeds a limit.
    """
    config: Config = {
        "memory_limit": f"{max(memory >> 20, 16)}MiB",
        "threads": _THREADS,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "TimeZone": "UTC",
        "python_enable_replacements": False,
    }
    if is_parquet(path):
        connection = connect_sandboxed(config, path, out)
        open_parquet(connection, path, name)
        rows = _count(connection)
        if rows > max_rows:
            return rows
        check_decoded_size(connection, name, MAX_DECODED_BYTES)
        return _write(connection, f"select * from {TABLE}", out, name)

    def connect(text: Path) -> duckdb.DuckDBPyConnection:
        out.unlink(missing_ok=True)  # a failed attempt leaves a partial file, which DuckDB does not overwrite
        return connect_sandboxed(config, text, out, path)

    connection, dialect, broken = parse_csv(path, name, connect, partial(_copy_statement, out=out), path.parent)
    connection.read_parquet(str(out)).create_view(TABLE)
    check_decoded_size(connection, name, MAX_DECODED_BYTES)
    if not broken:
        return _count(connection)
    nulls = ", ".join(["null"] * len(dialect.names))
    path.unlink()  # reuse its path, the only other one that the sandbox may write to
    rows = _write(connection, f"select * from {TABLE} union all select {nulls} from range({broken})", path, name)
    path.replace(out)
    return rows


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.table(TABLE).count("*").fetchall()[0][0])


def _copy_statement(query: str, out: Path) -> str:
    return "copy ({}) to '{}' (format parquet)".format(query, str(out).replace("'", "''"))


def _write(connection: duckdb.DuckDBPyConnection, query: str, out: Path, name: str) -> int:
    try:
        return int(connection.execute(_copy_statement(query, out)).fetchall()[0][0])
    except duckdb.Error as error:
        raise to_source_error(name, str(error)) from error


def _limit_resources(memory: int, seconds: float) -> None:
    """Limit memory and CPU time of this process; on systems without such limits, only those of DuckDB apply."""
    os.umask(0o077)
    try:
        import resource
    except ImportError:
        return
    cpu = int(seconds) + 2
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS does not support all of them
            continue


def _exit_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """Decode the file of the request on standard input."""
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    memory, name = int(request["memory"]), str(request["name"])
    _limit_resources(memory, float(request["seconds"]))
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    answer: dict[str, Any]
    try:
        path, out = Path(request["path"]), Path(request["out"])
        answer = {"rows": decode(path, out, name, memory - _OVERHEAD, int(request["most_rows"]))}
    except SegmentationError as error:
        answer = {"error": type(error).__name__, "sentence": error.message, "hint": error.hint}
    except (MemoryError, duckdb.Error, OSError) as error:
        shown = out_of_memory_error(name) if isinstance(error, MemoryError) else to_source_error(name, str(error))
        answer = {"error": SourceError.__name__, "sentence": shown.message, "hint": shown.hint}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to clean up, and destructors might run out of memory


if __name__ == "__main__":
    main()
