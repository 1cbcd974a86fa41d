"""Ready choices of features."""

from __future__ import annotations

import pytest

from segmentation.features.registry import REGISTRY, available, in_order
from segmentation.features.presets import PRESETS, preset, preset_of
from segmentation.errors import SettingsError
from segmentation.settings import DEFAULT_FEATURES, SCALINGS, ModelSettings


def test_presets_are_made_of_known_parts_and_are_told_apart() -> None:
    assert [known.label for known in PRESETS.values()] == [
        "RFM", "RFM + value", "Discount hunters", "As in the notebook",
    ]  # fmt: skip
    for known in PRESETS.values():
        assert set(known.features) == set(in_order(known.features, {}))
        assert known.scaling in SCALINGS
        assert preset_of(ModelSettings(known.features, known.scaling)) is known
        assert preset(known.label.upper()) is preset(known.name) is known
    assert PRESETS["notebook"].features == ("recency_days", "lines", "monetary", "avg_line_value")
    assert PRESETS["notebook"].scaling == "standard"
    assert preset_of(ModelSettings()) is PRESETS["rfm"]


def test_what_differs_from_a_preset_is_none() -> None:
    assert preset_of(ModelSettings(DEFAULT_FEATURES, "ranks")) is None
    assert preset_of(ModelSettings(DEFAULT_FEATURES, weights=(("monetary", 2.0),))) is None
    assert preset_of(ModelSettings(tuple(REGISTRY))) is None
    with pytest.raises(SettingsError, match="no preset 'vip'") as caught:
        preset("vip")
    assert "rfm-value" in caught.value.hint


def test_a_preset_that_cannot_be_computed_says_why() -> None:
    _, reasons = available(["customer_id", "transaction_date", "net_sales_amount"])
    assert PRESETS["rfm"].unavailable(reasons) == ""
    assert PRESETS["discounts"].unavailable(reasons) == (
        "It needs share given as discount. The table has no gross_sales_amount and no discount_amount."
    )
