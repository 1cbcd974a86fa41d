"""Files that visitors hand over: each in a private folder under a name nobody can guess, gone as soon as it is let go.

The address of one is `upload:TOKEN/NAME`. The token opens it and is known to its visitor's session alone; the name is
what people call it. What is saved or shown holds the name only: see `segmentation.settings.shareable`.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import threading
from functools import cache
from pathlib import Path
from typing import Any

from segmentation.errors import SourceError
from segmentation.sales import room
from segmentation.sales.dialect import MOST_COLUMNS
from segmentation.sales.duckdb import CONFIG
from segmentation.sales.files import FileSource
from segmentation.sales.query_cache import QueryCache
from segmentation.settings import UPLOAD

MOST_LINES = 10_000_000
MEMORY = "2GB"
"""What reading one file may take; above, it is refused with a sentence."""
_CHUNK = 1 << 20
_CONFIG = CONFIG | {"memory_limit": MEMORY, "temp_directory": ""}  # nothing of the file is written elsewhere
_guard = threading.RLock()
_opened: dict[str, UploadSource] = {}


class UploadSource(FileSource):
    """One visitor's file."""

    def __init__(self, path: Path, name: str, digest: str) -> None:
        self.uri = f"{UPLOAD}{path.stem}/{name}"
        self.size = path.stat().st_size
        self.made: dict[Any, Any] = {}
        """What was worked out from the file; it goes with it."""
        self._digest = digest
        self.queries = QueryCache()  # column names and categories of the file are part of its queries
        super().__init__(path, name=name, folder=path.parent, config=_CONFIG)
        table = self.table()
        self.lines = int(self.fetch(table.aggregate(lines=table.count())).to_pylist()[0]["lines"])
        """Without the one that names the columns."""

    def version(self) -> str:
        """The SHA-256 of what the file holds."""
        if not self._path.exists():
            raise _gone(self.name)
        return self._digest

    def close(self) -> None:
        """Give up all that is held of the file."""
        self.made.clear()
        self.queries.clear()
        with self._lock:
            self._path.unlink(missing_ok=True)
            if self._loaded is not None:
                self._loaded[1].close()
                self._loaded = None


def keep(data: bytes | memoryview, name: str) -> UploadSource:
    """Take a file over, and open it.

    Args:
        data: what it holds.
        name: what its owner calls it; anything.

    Raises:
        SourceError: it is no table, or too large; nothing of it stays.
        ColumnError: its first line does not name the columns.
    """
    name, data = clean_name(name), memoryview(data)
    if not data:
        raise SourceError(f"The file {name!r} is empty.", hint="Export it again and check its size.")
    is_parquet = bytes(data[:4]) == b"PAR1"
    if not is_parquet:
        _refuse_lines(name, _lines(data))
    path = room.folder() / f"{secrets.token_urlsafe(24)}{'.parquet' if is_parquet else '.csv'}"
    try:
        digest = _write(data, path, name)
        if is_parquet:
            _refuse_large_parquet(path, name)
        source = UploadSource(path, name, digest)
        if not source.lines:
            source.close()
            raise SourceError(f"{name!r} holds no lines below the names of its columns.", hint="Export it again.")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    with _guard:
        _opened[path.stem] = source
    _removed_at_exit()
    return source


def opened(uri: str) -> UploadSource:
    """The file of an address.

    Raises:
        SourceError: it is not here (any more), or the address does not say the token.
    """
    token, _, name = uri.removeprefix(UPLOAD).rpartition("/")
    with _guard:
        source = _opened.get(token)
    if source is None:
        raise _gone(name)
    return source


def remove(uri: str) -> None:
    """Delete a file and all that is held of it; nothing happens where it is gone."""
    with _guard:
        source = _opened.pop(uri.removeprefix(UPLOAD).rpartition("/")[0], None)
    if source is not None:
        source.close()


def remove_all() -> None:
    """Delete every file, and the room: at the end of the process."""
    with _guard:
        for source in list(_opened.values()):
            remove(source.uri)
    room.leave()


@cache
def _removed_at_exit() -> None:
    atexit.register(remove_all)  # before the room is left, which some systems refuse while a file is open


def clean_name(name: str) -> str:
    """A file's name without folders and without signs that cannot be seen, not too long.

    >>> clean_name("C:\\\\Users\\\\me\\\\Sales  2024.csv"), clean_name("../../etc/passwd"), clean_name(" \\x07 ")
    ('Sales 2024.csv', 'passwd', 'sales')
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = " ".join("".join(sign if sign.isprintable() else " " for sign in last).split())
    return (seen if len(seen) <= 80 else f"{seen[:60]}…{seen[-15:]}") or "sales"


def _write(data: memoryview, path: Path, name: str) -> str:
    digest = hashlib.sha256(data).hexdigest()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise SourceError(f"There is no room here for {name!r}.", hint="Tell whoever runs this page.") from error
    return digest


def _lines(data: memoryview) -> int:
    """At most so many lines, counted without reading them as a table."""
    feeds = returns = 0
    for start in range(0, len(data), _CHUNK):
        chunk = bytes(data[start : start + _CHUNK])
        feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
    return max(feeds, returns)


def _refuse_lines(name: str, lines: int) -> None:
    if lines > MOST_LINES:
        raise SourceError(
            f"{name!r} has {lines:,} lines; at most {MOST_LINES:,} are read here.",
            hint="Leave out earlier years, or ask whoever runs this page to offer the sales as a source.",
        )


def _refuse_large_parquet(path: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        said = pa.parquet.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{name!r} is not a readable Parquet file.", hint="Export it again; a part may be missing."
        ) from error
    _refuse_lines(name, said.num_rows)
    if said.num_columns > MOST_COLUMNS:
        raise SourceError(f"{name!r} has {said.num_columns:,} columns.", hint=f"At most {MOST_COLUMNS} are read.")


def _gone(name: str) -> SourceError:
    return SourceError(
        f"The file {name!r} was handed over in one visit, and is not here any more.",
        hint="Upload it again, or name another file.",
    )
