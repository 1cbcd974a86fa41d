"""The schema of `monitoring` in manifest.json: what the next run is compared with."""

from __future__ import annotations

from typing import Any

from segmentation.runs.schema_checks import (
    allow_none,
    check_count,
    check_flag,
    check_list_of,
    check_mapping_of,
    check_number,
    check_numbers,
    check_object_of,
    check_text,
    check_texts,
    require,
)

DECILES = 9


def _check_distribution(value: Any, key: str) -> None:
    _DISTRIBUTION(value, key)
    deciles, shares = value["deciles"], value["shares"]
    require(len(deciles) == DECILES and deciles == sorted(deciles), f"{key}.deciles", "is not nine ordered values")
    has_shape = len(shares) == len(set(deciles)) + 1 and all(0 <= share <= 1 for share in shares)
    require(has_shape and value["customers"] > 0, f"{key}.shares", "is not a share for each bin")


_DISTRIBUTION = check_object_of(
    {"customers": check_count, "deciles": check_numbers, "shares": check_numbers},
    {},
)
_DRIFT = check_object_of(
    {
        "feature": check_text,
        **dict.fromkeys(("psi", "quantile", "value_before", "value_now", "shift"), check_number),
    },
    {},
)
_FLOW = check_object_of(
    {**dict.fromkeys(("segment_before", "segment_now", "customers"), check_count), "net_sales": check_number}, {}
)
_PREVIOUS = check_object_of(
    {
        "run_id": check_text,
        "window_days": check_count,
        "drift": check_list_of(_DRIFT),
        "flows": allow_none(check_list_of(_FLOW)),
        "adjusted_rand": allow_none(check_number),
        "changes": allow_none(
            check_object_of(dict.fromkeys(("stayed", "customer", "model", "both", "joined"), check_count), {})
        ),
    },
    {},
)
_DECISION = check_object_of(
    {"is_accepted": check_flag, "reasons": check_texts, "model_share": allow_none(check_number)}, {}
)
check_monitoring = check_object_of(
    {},
    {
        "source_version": check_text,
        "data_digest": check_text,
        "silhouette_deviation": allow_none(check_number),
        "distributions": check_mapping_of(_check_distribution),
        "previous": allow_none(_PREVIOUS),
        "decision": allow_none(_DECISION),
    },
)
