"""Preset feature sets."""

from __future__ import annotations

import pytest

from segmentation.errors import SettingsError
from segmentation.features.presets import PRESETS, get_preset, match_preset
from segmentation.features.registry import REGISTRY, split_available_features, validate_features
from segmentation.settings import DEFAULT_FEATURES, SCALINGS, ModelSettings


def test_presets_use_known_features_and_are_distinct() -> None:
    assert [known.label for known in PRESETS.values()] == [
        "RFM",
        "RFM + value",
        "Discount hunters",
        "RFM by lines",
    ]
    for known in PRESETS.values():
        assert set(known.features) == set(validate_features(known.features, {}))
        assert known.scaling in SCALINGS
        assert match_preset(ModelSettings(known.features, known.scaling)) is known
        assert get_preset(known.label.upper()) is get_preset(known.name) is known
    assert PRESETS["notebook"].features == ("recency_days", "lines", "monetary", "avg_line_value")
    assert PRESETS["notebook"].scaling == "standard"
    assert match_preset(ModelSettings()) is PRESETS["rfm"]


def test_match_preset_custom_settings() -> None:
    assert match_preset(ModelSettings(DEFAULT_FEATURES, "ranks")) is None
    assert match_preset(ModelSettings(DEFAULT_FEATURES, weights=(("monetary", 2.0),))) is None
    assert match_preset(ModelSettings(tuple(REGISTRY))) is None
    with pytest.raises(SettingsError, match="Unknown preset 'vip'") as caught:
        get_preset("vip")
    assert "rfm-value" in caught.value.hint


def test_explain_unavailable() -> None:
    _, reasons = split_available_features(["customer_id", "transaction_date", "net_sales_amount"])
    assert PRESETS["rfm"].explain_unavailable(reasons) == ""
    assert PRESETS["discounts"].explain_unavailable(reasons) == (
        "It needs share given as discount. The table has no gross_sales_amount and no discount_amount."
    )
