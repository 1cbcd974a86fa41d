"""JIT compilation of the inner loops, and the data layout they require.

Data are (d, n), feature-major: one contiguous row per feature, so that loops over customers are vectorized (SIMD).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

MIN_FEATURES = 4
"""Loops process the last four features in registers; data with fewer features are padded with zeros."""
# LLVM fast-math flags: reassociation lets sums vectorize. Without "ninf" and "nnan", because infinity is used as the
# initial minimum and must compare as such.
_FAST_MATH = {"reassoc", "contract", "nsz", "arcp"}


def invalidate_stale_cache(folder: Path) -> None:
    """Delete compiled code whose source in `folder` has changed.

    Numba checks only the file of the function itself, not the files of functions inlined into it: a changed helper in
    another module would go unnoticed.
    """
    texts = [path.read_bytes() for path in sorted(folder.glob("*.py"))]
    digest = hashlib.sha256(b"".join(text for text in texts if b"jit" in text)).hexdigest()
    cache = folder / "__pycache__"
    stamp = cache / "compiled_from.txt"
    try:
        if stamp.exists() and stamp.read_text() == digest:
            return
        for path in cache.glob("*.nb[ic]"):
            path.unlink(missing_ok=True)
        cache.mkdir(exist_ok=True)
        stamp.write_text(digest)
    except OSError:  # a read-only folder holds no compiled code
        return


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function for this processor; it runs without the GIL, so threads work in parallel.

    Compiled code is cached next to the source, or in the user's cache folder if that is read-only. If neither can be
    written, Numba raises RuntimeError and the function is compiled at every start.
    """
    return _compile(function, _FAST_MATH)


def jit_exact(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same without fast math: the result is that of the arithmetic as written, to the last digit.

    With fast math, calls with equal arguments may differ in the last digit, by where their arrays are in memory.
    """
    return _compile(function, False)


def _compile(function: Callable[..., Any], fast_math: bool | set[str]) -> Callable[..., Any]:
    compiled: Callable[..., Any]
    try:
        compiled = numba.njit(nogil=True, cache=True, fastmath=fast_math)(function)
    except RuntimeError:
        compiled = numba.njit(nogil=True, fastmath=fast_math)(function)
    return compiled


def pad_features(columns: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(d, n) data padded with rows of zeros to MIN_FEATURES, which changes no distance; not copied if wide enough.

    >>> pad_features(np.ones((1, 2))).tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    missing = MIN_FEATURES - len(columns)
    if missing <= 0:
        return columns
    return np.concatenate([columns, np.zeros((missing, columns.shape[1]), columns.dtype)])


invalidate_stale_cache(Path(__file__).parent)
