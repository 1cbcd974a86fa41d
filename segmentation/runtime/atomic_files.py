"""Files that are either whole or not there: written beside, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import IO

from segmentation.errors import SettingsError
from segmentation.runtime.disk_space import describe_write_error

LEFTOVER_AGE = 3600.0
"""Seconds after which unfinished work of an earlier process counts as abandoned: a save takes seconds."""

LOCK_GRACE = 2.0
"""Seconds that a new folder has to be locked by the process that made it."""


@contextmanager
def open_fsynced(path: Path) -> Iterator[IO[bytes]]:
    """A new file, open for writing; on leaving, its bytes are on the disk. Refuses to overwrite."""
    with path.open("xb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())


def open_regular_file(path: Path) -> BufferedReader:
    """A file, open for reading, that is a file of its own: no link to one elsewhere, no pipe that would never end.

    Raises OSError where it is anything else, or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        code = errno.EISDIR if stat.S_ISDIR(kind) else errno.EINVAL
        raise OSError(code, os.strerror(code))
    return os.fdopen(handle, "rb")


def fsync_dir(folder: Path) -> None:
    """Put the names in a folder (what was created or renamed there) on the disk."""
    if os.name == "nt":  # Windows cannot open a folder; its renames are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def resolve_output_path(path: Path) -> Path:
    """The place of a file to be written, links followed, so that a long computation does not end in nowhere.

    Raises SettingsError where the folder is not there or the name is not that of a file.
    """
    is_device = path.absolute().is_relative_to("/dev") or path.absolute().is_relative_to("/proc")
    path = path.resolve()
    if not path.parent.is_dir():
        raise SettingsError(f"There is no folder {path.parent}.", hint="Make it first, or choose another place.")
    if is_device or (path.exists() and not path.is_file()):
        raise SettingsError(f"{path} is not a file that can be replaced.", hint="Give the name of a file.")
    return path


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name, or takes the place of the old one, only once it is complete.

    Raises SettingsError, with what was there before untouched; see `resolve_output_path`.
    """
    path = resolve_output_path(path)
    beside = path.with_name(f".{path.name[:100]}-{secrets.token_hex(4)}")
    try:
        with open_fsynced(beside) as handle:
            yield handle
        beside.replace(path)
    except OSError as error:
        why = describe_write_error(error)
        raise SettingsError(f"{path.name} could not be written: {why}.", hint="Nothing was changed there.") from error
    finally:
        beside.unlink(missing_ok=True)
    fsync_dir(path.parent)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal text."""
    with path.open("rb") as handle:
        return file_digest(handle, "sha256").hexdigest()


@contextmanager
def create_working_dir(path: Path) -> Iterator[Path]:
    """A new folder, locked for as long as this process works in it, and removed on leaving unless it was renamed.

    The lock is on the folder itself: it survives a rename, and ends with the process, however that ends.
    """
    path.mkdir()
    try:
        with hold_directory_lock(path):
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def hold_directory_lock(path: Path) -> Iterator[None]:
    """Keep a folder from `remove_stale_temp` of other processes, where the system has such locks."""
    if os.name == "nt":
        yield
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool | None:
    """Lock an open folder; False where another process has the lock, None where this file system has no locks."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_stale_temp(folder: Path, prefixes: tuple[str, ...]) -> None:
    """Remove what killed processes left unfinished: entries with our prefixes that no living process has locked.

    What cannot be locked (links, and every folder on systems without locks) is removed after LEFTOVER_AGE.
    """
    for entry in folder.iterdir():
        if not entry.name.startswith(prefixes):
            continue
        try:
            is_folder = entry.is_dir() and not entry.is_symlink()
            if not _is_abandoned(entry, is_folder):
                continue
            if is_folder:
                shutil.rmtree(entry)
            else:
                entry.unlink()
        except OSError:  # another process is quicker, or it is not ours to remove: it harms nobody
            continue


def _is_abandoned(entry: Path, is_folder: bool) -> bool:
    age = time.time() - entry.lstat().st_mtime
    if age >= LEFTOVER_AGE and (not is_folder or os.name == "nt"):
        return True
    if not is_folder or os.name == "nt" or age < LOCK_GRACE:
        return False
    handle = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        is_free = _lock(handle)
    finally:
        os.close(handle)
    return age >= LEFTOVER_AGE if is_free is None else is_free
