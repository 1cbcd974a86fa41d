"""How inner loops are compiled, and the shape of data they take.

Data are (d, n): one contiguous row per feature, so that loops over customers run in the processor's vector units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

MIN_FEATURES = 4
"""Data have at least so many features; fewer are filled up with rows of zeros."""
_REORDER = {"reassoc", "contract", "nsz", "arcp"}  # sums in any order, so that they run in vector units; inf stays inf


def invalidate_stale_cache(folder: Path) -> None:
    """Drop what was compiled from other source than is in `folder` now.

    Numba looks at the file of a function only, and not at those of the functions that it has taken in.
    """
    every = [path.read_bytes() for path in sorted(folder.glob("*.py"))]
    source = hashlib.sha256(b"".join(text for text in every if b"compiled" in text)).hexdigest()
    kept = folder / "__pycache__"
    stamp = kept / "compiled_from.txt"
    try:
        if stamp.exists() and stamp.read_text() == source:
            return
        for path in kept.glob("*.nb[ic]"):
            path.unlink(missing_ok=True)
        kept.mkdir(exist_ok=True)
        stamp.write_text(source)
    except OSError:  # a folder that cannot be written holds nothing that was compiled
        return


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile for this processor, to run without Python's lock.

    The compiled code is kept for the next start beside the source, or in the user's cache folder where that cannot be
    written; where neither can be, it is compiled at every start.
    """
    made: Callable[..., Any]
    try:
        made = numba.njit(nogil=True, cache=True, fastmath=_REORDER)(function)
    except RuntimeError:
        made = numba.njit(nogil=True, fastmath=_REORDER)(function)
    return made


def pad_features(columns: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(d, n) with rows of zeros added up to AT_LEAST_WIDE, which change no distance; no copy where none is needed.

    >>> pad_features(np.ones((1, 2))).tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    missing = MIN_FEATURES - len(columns)
    if missing <= 0:
        return columns
    return np.concatenate([columns, np.zeros((missing, columns.shape[1]), columns.dtype)])


invalidate_stale_cache(Path(__file__).parent)
