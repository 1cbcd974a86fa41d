"""The subprocess that decodes one upload: it rewrites an untrusted file as a plain Parquet file, within limits.

`segmentation.sales.upload_decoding` starts it. It reads one line of JSON from standard input and writes one to standard
output. It exits at once when standard input is closed, because then its parent has died or no longer waits.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from segmentation.errors import SegmentationError, SourceError
from segmentation.sales.complete_view import create_complete_view
from segmentation.sales.csv_parsing import PARSED_LINES, parse_csv
from segmentation.sales.file_kinds import check_archive_size, is_packed, is_parquet, is_spreadsheet, unpack
from segmentation.sales.file_parsing import (
    MAX_DECODED_BYTES,
    SALES_TABLE,
    Config,
    build_out_of_memory_error,
    check_decoded_size,
    connect_sandboxed,
    open_parquet,
    quote_literal,
    to_source_error,
)
from segmentation.sales.spreadsheets import convert_to_csv
from segmentation.sales.upload_decoding import DecodedFile

_THREADS = 1
"""With more threads, DuckDB buffers row groups that are ahead of others; files with many small ones then need too much
memory."""
_OVERHEAD = 400 << 20
"""Bytes of address space that Python and its libraries need before any data is read."""


def decode(path: Path, out: Path, name: str, memory: int, max_rows: int) -> DecodedFile:
    """Rewrite a file of any supported kind as a Parquet file of flat columns.

    Args:
        path: the untrusted file.
        out: the file to write; temporary files are written beside it.
        name: its display name, for errors.
        memory: memory limit of DuckDB in bytes.
        max_rows: a Parquet file with more rows is not rewritten.

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
    with TemporaryDirectory(dir=out.parent) as scratch:
        table, notices = _find_table(path, name, Path(scratch))
        if not is_parquet(table):
            return _decode_text(table, out, name, config, Path(scratch), notices)
        connection = connect_sandboxed(config, table, out)
        open_parquet(connection, table, name)
        rows = _count_rows(connection)
        if rows <= max_rows:
            check_decoded_size(connection, name, MAX_DECODED_BYTES)
            rows = _write_table(connection, out, name)
        return DecodedFile(rows, notices)


def _find_table(path: Path, name: str, scratch: Path) -> tuple[Path, tuple[str, ...]]:
    """The text or Parquet file that holds the table, and notices."""
    if not is_packed(path):
        return path, ()
    table = unpack(path, name, scratch, MAX_DECODED_BYTES)
    if not is_spreadsheet(table):
        return table, ()
    check_archive_size(table, name, MAX_DECODED_BYTES)
    text = scratch / "table.csv"
    return text, convert_to_csv(table, name, text)


def _decode_text(
    path: Path, out: Path, name: str, config: Config, scratch: Path, notices: tuple[str, ...]
) -> DecodedFile:
    rewritten = scratch / "rewritten.parquet"

    def connect(text: Path) -> duckdb.DuckDBPyConnection:
        out.unlink(missing_ok=True)  # a failed attempt leaves a partial file, which DuckDB does not overwrite
        return connect_sandboxed(config, text, out, rewritten)

    parsed = parse_csv(path, name, connect, partial(_build_copy_statement, out=out), scratch)
    connection = parsed.connection
    connection.read_parquet(str(out)).create_view(PARSED_LINES)
    notices += create_complete_view(parsed)
    check_decoded_size(connection, name, MAX_DECODED_BYTES)
    if parsed.is_complete:
        return DecodedFile(_count_rows(connection), notices)
    rows = _write_table(connection, rewritten, name)
    rewritten.replace(out)
    return DecodedFile(rows, notices)


def _count_rows(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.table(SALES_TABLE).count("*").fetchall()[0][0])


def _build_copy_statement(query: str, out: Path) -> str:
    return f"copy ({query}) to {quote_literal(out)} (format parquet)"


def _write_table(connection: duckdb.DuckDBPyConnection, out: Path, name: str) -> int:
    try:
        return int(connection.execute(_build_copy_statement(f"select * from {SALES_TABLE}", out)).fetchall()[0][0])
    except duckdb.Error as error:
        raise to_source_error(name, str(error)) from error


def _limit_resources(memory: int, seconds: float) -> None:
    """Limit the memory and CPU time of this process; on systems without such limits, only those of DuckDB apply."""
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
        answer = asdict(decode(path, out, name, memory - _OVERHEAD, int(request["max_rows"])))
    except SegmentationError as error:
        answer = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    except (MemoryError, duckdb.Error, OSError) as error:
        shown = build_out_of_memory_error(name) if isinstance(error, MemoryError) else to_source_error(name, str(error))
        answer = {"error": SourceError.__name__, "message": shown.message, "hint": shown.hint}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to clean up, and destructors might run out of memory


if __name__ == "__main__":
    main()
