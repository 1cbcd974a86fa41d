"""Frames as the pipeline returns them, small and with awkward names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def scores() -> pd.DataFrame:
    """One row per k; the silhouette was estimated from a sample."""
    k = np.arange(2, 13)
    silhouette = 0.5 / np.sqrt(k)
    return pd.DataFrame(
        {
            "k": k,
            "inertia": 6000.0 / k,
            "silhouette_score": silhouette,
            "silhouette_low": silhouette - 0.01,
            "silhouette_high": silhouette + 0.02,
        }
    )


@pytest.fixture
def segments() -> pd.DataFrame:
    """Twelve segments, one with a name that looks like markup and one without sales."""
    names = [f"Segment with a rather long name {i}" for i in range(12)]
    names[3] = '<a href="x">Tea</a> & more'
    sizes = np.arange(1, 13) / np.arange(1, 13).sum()
    money = sizes[::-1].copy()
    money[-1] = 0.0
    return pd.DataFrame(
        {
            "segment_id": np.arange(1, 13),
            "segment_name": names,
            "color": np.arange(12),
            "share_of_customers": sizes,
            "share_of_sales": money,
            "silhouette": np.linspace(-0.1, 0.6, 12),
            "index_recency_days": np.geomspace(10, 900, 12),
            "index_frequency": np.geomspace(400, 20, 12),
            "index_monetary": [float("nan"), 0.0, -20.0, *np.geomspace(30, 5000, 9)],
        }
    )
