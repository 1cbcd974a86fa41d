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

from segmentation.errors import SourceError
from segmentation.runtime import workdir
from segmentation.runtime.disk_space import describe_write_error
from segmentation.sales.duckdb import build_removed_error
from segmentation.sales.running_work import RunningWork
from segmentation.sales.upload_decoding import decode_upload, never_cancelled
from segmentation.sales.upload_source import UploadSource, build_missing_upload_error
from segmentation.settings import UPLOAD

MAX_LINES = 10_000_000
_CHUNK = 1 << 20
STOP_SECONDS = 2.0
"""How long a removal waits for queries to end; the memory of a slower one is freed when it ends."""
_guard = threading.RLock()
_uploads: dict[str, _Upload] = {}
"""Token -> upload, registered before its first byte is written."""
_undeleted: set[Path] = set()
"""Directories that could not be deleted; `delete_remains` retries."""


@dataclass
class _Upload:
    """The state of one upload."""

    folder: Path
    work: RunningWork = field(default_factory=RunningWork)
    source: UploadSource | None = None
    """None while the file is being read."""

    def delete(self) -> None:
        """Refuse new queries and delete the file with all copies; never raises, never waits."""
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
    """Store one uploaded file and open it: `store_uploads` with one file."""
    return store_uploads([(name, data)], token, is_cancelled)


def store_uploads(
    files: Sequence[tuple[str, bytes | memoryview]],
    token: str | None = None,
    is_cancelled: Callable[[], bool] = never_cancelled,
) -> UploadSource:
    """Store uploaded files of one layout and open them as one table.

    Only a subprocess parses the untrusted files; this process stores and reads what the subprocess wrote.

    Args:
        files: file names, untrusted, and content.
        token: from `create_token`, so that `remove_upload(token)` works during decoding; None: a new one.
        is_cancelled: polled during decoding; True stops it.

    Raises:
        SourceError: a file is not a table, is too large, or has another layout; nothing is kept.
        ColumnError: a file has no header.
    """
    parts = [(clean_name(name), memoryview(data)) for name, data in files]
    for name, data in parts:
        if not data:
            raise SourceError(f"The file {name!r} is empty.", hint="Export it again and check its size.")
        if bytes(data[:4]) != b"PAR1":
            _check_line_limit(name, _count_lines(data))
    name = parts[0][0] if len(parts) == 1 else f"{parts[0][0]} and {len(parts) - 1} more"
    token = token or create_token()
    upload = _Upload(_get_upload_dir(name) / token)
    _register_exit_cleanup()
    with _guard:
        _uploads[token] = upload
    try:
        source = upload.source = _decode_parts(parts, upload, name, token, is_cancelled)
        if upload.work.closed:  # removed during decoding
            raise build_removed_error(name)
    except BaseException as error:
        was_removed = upload.work.closed
        remove_upload(token)
        upload.delete()  # again: files may have been written after the removal
        upload.free()
        if was_removed and isinstance(error, Exception):
            raise build_removed_error(name) from error
        raise
    return source


def _decode_parts(
    parts: Sequence[tuple[str, memoryview]],
    upload: _Upload,
    name: str,
    token: str,
    is_cancelled: Callable[[], bool],
) -> UploadSource:
    """Write each file, decode it, delete it, and open what was decoded."""
    work = upload.folder / "work"
    paths = [upload.folder / f"{token}{f'-{number}' if number else ''}.parquet" for number in range(len(parts))]
    digests: list[str] = []
    notices: list[str] = []
    rows = 0
    for (part, data), path in zip(parts, paths, strict=True):
        digests.append(_write_file(data, work / "upload", part))
        decoded = decode_upload(work / "upload", path, part, MAX_LINES, lambda: upload.work.closed or is_cancelled())
        shutil.rmtree(work, ignore_errors=True)
        if not decoded.rows:
            raise SourceError(f"{part!r} has no lines below its header.", hint="Export it again.")
        rows += decoded.rows
        notices += decoded.notices
        _check_line_limit(name, rows)
    digest = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return UploadSource(
        paths[0],
        name,
        digest,
        sum(len(data) for _, data in parts),
        others=paths[1:],
        part_names=[part for part, _ in parts],
        notices=notices,
        work=upload.work,
    )


def get_upload(uri: str) -> UploadSource:
    """Return the upload of a URI.

    Raises:
        SourceError: it does not exist, or no longer exists, or the URI has no token.
    """
    token, slash, name = uri.removeprefix(UPLOAD).partition("/")
    with _guard:
        upload = _uploads.get(token)
    if upload is None or upload.source is None:
        raise build_missing_upload_error(name if slash else token)  # saved runs contain only the name
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


def delete_all_files() -> None:
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
    """Retry deleting directories that could not be deleted."""
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
        raise _build_storage_error(name, error) from error


@cache
def _register_exit_cleanup() -> None:
    # Runs before the directory is deleted, which some systems refuse while a file is open.
    atexit.register(remove_all_uploads)


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
            folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise _build_storage_error(name, error) from error
    return digest


def _build_storage_error(name: str, error: OSError) -> SourceError:
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
