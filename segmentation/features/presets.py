"""Preset feature sets, each with a suitable scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segmentation.errors import SettingsError
from segmentation.features.registry import REGISTRY
from segmentation.messages import Message
from segmentation.settings import DEFAULT_FEATURES, ModelSettings


@dataclass(frozen=True)
class Preset:
    """A named feature set with its scaling."""

    name: str
    """Identifier in URLs and on the command line."""
    label: str
    meaning: str
    """Help text."""
    features: tuple[str, ...]
    scaling: str = "log"

    def explain_unavailable(self, reasons: Mapping[str, str]) -> str:
        """Why the preset is not available for these sales, or "" if it is.

        Args:
            reasons: unavailable feature -> why.
        """
        missing = [name for name in self.features if name in reasons]
        if not missing:
            return ""
        return Message(
            "It needs {feature}. {reason}",
            {"feature": REGISTRY[missing[0]].label.lower(), "reason": reasons[missing[0]]},
        )


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "rfm",
            "RFM",
            "How recently, how often and for how much customers bought; the standard choice.",
            DEFAULT_FEATURES,
        ),
        Preset(
            "rfm-value",
            "RFM + value",
            "RFM and average order value: distinguishes few large orders from many small ones.",
            ("recency_days", "frequency", "monetary", "avg_order_value"),
        ),
        Preset(
            "discounts",
            "Discount hunters",
            "Orders, net sales and discounts: identifies customers who wait for offers.",
            ("frequency", "monetary", "discount_share", "full_price_share"),
        ),
        Preset(
            "notebook",
            "RFM by lines",
            "Lines instead of orders, and standardized values: reproduces an earlier analysis.",
            ("recency_days", "lines", "monetary", "avg_line_value"),
            "standard",
        ),
    )
}
"""By name, the default first."""


def get_preset(name: str) -> Preset:
    """Look up a preset by name or label, ignoring case.

    Raises:
        SettingsError: there is no such preset.

    >>> get_preset("rfm + value").features
    ('recency_days', 'frequency', 'monetary', 'avg_order_value')
    """
    for preset in PRESETS.values():
        if name.strip().casefold() in (preset.name.casefold(), preset.label.casefold()):
            return preset
    raise SettingsError(f"Unknown preset {name!r}.", hint=f"Choose from: {', '.join(PRESETS)}.")


def match_preset(settings: ModelSettings) -> Preset | None:
    """The preset that these settings equal, in any order of features; None if they are custom.

    >>> match_preset(ModelSettings(("monetary", "frequency", "recency_days"))).label
    'RFM'
    >>> match_preset(ModelSettings(("monetary",)))
    """
    for preset in PRESETS.values():
        if (set(settings.features), settings.scaling, settings.weights) == (set(preset.features), preset.scaling, ()):
            return preset
    return None
