"""JIT warm-up: compile every loop, or load it from the cache, so that no request pays for compilation."""

from __future__ import annotations

import numpy as np


def warm_up_jit() -> None:
    """Run every compiled loop once on tiny data of the types used in production: Numba compiles per type.

    Takes about one second with cached code and ten without.
    """
    from segmentation.clustering.scores import compute_scores
    from segmentation.clustering.sweep import sweep_k
    from segmentation.clustering.validation.bootstrap import fit_kmeans

    X = np.random.default_rng(0).standard_normal((60, 3))
    compute_scores(X, sweep_k(X, [2, 3], 0, threads=1), 0, threads=1)
    fit_kmeans(X, 2, (0,), starts=1)
