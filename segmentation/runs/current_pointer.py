"""Which saved run is current: one symbolic link, models/current, replaced atomically by a rename.

If a file system has no symbolic links (Windows without developer mode, FAT), `current` is a small text file with the
run id, replaced the same way, and the artifacts are found in models/<run_id>/ only: copies of the four files in models/
could not change together, and a model with the segments of another run would be worse than none.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from segmentation.errors import RunError
from segmentation.runtime.atomic_files import create_working_dir, fsync_dir, open_fsynced, open_regular_file

CURRENT = "current"
POINTER_PREFIX = ".current-"
"""Prefix of the locked folder that holds the new link until it replaces the old one."""
_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
GENERATED_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
"""The form of the run ids that this program generates."""
_POINTER_BYTES = 1000  # far more than a run id: a foreign file is not read in full
_LINKS_UNSUPPORTED = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def is_run_id(text: str) -> bool:
    """Whether this can be a run id: only letters, digits, - and _, and not the name of the pointer itself."""
    return bool(_RUN_ID.fullmatch(text)) and text.lower() != CURRENT


def check_run_id(run_id: str) -> str:
    """Return the run id if it is valid: it can neither lead out of its folder nor make `current` point to itself.

    Raises:
        RunError: it is not a run ID.
    """
    if not is_run_id(run_id):
        raise RunError(f"{run_id[:80]!r} is not a run ID.", hint="A run ID looks like 20260101T120000Z-ab12cd34.")
    return run_id


def get_current_run_id(folder: Path) -> str | None:
    """The id of the current run of a folder of runs; None if no run is current.

    Raises:
        RunError: `current` does not name a run, or cannot be read.
    """
    pointer = folder / CURRENT
    try:
        if pointer.is_symlink():
            return check_run_id(os.fspath(pointer.readlink()))
        if not os.path.lexists(pointer):
            return None
        with open_regular_file(pointer) as file:
            return check_run_id(file.read(_POINTER_BYTES).decode("utf-8", errors="replace").strip())
    except IsADirectoryError:
        return None
    except OSError as error:
        raise RunError(f"{folder} cannot be read.", hint="Check its permissions.") from error


def check_no_conflict(folder: Path, names: Sequence[str]) -> None:
    """Check that `current` and the artifact names in a folder are free, or are links written by this module.

    Raises:
        RunError: another file has one of these names.
    """
    for name in names:
        link = folder / name
        if os.path.lexists(link) and not _points_to_current(link):
            _raise_conflict(link)
    pointer = folder / CURRENT
    if pointer.is_dir() and not pointer.is_symlink():
        _raise_conflict(pointer)
    if os.path.lexists(pointer):
        try:
            get_current_run_id(folder)
        except RunError:
            _raise_conflict(pointer)


def set_current(folder: Path, run_id: str, names: Sequence[str]) -> None:
    """Make a saved run the current one. Nothing changes before the last step, one rename."""
    with create_working_dir(folder / f"{POINTER_PREFIX}{secrets.token_hex(4)}") as working_dir:
        pointer = working_dir / CURRENT
        if _create_link(pointer, check_run_id(run_id)):  # the target of a link is text: moving the link keeps it
            for name in names:
                if not os.path.lexists(folder / name):
                    _create_link(folder / name, f"{CURRENT}/{name}")
        else:
            with open_fsynced(pointer) as handle:
                handle.write(f"{run_id}\n".encode())
        fsync_dir(folder)
        pointer.replace(folder / CURRENT)
    fsync_dir(folder)


def _create_link(link: Path, target: str) -> bool:
    """Create a symbolic link; False if this file system or operating system has none."""
    try:
        link.symlink_to(target)
    except FileExistsError:
        if not _points_to_current(link):  # another process may have created the same link first
            raise
    except OSError as error:
        if os.name == "nt" or error.errno in _LINKS_UNSUPPORTED:
            return False
        raise
    return True


def _points_to_current(link: Path) -> bool:
    return link.is_symlink() and link.readlink() == Path(CURRENT, link.name)


def _raise_conflict(path: Path) -> None:
    raise RunError(
        f"{path} already exists and is not a link created by this program.",
        hint="Move it elsewhere, or save to another folder.",
    )
