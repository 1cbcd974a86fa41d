"""Reads the values of a manifest into the fields of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segmentation.runs.current_pointer import check_run_id
from segmentation.runs.manifest import build_frame, get_window_days
from segmentation.runs.manifest_schema import validate_manifest


def parse_metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `segmentation.runs.manifest.RunMetadata`, by name.

    Raises:
        InvalidManifestError, KeyError: a value is missing or invalid.
        RunError: the run id is invalid.
    """
    settings = validate_manifest(values)
    resample_centers = values.get("resample_centers")
    return {
        "run_id": check_run_id(values["run_id"]),
        "settings": settings,
        "source_name": values["source_name"],
        "window": values["data_window"],
        "window_days": get_window_days(values),
        "lines": values["lines"],
        "features": tuple(values["features"]),
        "scaler": values["scaler"],
        "centers": np.array(values["centres"], np.float64),
        "cluster_to_segment": tuple(values["cluster_to_segment"]),
        "segments": build_frame(values["segments"]),
        "scores": build_frame(values["scores"]),
        "silhouette_sample": values["silhouette_sample"],
        "recommendation": values.get("advice"),
        "validation": values.get("validation"),
        "resample_centers": None if resample_centers is None else np.array(resample_centers, np.float64),
        "matching": values["identity"],
        "monitoring": values.get("monitoring"),
        "versions": values["versions"],
    }
