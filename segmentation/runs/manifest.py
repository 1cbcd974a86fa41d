"""The contents of manifest.json and evaluation_metrics.json: a run as plain JSON values, and back."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from segmentation.runtime.product_version import PRODUCT_VERSION
from segmentation.runtime.tabular_files import Rows
from segmentation.settings import RunSettings

FORMAT_VERSION = 2
"""Incremented when earlier versions of this program can no longer read the manifest."""
READABLE_VERSIONS = (1, 2)
"""Version 1 has no weights, no `ranks` scaling and no exclusions."""
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "numba", "duckdb", "ibis-framework", "pyarrow", "joblib")
VALIDATION_KEYS = ("recommended_k", "separate_groups", "borders", "stability")
SCORES = ("inertia", "silhouette_score", "calinski_harabasz_score", "davies_bouldin_score", "smallest_segment")


def get_library_versions() -> dict[str, str]:
    """Versions of this program, of Python and of the installed libraries that influence results."""
    versions = {"segments": PRODUCT_VERSION, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


@dataclass(frozen=True, eq=False, kw_only=True)
class RunMetadata:
    """A run without its customers, whether to be saved or opened from disk."""

    run_id: str
    settings: RunSettings
    source_name: str
    window: Mapping[str, str | None]
    """first_sale, last_sale, as_of, load_day as ISO dates."""
    window_days: int
    """Length of the window: days from its first day to the as-of date."""
    lines: Mapping[str, Any]
    """lines_in, lines_used, and set_aside: a list of {reason, lines, money}."""
    features: tuple[str, ...]
    scaler: Mapping[str, Any]
    centers: np.ndarray
    """(k, d) float64, scaled, without unit; columns in the order of `features`."""
    cluster_to_segment: tuple[int, ...]
    """Index: K-means cluster; value: segment_id."""
    segments: pd.DataFrame
    """One row per segment: segment_id, segment_name, texts, color, customers and the columns of the profile."""
    scores: pd.DataFrame
    """One row per k, with k and SCORES."""
    matching: Any = None
    """How the segments were matched to those of an earlier run; under the key identity in the manifest."""
    silhouette_sample: int | None = None
    recommendation: Mapping[str, Any] | None = None
    """As `KRecommendation.to_dict` writes it, under the key advice in the manifest; None in runs of early versions."""
    validation: Mapping[str, Any] | None = None
    """separate_groups, borders, stability and recommended_k, as
    `segmentation.clustering.validation.evidence.tabulate_validation` builds them; None in runs of early versions."""
    resample_centers: np.ndarray | None = None
    """(resamples, k, d) float64 bootstrap centers, which determine the certainty of customers; None: not validated, or
    saved by an early version."""
    monitoring: Mapping[str, Any] | None = None
    """What the next run is compared with, and how this one compares with the previous one, as
    `segmentation.customers.monitoring.build_monitoring` builds it; None or empty in runs of early versions."""
    versions: Mapping[str, str] = field(default_factory=get_library_versions)

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.centers)

    @property
    def as_of(self) -> date:
        """The as-of date of the run."""
        return date.fromisoformat(str(self.window["as_of"]))

    @property
    def segment_names(self) -> dict[int, str]:
        """segment_id -> segment_name."""
        return dict(zip(self.segments["segment_id"], self.segments["segment_name"], strict=True))


@dataclass(frozen=True)
class CustomerBatches:
    """A customer list, sorted by customer_id, as batches that are built anew by each iteration."""

    iterate: Callable[[], Iterator[pd.DataFrame]]

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """The batches."""
        return self.iterate()


@dataclass(frozen=True, eq=False, kw_only=True)
class RunRecord(RunMetadata):
    """A run ready to be saved: plain values, and two scikit-learn objects to be pickled for other tools."""

    created: datetime
    customers: Rows
    """One row per customer, with CUSTOMER_COLUMNS."""
    model: Any = None
    scaler_model: Any = None


def to_json_value(value: Any) -> Any:
    """Convert to JSON types: frames to lists of rows, dates and times to ISO text (UTC), NaN and infinity to null.

    >>> to_json_value({"k": np.int64(3), "score": float("nan"), "as_of": date(2020, 1, 1)})
    {'k': 3, 'score': None, 'as_of': '2020-01-01'}
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    match value:
        case bool() | str() | int():
            return value
        case float():
            return float(value) if math.isfinite(value) else None
        case Decimal():
            return to_json_value(float(value))
        case datetime():
            return format_utc(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): to_json_value(item) for key, item in value.items()}
        case pd.DataFrame():
            return [to_json_value(row) for row in value.to_dict("records")]
        case np.generic() | np.ndarray() | pd.Series():
            return to_json_value(value.tolist())
        case Iterable():
            return [to_json_value(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be stored in a manifest.")


def format_utc(moment: datetime) -> str:
    """Format as ISO 8601 in UTC, to the second: 2026-01-01T12:00:00Z. A naive time is taken as UTC."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def dump_json(values: Mapping[str, Any]) -> bytes:
    """Serialize to strict JSON: no NaN; floats round-trip exactly."""
    return (json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def build_metrics(record: RunRecord) -> dict[str, Any]:
    """The contents of evaluation_metrics.json."""
    scores = [{name: row[name] for name in ("k", *SCORES)} for row in to_json_value(record.scores)]
    selected = next(row for row in scores if row["k"] == len(record.centers))
    counts = record.segments.set_index("segment_id")["customers"].sort_index()
    return {
        "run_id": record.run_id,
        "k": selected["k"],
        "silhouette_score": selected["silhouette_score"],
        "silhouette_sample": record.silhouette_sample,
        "inertia": selected["inertia"],
        "segment_counts": to_json_value(counts.to_dict()),
        "scores_by_k": scores,
        **{name: to_json_value((record.validation or {}).get(name)) for name in VALIDATION_KEYS},
        "settings": record.settings.to_dict(),
        "source_name": record.source_name,
        "data_window": to_json_value(record.window),
        "window_days": record.window_days,
        "lines": to_json_value(record.lines),
        "versions": to_json_value(record.versions),
    }


def build_manifest(record: RunRecord, files: Mapping[str, str]) -> dict[str, Any]:
    """The contents of manifest.json: everything needed to reopen a run.

    Args:
        record: the run.
        files: file name -> SHA-256.
    """
    values = {
        "format": FORMAT_VERSION,
        "run_id": record.run_id,
        "created": format_utc(record.created),
        "source_name": record.source_name,
        "settings": record.settings.to_dict(),
        "data_window": to_json_value(record.window),
        "window_days": record.window_days,
        "lines": to_json_value(record.lines),
        "features": list(record.features),
        "scaler": to_json_value(record.scaler),
        # Keys keep their first names, even where the code has since renamed the value: saved runs must still open.
        "centres": to_json_value(np.asarray(record.centers, np.float64)),
        "cluster_to_segment": to_json_value(record.cluster_to_segment),
        "segments": to_json_value(record.segments),
        "scores": to_json_value(record.scores),
        "silhouette_sample": record.silhouette_sample,
        "advice": to_json_value(record.recommendation),
        "validation": to_json_value(record.validation),
        "resample_centers": to_json_value(record.resample_centers),
        "identity": to_json_value(record.matching),
        "monitoring": to_json_value(record.monitoring),
        "versions": to_json_value(record.versions),
        "files": dict(files),
    }
    return values | {"checksum": compute_checksum(values)}


def compute_checksum(values: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its own checksum; detects damage and manual edits."""
    content = {name: value for name, value in values.items() if name != "checksum"}
    return sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def get_window_days(manifest: Mapping[str, Any]) -> int:
    """The length of the window of a run; early versions stored its first and last day only.

    >>> get_window_days({"data_window": {"first_sale": "2024-01-01", "as_of": "2025-01-01"}})
    366
    """
    if manifest.get("window_days"):
        return int(manifest["window_days"])
    first, as_of = (date.fromisoformat(manifest["data_window"][name]) for name in ("first_sale", "as_of"))
    return max((as_of - first).days, 1)


def build_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The inverse of `to_json_value` for frames. A column without any value becomes NaN.

    >>> build_frame([{"k": 2, "low": None}, {"k": 3, "low": None}]).dtypes.astype(str).tolist()
    ['int64', 'float64']
    """
    table = pd.DataFrame(rows)
    empty = [name for name in table.columns if table[name].isna().all()]
    return table.astype(dict.fromkeys(empty, "float64"))
