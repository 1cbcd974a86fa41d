"""Settings: equality, validation, and JSON round trips."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SettingsError
from segmentation.settings import WEIGHTS, ModelSettings, RunSettings, SalesSettings

RFM = ("recency_days", "frequency", "monetary")


def test_settings_normalize_periods() -> None:
    first = SalesSettings(
        excluded_periods=((date(2024, 3, 1), date(2024, 3, 5)), (date(2024, 2, 1), date(2024, 2, 29)))
    )
    assert first == SalesSettings(excluded_periods=((date(2024, 2, 1), date(2024, 3, 5)),))
    distances = SalesSettings(
        excluded_periods=((date(2024, 3, 2), date(2024, 3, 5)), (date(2024, 2, 1), date(2024, 2, 29)))
    )
    assert distances.excluded_periods == ((date(2024, 2, 1), date(2024, 2, 29)), (date(2024, 3, 2), date(2024, 3, 5)))
    inside = SalesSettings(
        excluded_periods=((date(2024, 1, 1), date(2024, 12, 31)), (date(2024, 2, 1), date(2024, 2, 2)))
    )
    assert inside.excluded_periods == ((date(2024, 1, 1), date(2024, 12, 31)),)


def test_settings_normalize_weights_and_categories() -> None:
    assert ModelSettings(RFM, weights=(("monetary", 1.0),)) == ModelSettings(RFM)
    one = ModelSettings(RFM, weights=(("monetary", 2.0), ("frequency", 0.5)))
    assert one == ModelSettings(RFM, weights=(("frequency", 0.5), ("monetary", 2.0), ("recency_days", 1.0)))
    assert hash(one) != hash(ModelSettings(RFM))
    assert SalesSettings(excluded_categories=("Tea", "Cups", "Tea")) == SalesSettings(
        excluded_categories=("Cups", "Tea")
    )


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [
        ((("monetary", 3.0),), "3 is not a weight"),
        ((("monetary", float("nan")),), "nan is not a weight"),
        ((("lines", 2.0),), "'lines' is given a weight"),
        ((("monetary", 2.0), ("monetary", 0.5)), "given two weights"),
    ],
)
def test_settings_reject_invalid_weights(weights: tuple[tuple[str, float], ...], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        ModelSettings(RFM, weights=weights)


def test_settings_reject_reversed_period() -> None:
    with pytest.raises(SettingsError, match="2024-02-01 to 2024-01-01 ends before it begins"):
        SalesSettings(excluded_periods=((date(2024, 2, 1), date(2024, 1, 1)),))


days = st.dates(date(1970, 1, 2), date(2100, 1, 1))


@given(
    st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=4),
    st.lists(st.text(max_size=8), max_size=4),
    st.fixed_dictionaries(dict.fromkeys(RFM, st.sampled_from(WEIGHTS))),
)
def test_settings_round_trip_json(
    periods: list[tuple[date, date]], names: list[str], weights: dict[str, float]
) -> None:
    settings = RunSettings(
        SalesSettings(excluded_periods=tuple(periods), excluded_categories=tuple(names)),
        ModelSettings(RFM, "ranks", weights=tuple(weights.items())),
        4,
    )
    assert RunSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_from_dict_of_older_version() -> None:
    values = RunSettings(k=5).to_dict()
    del values["sales"]["left_out"], values["sales"]["categories_left_out"], values["model"]["weights"]
    assert RunSettings.from_dict(values) == RunSettings(k=5)
