"""Minimizes functions of positive parameters, such as negative log-likelihoods, from several starting points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import optimize

from segmentation.errors import DataError
from segmentation.runtime.array_types import FloatArray

Objective = Callable[[FloatArray], tuple[float, FloatArray]]
"""Gives a value to minimize, and its gradient, for the logarithms of the parameters."""
_MAX_LOG = 12.0
"""Parameters are kept within exp(-12) and exp(12): some data have no finite maximum."""


def minimize_from_starts(evaluate: Objective, starts: Sequence[Sequence[float]], what: str) -> tuple[FloatArray, float]:
    """Minimize a function of positive parameters from each starting point, and return the best result.

    Args:
        evaluate: the function.
        starts: parameters to start from; not their logarithms.
        what: what is fitted, for the error message.

    Returns:
        The logarithms of the parameters, and the value.

    Raises:
        DataError: no minimum was found from any start.
    """
    bounds = [(-_MAX_LOG, _MAX_LOG)] * len(starts[0])
    options = {"ftol": 1e-13, "gtol": 1e-9, "maxiter": 500}
    found = [
        optimize.minimize(evaluate, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in starts
    ]
    best = min((result for result in found if np.isfinite(result.fun)), key=lambda result: result.fun, default=None)
    if best is None:
        raise DataError(f"The {what} cannot be fitted to these sales.", hint="Choose another model or period.")
    return np.asarray(best.x, np.float64), float(best.fun)
