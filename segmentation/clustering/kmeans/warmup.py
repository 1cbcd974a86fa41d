"""Compile every loop, or load it from where it is kept, so that nobody who waits for a result waits for that."""

from __future__ import annotations

import numpy as np


def warm_up_jit() -> None:
    """Run every compiled loop once on next to nothing, with the types of data it meets at work.

    A second where the loops are kept from before, some ten where they must be compiled.
    """
    from segmentation.clustering.scores import compute_scores
    from segmentation.clustering.sweep import sweep_k
    from segmentation.clustering.validation.bootstrap import fit_kmeans

    space = np.random.default_rng(0).standard_normal((60, 3))
    compute_scores(space, sweep_k(space, [2, 3], 0, threads=1), 0, threads=1)
    fit_kmeans(space, 2, (0,), starts=1)
