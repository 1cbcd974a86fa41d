"""Compile every loop, or load it from where it is kept, so that nobody who waits for a result waits for that."""

from __future__ import annotations

import numpy as np


def make_ready() -> None:
    """Run every compiled loop once on next to nothing, with the types of data it meets at work.

    A second where the loops are kept from before, some ten where they must be compiled.
    """
    from segmentation.clustering.scores import score
    from segmentation.clustering.validation.bootstrap import cluster
    from segmentation.clustering.sweep import sweep

    space = np.random.default_rng(0).standard_normal((60, 3))
    score(space, sweep(space, [2, 3], 0, threads=1), 0, threads=1)
    cluster(space, 2, (0,), starts=1)
