"""The schema of manifest.json: the one place that decides whether a manifest can be used.

A checksum detects damage, not intent: an attacker who writes a manifest can also write its checksum. Every value is
therefore checked for type, range and shape here, so that the code that uses an opened run need not check again.

Pydantic models of the same schema were measured: 186 statements instead of 155, and about 180 ms to import and build,
which every start of the app and the command line would pay. See docs/decisions/0022-libraries.md.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from segmentation.errors import SegmentationError
from segmentation.settings import K_MAX, RunSettings

MAX_BYTES = 32_000_000
"""The largest manifest on record is under 1 MB: 30 features scaled to ranks, 1,000 quantiles each."""
MAX_DEPTH = 20
"""Levels of nesting; a manifest has six."""
_LARGEST = 2**63 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXT_COLUMNS = {"segment_name", "sentence", "reason", "goal", "offer", "channel", "avoid", "own"}
_NUMBER_COLUMNS = {"segment_id", "customers", "net_sales", "color", "silhouette"}
_NUMBER_PREFIXES = ("median_", "mean_", "index_", "position_", "share_")

Check = Callable[[Any, str], None]


class InvalidManifestError(ValueError):
    """A manifest that does not fit the schema; the message names the key and what is wrong with it."""


def parse_manifest(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`.

    Raises:
        InvalidManifestError: not strict UTF-8 JSON, a duplicated key, NaN, a number out of range, or nested too deeply.
    """
    try:
        values = json.loads(data.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_reject_constant)
        _check_limits(values)
    except (ValueError, RecursionError) as error:
        raise InvalidManifestError("not strict JSON") from error
    if not isinstance(values, dict):
        raise InvalidManifestError("not a JSON object")
    return values


def validate_manifest(values: Mapping[str, Any]) -> RunSettings:
    """Validate every value of a manifest, and return the settings of the run.

    Raises:
        InvalidManifestError: a key is missing, has the wrong type, or its numbers do not fit those of another.
    """
    _MANIFEST(values, "")
    try:
        settings = RunSettings.from_dict(values["settings"])
    except (SegmentationError, ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidManifestError("settings are not those of a run") from error
    features, mapping = values["features"], values["cluster_to_segment"]
    _require(0 < len(features) == len(set(features)), "features", "is empty or names one twice")
    _require(0 < len(mapping) <= K_MAX and len(mapping) == len(set(mapping)), "cluster_to_segment", "is no numbering")
    shaped = len(values["centres"]) == len(mapping) and all(len(row) == len(features) for row in values["centres"])
    _require(shaped, "centres", "does not have one row per segment and one column per feature")
    _check_scaler(values["scaler"], features)
    ids = [row["segment_id"] for row in values["segments"]]
    _require(sorted(ids) == sorted(mapping), "segments", "does not have one row per segment")
    ks = [row["k"] for row in values["scores"]]
    _require(len(ks) == len(set(ks)) and len(mapping) in ks, "scores", "does not have one row per number of segments")
    for name in ("segments", "scores", "identity"):
        rows = values[name] or []
        _require(all(set(row) == set(rows[0]) for row in rows), name, "has rows with different columns")
    return settings


def _check_scaler(scaler: Mapping[str, Any], features: list[str]) -> None:
    _require(scaler.get("features", features) == features, "scaler.features", "differs from features")
    for name in ("logged", "mean", "scale"):
        if name in scaler:
            _require(len(scaler[name]) == len(features), f"scaler.{name}", "does not have one value per feature")
    _require(all(scale > 0 for scale in scaler.get("scale", ())), "scaler.scale", "is not positive")
    quantiles = scaler.get("quantiles", [])
    if quantiles or scaler.get("scaling") == "ranks":
        widths = {len(values) for values in quantiles}
        ordered = all(values == sorted(values) for values in quantiles)
        fits = len(quantiles) == len(features) and len(widths) == 1 and min(widths) > 1 and ordered
        _require(fits, "scaler.quantiles", "does not have ordered values for each feature")


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
        elif isinstance(value, int) and abs(value) > _LARGEST:
            raise ValueError("an integer beyond 64 bits")
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError("a number beyond those of a float")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key occurs twice")
    return values


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _require(holds: bool, key: str, problem: str) -> None:
    if not holds:
        raise InvalidManifestError(f"{key} {problem}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and _parses(date.fromisoformat, value)


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and _parses(datetime.fromisoformat, value) and value.endswith("Z")


def _parses(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _of(holds: Callable[[Any], bool], what: str) -> Check:
    def check(value: Any, key: str) -> None:
        _require(holds(value), key, f"is not {what}")

    return check


def _optional(inner: Check) -> Check:
    def check(value: Any, key: str) -> None:
        if value is not None:
            inner(value, key)

    return check


def _list_of(inner: Check) -> Check:
    def check(value: Any, key: str) -> None:
        _require(isinstance(value, list), key, "is not a list")
        for item in value:
            inner(item, key)

    return check


def _mapping_of(inner: Check) -> Check:
    def check(value: Any, key: str) -> None:
        _require(isinstance(value, dict), key, "is not an object")
        for item in value.values():
            inner(item, key)

    return check


def _object(required: Mapping[str, Check], optional: Mapping[str, Check], only: bool = False) -> Check:
    """An object with these keys, and with `only` no others."""

    def check(value: Any, key: str) -> None:
        _require(isinstance(value, dict), key or "the manifest", "is not an object")
        for name, inner in {**required, **optional}.items():
            path = f"{key}.{name}" if key else name
            if name in value:
                inner(value[name], path)
            else:
                _require(name not in required, path, "is missing")
        unknown: Iterable[str] = set(value) - set(required) - set(optional)
        _require(not (only and unknown), key, "has an unknown key")

    return check


def _segment_row(value: Any, key: str) -> None:
    _require(isinstance(value, dict) and "segment_id" in value and "segment_name" in value, key, "is incomplete")
    for name, cell in value.items():
        if name in ("segment_id", "color"):
            _require(_is_count(cell), f"{key}.{name}", "is not a whole number")
        elif name in _NUMBER_COLUMNS or name.startswith(_NUMBER_PREFIXES):
            _require(cell is None or _is_number(cell), f"{key}.{name}", "is not a number")
        elif name in _TEXT_COLUMNS:
            is_text = isinstance(cell, str) or (cell is None and name != "segment_name")
            _require(is_text, f"{key}.{name}", "is not text")
        else:
            _require(not isinstance(cell, dict | list), f"{key}.{name}", "is not a single value")


def _score_row(value: Any, key: str) -> None:
    _require(isinstance(value, dict) and _is_count(value.get("k")), f"{key}.k", "is not a whole number")
    for name, cell in value.items():
        _require(cell is None or _is_number(cell), f"{key}.{name}", "is not a number")


_text = _of(lambda value: isinstance(value, str), "text")
_flag = _of(lambda value: isinstance(value, bool), "true or false")
_count = _of(_is_count, "a whole number")
_number = _of(_is_number, "a number")
_day = _of(_is_day, "a date")
_numbers = _list_of(_number)
_texts = _list_of(_text)
_SETTINGS = _object(
    {
        "sales": _object(
            {"source": _text, "columns": _mapping_of(_text), "start": _optional(_day), "as_of": _optional(_day)},
            {
                "drop_duplicates": _flag,
                "sample_above": _count,
                "left_out": _list_of(_list_of(_day)),
                "categories_left_out": _texts,
                "dates": _optional(_text),
                "decimal": _optional(_text),
            },
        ),
        "model": _object({"features": _texts}, {"scaling": _text, "seed": _count, "weights": _mapping_of(_number)}),
        "k": _optional(_count),
    },
    {},
)
_ADVICE = _object({"k": _count, "sentence": _text, "reasons": _texts, "elbow": _optional(_count)}, {}, only=True)
_IDENTITY = _object(
    {"segment_id": _count, "cluster": _optional(_count), "previous_name": _optional(_text), "how": _text}, {}
)
_SCALER = _object(
    {},
    {
        "scaling": _text,
        "features": _texts,
        "logged": _list_of(_flag),
        "mean": _numbers,
        "scale": _numbers,
        "quantiles": _list_of(_numbers),
    },
    only=True,
)
_MANIFEST = _object(
    {
        "run_id": _text,
        "created": _of(_is_moment, "a time in UTC"),
        "source_name": _text,
        "settings": _SETTINGS,
        "data_window": _object({"first_sale": _day, "last_sale": _day, "as_of": _day}, {"load_day": _optional(_day)}),
        "lines": _object(
            {"lines_in": _count, "lines_used": _count},
            {"set_aside": _list_of(_object({"reason": _text, "lines": _count}, {"money": _optional(_number)}))},
        ),
        "features": _texts,
        "scaler": _SCALER,
        "centres": _list_of(_numbers),
        "cluster_to_segment": _list_of(_count),
        "segments": _list_of(_segment_row),
        "scores": _list_of(_score_row),
        "silhouette_sample": _optional(_count),
        "identity": _optional(_list_of(_IDENTITY)),
        "versions": _mapping_of(_text),
        "files": _mapping_of(_of(lambda value: isinstance(value, str) and bool(_SHA256.fullmatch(value)), "a SHA-256")),
    },
    {"advice": _optional(_ADVICE)},
)
