"""Private temporary directory of this process, removed at exit and locked so that stale ones can be detected."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

_PREFIX = "segments-work-"
_LOCK = "lock"
_ABANDONED = 24 * 3600
"""Seconds after which a folder without a lock file counts as stale."""
_MAX_ATTEMPTS = 100
"""Attempts to delete a folder to which other threads still write."""
_guard = threading.RLock()
_process_dirs: list[tuple[Path, Any]] = []
"""The folder and its open lock file, once created; at most one."""
_numbers = count(1)
_closed = threading.Event()
"""Set at shutdown: no folder is created any more."""


def get_process_dir() -> Path:
    """The folder of this process, created on first use with mode 0700.

    Raises:
        OSError: it cannot be created, or the process is shutting down.
    """
    with _guard:
        if not _process_dirs:
            if _closed.is_set():
                raise OSError("The process is about to end.")
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            lock = (folder / "new").open("w")
            _try_lock(lock)
            (folder / "new").rename(folder / _LOCK)  # the lock file is never visible unlocked
            _register_exit_cleanup()
            _process_dirs.append((folder, lock))
        return _process_dirs[0][0]


def get_scratch_dir(path: Path | None = None) -> Path:
    """A subfolder, not created yet: always the same one for `path`, a unique one for None."""
    name = next(_numbers) if path is None else sha256(bytes(path)).hexdigest()[:16]
    return get_process_dir() / f"work-{name}"


def cleanup() -> None:
    """Delete the folder with its contents."""
    with _guard:
        while _process_dirs:
            folder, lock = _process_dirs.pop()
            lock.close()
            # A file that a thread adds meanwhile keeps the folder from being deleted: under another name, threads no
            # longer find it, except for what they have begun.
            deleted = folder.with_name(f"{folder.name}-deleted")
            with suppress(OSError):
                folder = folder.rename(deleted)
            for _ in range(_MAX_ATTEMPTS):
                shutil.rmtree(folder, ignore_errors=True)
                if not folder.exists():
                    break


def close_permanently() -> None:
    """Delete the folder and refuse to create another: the process is shutting down."""
    _closed.set()
    cleanup()


def remove_stale() -> int:
    """Delete the folders of killed processes of this user, and return their number."""
    removed = 0
    current = {folder for folder, _ in _process_dirs}
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if (
                path not in current
                and not path.is_symlink()
                and path.owner() == _get_current_user()
                and _is_stale(path)
            ):
                shutil.rmtree(path)
                removed += 1
    return removed


@cache
def _register_exit_cleanup() -> None:
    atexit.register(cleanup)


def _is_stale(folder: Path) -> bool:
    """Whether no process holds the lock of a folder."""
    lock = folder / _LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime > _ABANDONED
    with lock.open("r+") as file:
        return _try_lock(file)


def _try_lock(file: Any) -> bool:
    """Lock a file for as long as it is open; False if another process holds the lock."""
    try:
        import fcntl
    except ImportError:  # Windows refuses to delete files that another process has open
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _get_current_user() -> str:
    import getpass

    return getpass.getuser()
