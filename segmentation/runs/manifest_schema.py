"""The schema of manifest.json: the only place that decides whether a manifest can be used.

A checksum detects damage, not intent: an attacker who writes a manifest can also write its checksum. Every value is
therefore checked for type, range and shape here, so that the code that uses an opened run need not check again.

Pydantic models of the same schema were measured: 186 statements instead of 155, and about 180 ms to import and build,
which every start of the app and the command line would pay. See docs/decisions/0022-libraries.md.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from segmentation.errors import SegmentationError
from segmentation.runs.monitoring_schema import check_monitoring
from segmentation.runs.schema_checks import (
    InvalidManifestError,
    allow_none,
    build_check,
    check_count,
    check_day,
    check_flag,
    check_list_of,
    check_mapping_of,
    check_number,
    check_numbers,
    check_object_of,
    check_text,
    check_texts,
    is_count,
    is_number,
    is_utc_time,
    require,
)
from segmentation.settings import K_MAX, RunSettings

MAX_BYTES = 32_000_000
"""The largest manifest on record is under 1 MB: 30 features scaled to ranks, 1,000 quantiles each."""
MAX_DEPTH = 20
"""Levels of nesting; a manifest has six."""
_MAX_INTEGER = 2**63 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXT_COLUMNS = {"segment_name", "sentence", "reason", "goal", "offer", "channel", "avoid", "own"}
_NUMBER_COLUMNS = {"segment_id", "customers", "net_sales", "color", "silhouette", "silhouette_half_width"}
_NUMBER_PREFIXES = ("median_", "mean_", "index_", "position_", "share_")


def parse_manifest(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`.

    Raises:
        InvalidManifestError: not strict UTF-8 JSON, a duplicated key, NaN, a number out of range, or nested too deeply.
    """
    try:
        values = json.loads(
            data.decode("utf-8"), object_pairs_hook=_reject_repeated_keys, parse_constant=_reject_constant
        )
        _check_limits(values)
    except (ValueError, RecursionError) as error:
        raise InvalidManifestError("not strict JSON") from error
    if not isinstance(values, dict):
        raise InvalidManifestError("not a JSON object")
    return values


def validate_manifest(values: Mapping[str, Any]) -> RunSettings:
    """Validate every value of a manifest, and return the settings of the run.

    Raises:
        InvalidManifestError: a key is missing, has the wrong type, or does not fit another value.
    """
    _MANIFEST(values, "")
    try:
        settings = RunSettings.from_dict(values["settings"])
    except (SegmentationError, ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidManifestError("settings are not those of a run") from error
    features, mapping = values["features"], values["cluster_to_segment"]
    require(0 < len(features) == len(set(features)), "features", "is empty or has a duplicate")
    require(
        0 < len(mapping) <= K_MAX and len(mapping) == len(set(mapping)),
        "cluster_to_segment",
        "is not a valid numbering",
    )
    has_shape = len(values["centres"]) == len(mapping) and all(len(row) == len(features) for row in values["centres"])
    require(has_shape, "centres", "does not have one row per segment and one column per feature")
    for centers in values.get("resample_centers") or ():
        has_shape = len(centers) == len(mapping) and all(len(row) == len(features) for row in centers)
        require(has_shape, "resample_centers", "does not have the shape of centres in every resample")
    _check_scaler(values["scaler"], features)
    ids = [row["segment_id"] for row in values["segments"]]
    require(sorted(ids) == sorted(mapping), "segments", "does not have one row per segment")
    ks = [row["k"] for row in values["scores"]]
    require(len(ks) == len(set(ks)) and len(mapping) in ks, "scores", "does not have one row per number of segments")
    findings = values.get("validation") or {"borders": [], "stability": []}
    assessed = {border[side] for border in findings["borders"] for side in ("segment_a", "segment_b")}
    assessed |= {row["segment_id"] for row in findings["stability"]}
    require(assessed <= set(mapping), "validation", "has a segment that is not in the run")
    for name in ("segments", "scores", "identity"):
        rows = values[name] or []
        require(all(set(row) == set(rows[0]) for row in rows), name, "has rows with different columns")
    return settings


def _check_scaler(scaler: Mapping[str, Any], features: list[str]) -> None:
    require(scaler.get("features", features) == features, "scaler.features", "differs from features")
    for name in ("logged", "mean", "scale"):
        if name in scaler:
            require(len(scaler[name]) == len(features), f"scaler.{name}", "does not have one value per feature")
    require(all(scale > 0 for scale in scaler.get("scale", ())), "scaler.scale", "is not positive")
    quantiles = scaler.get("quantiles", [])
    if quantiles or scaler.get("scaling") == "ranks":
        widths = {len(values) for values in quantiles}
        ordered = all(values == sorted(values) for values in quantiles)
        fits = len(quantiles) == len(features) and len(widths) == 1 and min(widths) > 1 and ordered
        require(fits, "scaler.quantiles", "does not have ordered values for each feature")


def _check_limits(values: Any) -> None:
    """Raise ValueError for deep nesting, numbers beyond 64 bits and text that is not Unicode; without recursion."""
    stack: list[tuple[Any, int]] = [(values, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(value, dict):
            stack.extend((item, depth + 1) for pair in value.items() for item in pair)
        elif isinstance(value, list):
            stack.extend((item, depth + 1) for item in value)
        elif isinstance(value, str):
            value.encode()  # a lone surrogate can be written in JSON, but not to any file
        elif isinstance(value, int) and abs(value) > _MAX_INTEGER:
            raise ValueError("an integer beyond 64 bits")
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError("a number beyond those of a float")


def _reject_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key occurs twice")
    return values


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_segment_row(value: Any, key: str) -> None:
    require(isinstance(value, dict) and "segment_id" in value and "segment_name" in value, key, "is incomplete")
    for name, cell in value.items():
        if name in ("segment_id", "color"):
            require(is_count(cell), f"{key}.{name}", "is not a whole number")
        elif name in _NUMBER_COLUMNS or name.startswith(_NUMBER_PREFIXES):
            require(cell is None or is_number(cell), f"{key}.{name}", "is not a number")
        elif name in _TEXT_COLUMNS:
            is_text = isinstance(cell, str) or (cell is None and name != "segment_name")
            require(is_text, f"{key}.{name}", "is not text")
        else:
            require(not isinstance(cell, dict | list), f"{key}.{name}", "is not a single value")


def _check_score_row(value: Any, key: str) -> None:
    require(isinstance(value, dict) and is_count(value.get("k")), f"{key}.k", "is not a whole number")
    for name, cell in value.items():
        require(cell is None or is_number(cell), f"{key}.{name}", "is not a number")


_SETTINGS = check_object_of(
    {
        "sales": check_object_of(
            {
                "source": check_text,
                "columns": check_mapping_of(check_text),
                "start": allow_none(check_day),
                "as_of": allow_none(check_day),
            },
            {
                "window_days": allow_none(check_count),
                "drop_duplicates": check_flag,
                "sample_above": check_count,
                "left_out": check_list_of(check_list_of(check_day)),
                "categories_left_out": check_texts,
                "dates": allow_none(check_text),
                "decimal": allow_none(check_text),
                "statuses": check_mapping_of(check_text),
                "customer_values": check_mapping_of(check_text),
                "currency": allow_none(check_text),
                "rates": check_mapping_of(check_text),
                "orders": allow_none(check_text),
                "amount_grain": allow_none(check_text),
                "discount_kind": allow_none(check_text),
                "layout": allow_none(check_text),
            },
        ),
        "model": check_object_of(
            {"features": check_texts},
            {"scaling": check_text, "seed": check_count, "weights": check_mapping_of(check_number)},
        ),
        "k": allow_none(check_count),
    },
    {},
)
_ADVICE = check_object_of(
    {"k": check_count, "sentence": check_text, "reasons": check_texts, "elbow": allow_none(check_count)},
    {"more_detail": allow_none(check_count)},
    only=True,
)
_BORDER = {
    "segment_a": check_count,
    "segment_b": check_count,
    "gap": check_flag,
    "p_value": check_number,
    "valley_depth": check_number,
}
_STABILITY = dict.fromkeys(("customers", "jaccard", "low", "high", "dissolved"), allow_none(check_number))
_FINDINGS = {
    "borders": check_list_of(check_object_of(_BORDER, {})),
    "stability": check_list_of(
        check_object_of({"segment_id": check_count, "resamples": check_count, **_STABILITY}, {})
    ),
}
_VALIDATION = check_object_of({"recommended_k": check_count, "separate_groups": check_count, **_FINDINGS}, {})
_IDENTITY = check_object_of(
    {
        "segment_id": check_count,
        "cluster": allow_none(check_count),
        "previous_name": allow_none(check_text),
        "how": check_text,
    },
    {},
)
_SCALER = check_object_of(
    {},
    {
        "scaling": check_text,
        "features": check_texts,
        "logged": check_list_of(check_flag),
        "mean": check_numbers,
        "scale": check_numbers,
        "quantiles": check_list_of(check_numbers),
    },
    only=True,
)
_MANIFEST = check_object_of(
    {
        "run_id": check_text,
        "created": build_check(is_utc_time, "a time in UTC"),
        "source_name": check_text,
        "settings": _SETTINGS,
        "data_window": check_object_of(
            {"first_sale": check_day, "last_sale": check_day, "as_of": check_day}, {"load_day": allow_none(check_day)}
        ),
        "lines": check_object_of(
            {"lines_in": check_count, "lines_used": check_count},
            {
                "set_aside": check_list_of(
                    check_object_of({"reason": check_text, "lines": check_count}, {"money": allow_none(check_number)})
                )
            },
        ),
        "features": check_texts,
        "scaler": _SCALER,
        "centres": check_list_of(check_numbers),
        "cluster_to_segment": check_list_of(check_count),
        "segments": check_list_of(_check_segment_row),
        "scores": check_list_of(_check_score_row),
        "silhouette_sample": allow_none(check_count),
        "identity": allow_none(check_list_of(_IDENTITY)),
        "versions": check_mapping_of(check_text),
        "files": check_mapping_of(
            build_check(lambda value: isinstance(value, str) and bool(_SHA256.fullmatch(value)), "a SHA-256")
        ),
    },
    {
        "monitoring": allow_none(check_monitoring),
        "window_days": check_count,
        "advice": allow_none(_ADVICE),
        "validation": allow_none(_VALIDATION),
        "resample_centers": allow_none(check_list_of(check_list_of(check_numbers))),
    },
)
