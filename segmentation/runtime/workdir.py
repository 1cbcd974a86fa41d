"""The private folder of this process: what must lie on disk for a while is in it, and goes with it.

Nobody else may look into it. It is locked for as long as the process lives, so that what one that was killed left
behind can be told from what a living one has.
"""

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

_PREFIX = "segments-room-"
_LOCK = "lock"
_ABANDONED = 24 * 3600
"""Seconds after which a folder that was never locked is nobody's."""
_guard = threading.RLock()
_process_dirs: list[tuple[Path, Any]] = []
"""The folder and its locked file, once there is one."""
_numbers = count(1)
_closed = threading.Event()
"""The process is about to end: no folder is made any more."""


def get_process_dir() -> Path:
    """The folder, made when it is first asked for."""
    with _guard:
        if not _process_dirs:
            if _closed.is_set():
                raise OSError("The process is about to end.")
            made = Path(tempfile.mkdtemp(prefix=_PREFIX))  # 0700
            lock = (made / "new").open("w")
            _try_lock(lock)
            (made / "new").rename(made / _LOCK)  # never seen without its lock
            _register_exit_cleanup()
            _process_dirs.append((made, lock))
        return _process_dirs[0][0]


def get_scratch_dir(path: Path | None = None) -> Path:
    """A folder in it, not made yet, always the same for `path`; None: one that nobody else has."""
    name = next(_numbers) if path is None else sha256(bytes(path)).hexdigest()[:16]
    return get_process_dir() / f"work-{name}"


def cleanup() -> None:
    """Delete the folder and what is in it."""
    with _guard:
        while _process_dirs:
            made, lock = _process_dirs.pop()
            lock.close()
            shutil.rmtree(made, ignore_errors=True)


def close_permanently() -> None:
    """Delete the folder and let nobody make another: the process is about to end."""
    _closed.set()
    cleanup()


def remove_stale() -> int:
    """Delete what processes that were killed have left behind; gives how many folders."""
    gone = 0
    mine = {made for made, _ in _process_dirs}
    for found in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if found not in mine and not found.is_symlink() and found.owner() == _current_user() and _is_stale(found):
                shutil.rmtree(found)
                gone += 1
    return gone


@cache
def _register_exit_cleanup() -> None:
    atexit.register(cleanup)


def _is_stale(found: Path) -> bool:
    """Whether nobody holds the lock of a folder any more."""
    lock = found / _LOCK
    if not lock.exists():
        return time.time() - found.stat().st_mtime > _ABANDONED
    with lock.open("r+") as file:
        return _try_lock(file)


def _try_lock(file: Any) -> bool:
    """Lock a file for as long as it is open; False where another process has it."""
    try:
        import fcntl
    except ImportError:  # Windows refuses to delete what another process has open
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _current_user() -> str:
    import getpass

    return getpass.getuser()
