"""Atomic file writes: a file is complete or absent. It is written next to its target, flushed, then renamed.

Unfinished work lies in folders that are locked while their process lives (`create_working_dir`), so what a killed
process left behind can be distinguished from what is in use, and is removed by the next process that writes there.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import IO

from segmentation.errors import SettingsError
from segmentation.runtime.disk_space import describe_write_error

WRITING_PREFIX = ".segments-writing-"
"""Prefix of the folder that holds a file until it is complete."""

LEFTOVER_AGE = 3600.0
"""Seconds after which unfinished work counts as abandoned where the file system has no locks: a save takes seconds."""

LOCK_GRACE = 2.0
"""Seconds that a process has to lock a folder after creating it."""


@contextmanager
def open_fsynced(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file for writing, and fsync it on exit. Refuses to overwrite."""
    with path.open("xb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())


def open_regular_file(path: Path) -> BufferedReader:
    """Open a regular file for reading; a symbolic link or a pipe, which might never end, is refused.

    Raises:
        OSError: it is anything else, or cannot be read.
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
    """Flush the entries of a folder (files created or renamed in it) to disk."""
    if os.name == "nt":  # Windows cannot open a folder; its renames are journaled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def resolve_output_path(path: Path) -> Path:
    """Resolve the path of a file to be written, so that a bad path fails before a long computation.

    Raises:
        SettingsError: the folder does not exist, or the path is not one of a regular file.
    """
    is_device = path.absolute().is_relative_to("/dev") or path.absolute().is_relative_to("/proc")
    path = path.resolve()
    if not path.parent.is_dir():
        raise SettingsError(f"There is no folder {path.parent}.", hint="Create it first, or choose another path.")
    if is_device or (path.exists() and not path.is_file()):
        raise SettingsError(f"{path} is not a file that can be replaced.", hint="Specify a file name.")
    return path


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name, or replaces the previous one, only once it is complete.

    Raises:
        SettingsError: as in `resolve_output_path`, or the file cannot be written; the previous one is unchanged.
    """
    path = resolve_output_path(path)
    try:
        with suppress(OSError):  # a folder that may be written to but not listed
            remove_stale_temp(path.parent, (WRITING_PREFIX,))
        with create_working_dir(path.with_name(f"{WRITING_PREFIX}{secrets.token_hex(4)}")) as folder:
            with open_fsynced(folder / path.name) as handle:
                yield handle
            (folder / path.name).replace(path)
    except OSError as error:
        why = describe_write_error(error)
        raise SettingsError(
            f"{path.name} could not be written: {why}.", hint="The previous file is unchanged."
        ) from error
    fsync_dir(path.parent)


def create_output_folder(path: Path) -> None:
    """Create a folder for output, with its parents, unless it exists.

    Raises:
        SettingsError: it cannot be created, or is a file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {path} cannot be created.", hint="Choose another one.") from error


def hash_file(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as handle:
        return file_digest(handle, "sha256").hexdigest()


@contextmanager
def create_working_dir(path: Path) -> Iterator[Path]:
    """Create a folder, locked while this process works in it, and removed on exit unless it was renamed.

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
    """Hold the lock of a folder; waits for another process that holds it.

    A no-op on Windows and on file systems without locks.

    Raises:
        OSError: there is no such folder, or it was moved away while waiting.
    """
    if os.name == "nt":
        yield
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle, wait=True)
        if not os.path.samestat(os.fstat(handle), path.stat()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        yield
    finally:
        os.close(handle)


def _lock(handle: int, *, wait: bool) -> bool | None:
    """Lock an open folder; False where another process has the lock, None where this file system has no locks."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_stale_temp(folder: Path, prefixes: tuple[str, ...]) -> None:
    """Remove unfinished work of killed processes: entries with these prefixes that no living process has locked.

    What cannot be locked (files, and every folder on systems without locks) is removed after LEFTOVER_AGE.
    """
    for entry in folder.iterdir():
        if not entry.name.startswith(prefixes):
            continue
        try:
            is_folder = entry.is_dir() and not entry.is_symlink()
            if not is_folder and _compute_age(entry) >= LEFTOVER_AGE:
                entry.unlink()
            elif is_folder:
                _remove_stale_dir(entry)
        except OSError:  # another process removed it first, or it belongs to another user: harmless
            continue


def _remove_stale_dir(path: Path) -> None:
    age = _compute_age(path)
    if os.name == "nt":
        if age >= LEFTOVER_AGE:
            shutil.rmtree(path)
        return
    if age < LOCK_GRACE:
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        is_locked = _lock(handle, wait=False)
        if is_locked or (is_locked is None and age >= LEFTOVER_AGE):
            shutil.rmtree(path)  # under the lock: its owner, if it was only slow to lock it, finds it gone
    finally:
        os.close(handle)


def _compute_age(path: Path) -> float:
    """Seconds since the last change of an entry; of a link its own, not that of its target."""
    return time.time() - path.lstat().st_mtime
