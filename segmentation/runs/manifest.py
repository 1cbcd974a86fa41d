"""What is saved of a run, as plain values: to manifest.json and evaluation_metrics.json, and back."""

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

from segmentation.settings import RunSettings

FORMAT_VERSION = 2
"""Raised when a manifest can no longer be read by what wrote the earlier ones."""
READABLE_VERSIONS = (1, 2)
"""1 knew no weights, no ranks, and nothing to leave out."""
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "numba", "duckdb", "ibis-framework", "pyarrow", "joblib")
SCORES = ("inertia", "silhouette_score", "calinski_harabasz_score", "davies_bouldin_score", "smallest_segment")


def get_library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that take part in a result, where they are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, eq=False, kw_only=True)
class RunMetadata:
    """What is known of a run, whether it is to be saved or was opened."""

    run_id: str
    settings: RunSettings
    source_name: str
    window: Mapping[str, str | None]
    """first_sale, last_sale, as_of, load_day as ISO dates."""
    lines: Mapping[str, Any]
    """lines_in, lines_used, and set_aside: a list of {reason, lines, money}."""
    features: tuple[str, ...]
    scaler: Mapping[str, Any]
    centers: np.ndarray
    """(k, d) float64 in the scaled space; columns in the order of features."""
    cluster_to_segment: tuple[int, ...]
    """Index: K-means cluster; value: segment_id."""
    segments: pd.DataFrame
    """One row per segment: segment_id, segment_name, texts, color, customers and whatever the profile holds."""
    scores: pd.DataFrame
    """One row per k, with k and SCORES."""
    identity: Any = None
    """How the segments were matched to those of an earlier run."""
    silhouette_sample: int | None = None
    advice: Mapping[str, Any] | None = None
    """The fields of `segmentation.clustering.k_selection.KRecommendation`; None in runs saved before it was kept."""
    versions: Mapping[str, str] = field(default_factory=get_library_versions)


@dataclass(frozen=True)
class CustomerBatches:
    """A list of customers, by customer_id, that comes in parts at each call and is never here as a whole."""

    frames: Callable[[], Iterator[pd.DataFrame]]


@dataclass(frozen=True, eq=False, kw_only=True)
class RunRecord(RunMetadata):
    """One run, ready to be saved. Everything is a plain value except the two scikit-learn objects for others."""

    created: datetime
    customers: pd.DataFrame | CustomerBatches
    """One row per customer with a segment, with the columns of customer_segments.csv."""
    model: Any = None
    scaler_model: Any = None


def to_json_value(value: Any) -> Any:
    """A value as JSON can say it: frames as lists of rows, days and times as ISO text (UTC), NaN and infinity as null.

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
    raise TypeError(f"{type(value).__name__} has no place in a manifest.")


def format_utc(moment: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second: 2026-01-01T12:00:00Z. A time without a zone is taken as UTC."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def dump_json(values: Mapping[str, Any]) -> bytes:
    """JSON that every reader takes: no NaN, floats with all their digits (they read back to the same bits)."""
    return (json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def build_metrics(record: RunRecord) -> dict[str, Any]:
    """What evaluation_metrics.json says of a run."""
    scores = [{name: row[name] for name in ("k", *SCORES)} for row in to_json_value(record.scores)]
    chosen = next(row for row in scores if row["k"] == len(record.centers))
    if isinstance(record.customers, CustomerBatches):
        counts = record.segments.set_index("segment_id")["customers"].sort_index()
    else:
        counts = record.customers["segment_id"].value_counts().sort_index()
    return {
        "run_id": record.run_id,
        "k": chosen["k"],
        "silhouette_score": chosen["silhouette_score"],
        "silhouette_sample": record.silhouette_sample,
        "inertia": chosen["inertia"],
        "segment_counts": to_json_value(counts.to_dict()),
        "scores_by_k": scores,
        "settings": record.settings.to_dict(),
        "source_name": record.source_name,
        "data_window": to_json_value(record.window),
        "lines": to_json_value(record.lines),
        "versions": to_json_value(record.versions),
    }


def build_manifest(record: RunRecord, files: Mapping[str, str]) -> dict[str, Any]:
    """What manifest.json says of a run: all that is needed to rebuild it. files: name -> SHA-256."""
    values = {
        "format": FORMAT_VERSION,
        "run_id": record.run_id,
        "created": format_utc(record.created),
        "source_name": record.source_name,
        "settings": record.settings.to_dict(),
        "data_window": to_json_value(record.window),
        "lines": to_json_value(record.lines),
        "features": list(record.features),
        "scaler": to_json_value(record.scaler),
        "centres": to_json_value(np.asarray(record.centers, np.float64)),
        "cluster_to_segment": to_json_value(record.cluster_to_segment),
        "segments": to_json_value(record.segments),
        "scores": to_json_value(record.scores),
        "silhouette_sample": record.silhouette_sample,
        "advice": to_json_value(record.advice),
        "identity": to_json_value(record.identity),
        "versions": to_json_value(record.versions),
        "files": dict(files),
    }
    return values | {"checksum": compute_checksum(values)}


def compute_checksum(values: Mapping[str, Any]) -> str:
    """SHA-256 over all of a manifest but its own checksum: it tells damage, and edits by hand."""
    rest = {name: value for name, value in values.items() if name != "checksum"}
    return sha256(json.dumps(rest, sort_keys=True, allow_nan=False).encode()).hexdigest()


def rows_to_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The frame that `to_json_value` wrote as rows. A column without any value comes back as NaN.

    >>> rows_to_frame([{"k": 2, "low": None}, {"k": 3, "low": None}]).dtypes.astype(str).tolist()
    ['int64', 'float64']
    """
    table = pd.DataFrame(rows)
    empty = [name for name in table.columns if table[name].isna().all()]
    return table.astype(dict.fromkeys(empty, "float64"))
