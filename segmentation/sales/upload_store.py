"""Uploaded files: each in a private directory with an unguessable name, deleted when its session ends.

The URI of an upload is `upload:TOKEN/NAME`. The token gives access and is known only to the session; the name is for
display. Saved and shown values contain only the name: see `segmentation.settings.redact_upload_token`.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
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
"""Memory limit of one file; a file that needs more is refused."""
_CHUNK = 1 << 20
_CONFIG = CONFIG | {
    "memory_limit": MEMORY_LIMIT,
    "temp_directory": "",
}  # no spilling: nothing of an upload is written elsewhere
STOP_SECONDS = 2.0
"""How long a removal waits for queries to end; the memory of a slower one is freed when it ends."""
_guard = threading.RLock()
_uploads: dict[str, _Upload] = {}
"""Token -> upload, registered before its first byte is written."""
_undeleted: set[Path] = set()
"""Directories that could not be deleted; `delete_remains` retries."""


class UploadSource(FileSource):
    """The uploaded file of one session."""

    def __init__(
        self,
        path: Path,
        name: str,
        digest: str,
        size: int,
        notices: Sequence[str] = (),
        work: RunningWork | None = None,
    ) -> None:
        self.uri = f"{UPLOAD}{path.stem}/{name}"
        self.size = size
        self.derived: dict[Any, Any] = {}
        """Cached results of the file, deleted with it."""
        self._digest = digest
        self.queries = QueryCache()  # queries contain column names and categories of the file
        super().__init__(path, name=name, notices=notices, folder=path.parent, config=_CONFIG, work=work)
        table = self.table()
        self.lines = int(self.fetch(table.aggregate(lines=table.count())).to_pylist()[0]["lines"])
        """Without the header."""

    def version(self) -> str:
        """SHA-256 of the file."""
        if self._work.closed or not self._path.exists():
            raise _upload_missing_error(self.name)
        return self._digest

    def free(self) -> None:
        """Free the memory of the file; no query may be running."""
        self.derived.clear()
        self.queries.clear()
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded[1].close()


@dataclass
class _Upload:
    """The state of one upload."""

    folder: Path
    work: RunningWork = field(default_factory=RunningWork)
    source: UploadSource | None = None
    """None while the file is being read."""

    def delete(self) -> None:
        """Refuse new queries and delete the file with all copies; never raises or waits."""
        self.work.refuse()
        _delete(self.folder)

    def free(self) -> None:
        if self.source is not None:
            self.source.free()


def create_token() -> str:
    """Create the secret part of the URI of a future upload."""
    return secrets.token_urlsafe(24)


def store_upload(
    data: bytes | memoryview, name: str, token: str | None = None, is_cancelled: Callable[[], bool] = never_cancelled
) -> UploadSource:
    """Store an uploaded file and open it.

    Only a subprocess parses the untrusted file; this process stores and reads what the subprocess wrote.

    Args:
        data: content of the file.
        name: file name, untrusted.
        token: from `create_token`, so that `remove_upload(token)` works during decoding; None: a new one.
        is_cancelled: polled during decoding; True stops it.

    Raises:
        SourceError: the file is not a table, or too large; nothing of it is kept.
        ColumnError: it has no header.
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
        decoded = decode_upload(work / "upload", path, name, MAX_LINES, lambda: upload.work.closed or is_cancelled())
        shutil.rmtree(work, ignore_errors=True)
        _check_line_limit(name, decoded.rows)
        if not decoded.rows:
            raise SourceError(f"{name!r} has no lines below its header.", hint="Export it again.")
        source = upload.source = UploadSource(path, name, digest, len(data), decoded.notices, upload.work)
        if upload.work.closed:  # removed during decoding
            raise source_removed(name)
    except BaseException as error:
        was_removed = upload.work.closed
        remove_upload(token)
        upload.delete()  # again: files may have been written after the removal
        upload.free()
        if was_removed and isinstance(error, Exception):
            raise source_removed(name) from error
        raise
    return source


def get_upload(uri: str) -> UploadSource:
    """Return the upload of a URI.

    Raises:
        SourceError: it does not exist (any more), or the URI has no token.
    """
    token, slash, name = uri.removeprefix(UPLOAD).partition("/")
    with _guard:
        upload = _uploads.get(token)
    if upload is None or upload.source is None:
        raise _upload_missing_error(name if slash else token)  # saved runs contain only the name
    return upload.source


def get_token(uri: str) -> str:
    """The token of a URI; a token is returned as it is."""
    return uri.removeprefix(UPLOAD).partition("/")[0]


def remove_upload(uri: str, seconds: float = STOP_SECONDS) -> None:
    """Delete an upload with everything derived from it; does nothing if it does not exist.

    The file is deleted first. Queries on it are stopped and fail with a SourceError that says that it was removed.

    Args:
        uri: URI or token of the upload.
        seconds: how long to wait for its queries to end.
    """
    with _guard:
        upload = _uploads.pop(get_token(uri), None)
    if upload is not None:
        upload.delete()
        upload.work.stop(seconds, upload.free)


def delete_all() -> None:
    """Delete all files at once, without freeing memory."""
    with _guard:
        uploads = list(_uploads.values())
    for upload in uploads:
        upload.delete()


def remove_all_uploads() -> None:
    """Delete all uploads and the working directory at exit; all files are deleted before waiting for queries."""
    with _guard:
        uploads = list(_uploads.values())
        _uploads.clear()
    for upload in uploads:
        upload.delete()
    workdir.cleanup()
    for upload in uploads:  # last, because it may take a while
        with suppress(Exception):  # continue with the others
            upload.work.stop(STOP_SECONDS / len(uploads), upload.free)


def delete_remains() -> None:
    """Retry to delete directories that could not be deleted."""
    for folder in list(_undeleted):
        _delete(folder)


def _delete(folder: Path) -> None:
    for _ in range(3):  # another thread may be writing a copy into it
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
    atexit.register(
        remove_all_uploads
    )  # before the directory is deleted, which some systems refuse while a file is open


def clean_name(name: str) -> str:
    """Remove directories and unprintable characters from a file name, and shorten it.

    >>> clean_name("C:\\\\Users\\\\me\\\\Sales  2024.csv"), clean_name("../../etc/passwd"), clean_name(" \\x07 ")
    ('Sales 2024.csv', 'passwd', 'sales')
    """
    base = re.split(r"[/\\]", name)[-1]
    printable = " ".join("".join(char if char.isprintable() else " " for char in base).split())
    return (printable if len(printable) <= 80 else f"{printable[:60]}…{printable[-15:]}") or "sales"


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
    return SourceError(f"{name!r} cannot be stored here: {reason}.", hint="Contact your administrator.")


def _count_lines(data: memoryview) -> int:
    """An upper bound of the number of lines, without parsing."""
    feeds = returns = 0
    for start in range(0, len(data), _CHUNK):
        chunk = bytes(data[start : start + _CHUNK])
        feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
    return max(feeds, returns)


def _check_line_limit(name: str, lines: int) -> None:
    if lines > MAX_LINES:
        raise SourceError(
            f"{name!r} has {lines:,} lines; the limit is {MAX_LINES:,}.",
            hint="Remove earlier years, or ask your administrator to configure the sales as a source.",
        )


def _upload_missing_error(name: str) -> SourceError:
    return SourceError(
        f"The uploaded file {name!r} is no longer available.",
        hint="Upload it again, or specify another source.",
    )
