"""Files that visitors hand over: each in a private folder under a name nobody can guess, gone as soon as it is let go.

The address of one is `upload:TOKEN/NAME`. The token opens it and is known to its visitor's session alone; the name is
what people call it. What is saved or shown holds the name only: see `segmentation.settings.redact_upload_token`.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from segmentation.errors import SourceError
from segmentation.runtime import workdir
from segmentation.runtime.disk_space import describe_write_error
from segmentation.sales.duckdb import CONFIG, source_removed
from segmentation.sales.files import FileSource
from segmentation.sales.query_cache import QueryCache
from segmentation.sales.running_work import RunningWork
from segmentation.sales.upload_decoding import decode_upload, never_cancelled
from segmentation.settings import UPLOAD

MAX_LINES = 10_000_000
MEMORY_LIMIT = "2GB"
"""What reading one file may take; above, it is refused with a sentence."""
_CHUNK = 1 << 20
_CONFIG = CONFIG | {"memory_limit": MEMORY_LIMIT, "temp_directory": ""}  # nothing of the file is written elsewhere
STOP_SECONDS = 2.0
"""How long a removal waits for queries to end. The memory of a slower one is freed when it ends."""
_guard = threading.RLock()
_uploads: dict[str, _Upload] = {}
"""Token -> what is held of the file, from before its first byte is written."""
_undeleted: set[Path] = set()
"""Folders that the system would not delete; asked again by `delete_remains`."""


class UploadSource(FileSource):
    """One visitor's file."""

    def __init__(self, path: Path, name: str, digest: str, size: int, work: RunningWork | None = None) -> None:
        self.uri = f"{UPLOAD}{path.stem}/{name}"
        self.size = size
        self.derived: dict[Any, Any] = {}
        """What was worked out from the file; it goes with it."""
        self._digest = digest
        self.queries = QueryCache()  # column names and categories of the file are part of its queries
        super().__init__(path, name=name, folder=path.parent, config=_CONFIG, work=work)
        table = self.table()
        self.lines = int(self.fetch(table.aggregate(lines=table.count())).to_pylist()[0]["lines"])
        """Without the one that names the columns."""

    def version(self) -> str:
        """The SHA-256 of what the file holds."""
        if self._work.closed or not self._path.exists():
            raise _upload_missing_error(self.name)
        return self._digest

    def free(self) -> None:
        """Give up the memory that is held of the file; no query may be running."""
        self.derived.clear()
        self.queries.clear()
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded[1].close()


@dataclass
class _Upload:
    """What is held of one file."""

    folder: Path
    work: RunningWork = field(default_factory=RunningWork)
    source: UploadSource | None = None
    """None while the file is being read."""

    def delete(self) -> None:
        """Refuse new queries and delete the file with every copy; raises nothing, waits for nobody."""
        self.work.refuse()
        _delete(self.folder)

    def free(self) -> None:
        if self.source is not None:
            self.source.free()


def create_token() -> str:
    """The secret part of the address of an upload that is to come."""
    return secrets.token_urlsafe(24)


def store_upload(
    data: bytes | memoryview, name: str, token: str | None = None, is_cancelled: Callable[[], bool] = never_cancelled
) -> UploadSource:
    """Take a file over, and open it.

    Only a process of its own reads what the file holds; what is kept and read here is what that process wrote.

    Args:
        data: what it holds.
        name: what its owner calls it; anything.
        token: from `create_token`, so that `remove(token)` works while the file is still being read; None: a new one.
        is_cancelled: asked while the file is decoded; when it says yes, that ends.

    Raises:
        SourceError: it is no table, or too large; nothing of it stays.
        ColumnError: its first line does not name the columns.
    """
    name, data = clean_name(name), memoryview(data)
    if not data:
        raise SourceError(f"The file {name!r} is empty.", hint="Export it again and check its size.")
    if bytes(data[:4]) != b"PAR1":
        _check_line_limit(name, _count_lines(data))
    token = token or create_token()
    upload = _Upload(_get_upload_dir(name) / token)
    path, work = upload.folder / f"{token}.parquet", upload.folder / "work"
    _register_exit_cleanup()
    with _guard:
        _uploads[token] = upload
    try:
        digest = _write_file(data, work / "upload", name)
        rows = decode_upload(work / "upload", path, name, MAX_LINES, lambda: upload.work.closed or is_cancelled())
        shutil.rmtree(work, ignore_errors=True)
        _check_line_limit(name, rows)
        if not rows:
            raise SourceError(f"{name!r} holds no lines below the names of its columns.", hint="Export it again.")
        source = upload.source = UploadSource(path, name, digest, len(data), upload.work)
        if upload.work.closed:  # it was removed while it was being read
            raise source_removed(name)
    except BaseException as error:
        was_removed = upload.work.closed
        remove_upload(token)
        upload.delete()  # once more: it may have been written after its removal
        upload.free()
        if was_removed and isinstance(error, Exception):
            raise source_removed(name) from error
        raise
    return source


def get_upload(uri: str) -> UploadSource:
    """The file of an address.

    Raises:
        SourceError: it is not here (any more), or the address does not say the token.
    """
    token, slash, name = uri.removeprefix(UPLOAD).partition("/")
    with _guard:
        upload = _uploads.get(token)
    if upload is None or upload.source is None:
        raise _upload_missing_error(name if slash else token)  # a saved run says the name alone
    return upload.source


def get_token(uri: str) -> str:
    """The token in the address of a file; a token is its own."""
    return uri.removeprefix(UPLOAD).partition("/")[0]


def remove_upload(uri: str, seconds: float = STOP_SECONDS) -> None:
    """Delete a file and all that is held of it; nothing happens where it is gone.

    The file goes first. Queries on it are stopped, and fail with a SourceError that says that it was removed.

    Args:
        uri: the address of the file, or its token.
        seconds: wait at most so long for its queries to end.
    """
    with _guard:
        upload = _uploads.pop(get_token(uri), None)
    if upload is not None:
        upload.delete()
        upload.work.stop(seconds, upload.free)


def delete_all() -> None:
    """Delete every file at once; what is held in memory stays until each is removed."""
    with _guard:
        uploads = list(_uploads.values())
    for upload in uploads:
        upload.delete()


def remove_all_uploads() -> None:
    """Delete every file, and the room: at the end of the process. All files go before any query is waited for."""
    with _guard:
        uploads = list(_uploads.values())
        _uploads.clear()
    for upload in uploads:
        upload.delete()
    workdir.cleanup()
    for upload in uploads:  # only now: it may take a while
        with suppress(Exception):  # the others' memory is to be freed all the same
            upload.work.stop(STOP_SECONDS / len(uploads), upload.free)


def delete_remains() -> None:
    """Delete what the system would not delete before."""
    for folder in list(_undeleted):
        _delete(folder)


def _delete(folder: Path) -> None:
    for _ in range(3):  # somebody may just be writing a copy into it
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            _undeleted.discard(folder)
            return
    _undeleted.add(folder)


def _get_upload_dir(name: str) -> Path:
    try:
        return workdir.get_process_dir()
    except OSError as error:
        raise _storage_error(name, error) from error


@cache
def _register_exit_cleanup() -> None:
    atexit.register(remove_all_uploads)  # before the room is left, which some systems refuse while a file is open


def clean_name(name: str) -> str:
    """A file's name without folders and without signs that cannot be seen, not too long.

    >>> clean_name("C:\\\\Users\\\\me\\\\Sales  2024.csv"), clean_name("../../etc/passwd"), clean_name(" \\x07 ")
    ('Sales 2024.csv', 'passwd', 'sales')
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = " ".join("".join(sign if sign.isprintable() else " " for sign in last).split())
    return (seen if len(seen) <= 80 else f"{seen[:60]}…{seen[-15:]}") or "sales"


def _write_file(data: memoryview, path: Path, name: str) -> str:
    digest = hashlib.sha256(data).hexdigest()
    try:
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise _storage_error(name, error) from error
    return digest


def _storage_error(name: str, error: OSError) -> SourceError:
    reason = describe_write_error(error)
    return SourceError(f"{name!r} cannot be stored here: {reason}.", hint="Tell whoever runs this page.")


def _count_lines(data: memoryview) -> int:
    """At most so many lines, counted without reading them as a table."""
    feeds = returns = 0
    for start in range(0, len(data), _CHUNK):
        chunk = bytes(data[start : start + _CHUNK])
        feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
    return max(feeds, returns)


def _check_line_limit(name: str, lines: int) -> None:
    if lines > MAX_LINES:
        raise SourceError(
            f"{name!r} has {lines:,} lines; at most {MAX_LINES:,} are read here.",
            hint="Leave out earlier years, or ask whoever runs this page to offer the sales as a source.",
        )


def _upload_missing_error(name: str) -> SourceError:
    return SourceError(
        f"The file {name!r} was handed over in one visit, and is not here any more.",
        hint="Upload it again, or name another file.",
    )
