"""Type aliases of NumPy arrays; docstrings give the shapes."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Labels: TypeAlias = np.ndarray[Any, np.dtype[np.integer[Any]]]
"""(n,) or (labelings, n) cluster numbers from 0."""
