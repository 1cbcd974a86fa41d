"""Every setting of a run: frozen, hashable, small.

These values are the cache key, the manifest of a saved run, the line of the CLI and the shareable URL.
What is not in here cannot change a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from segmentation.errors import SettingsError

DEMO_SOURCES = {"demo:complete-journey": "Complete Journey (demo)", "demo:web-shop": "Web shop (demo)"}
"""What is on offer where no sales are named: address and name."""
DEFAULT_SOURCE = "demo:complete-journey"
DEFAULT_FEATURES = ("recency_days", "frequency", "monetary")
SCALINGS = {
    "log": "Evens out very large values, so that a few big spenders do not get a segment of their own.",
    "standard": "Takes values as they are; a few very large ones can form a segment of their own.",
}
K_MIN, K_MAX = 2, 12
ADVISED_K = (3, 8)
"""The advice looks from 3 to 8: two say little, more than eight are hard to act on."""


@dataclass(frozen=True)
class SalesSettings:
    """Which sales are read, and up to when. Determines the one row per customer."""

    source: str = DEFAULT_SOURCE
    columns: tuple[tuple[str, str], ...] = ()
    """Pairs (name in fct_sales, name in the source) that override the recognised ones."""
    start: date | None = None
    """First day that counts; earlier lines are set aside as outside the period."""
    as_of: date | None = None
    """Lines on or after this day are set aside; None: the day after the last sale."""
    drop_duplicates: bool = False


@dataclass(frozen=True)
class ModelSettings:
    """What is compared, and how. Determines the sweep over k."""

    features: tuple[str, ...] = DEFAULT_FEATURES
    scaling: str = "log"
    seed: int = 42

    def __post_init__(self) -> None:
        if not self.features:
            raise SettingsError("No feature is chosen.", hint="Choose at least one, for example frequency.")
        if self.scaling not in SCALINGS:
            raise SettingsError(f"There is no scaling {self.scaling!r}.", hint=f"Choose one of: {', '.join(SCALINGS)}.")
        if not 0 <= self.seed < 2**32:
            raise SettingsError("The seed must be between 0 and 4294967295.", hint="42 is as good as any other.")


@dataclass(frozen=True)
class RunSettings:
    """All that determines a result; k None means: take the advised one."""

    sales: SalesSettings = field(default_factory=SalesSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    k: int | None = None

    def __post_init__(self) -> None:
        if self.k is not None and not K_MIN <= self.k <= K_MAX:
            raise SettingsError(
                f"{self.k} is not a possible number of segments.", hint=f"Choose from {K_MIN} to {K_MAX}, or auto."
            )

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values; `from_dict` reads them back."""
        values = asdict(self)
        for name in ("start", "as_of"):
            day = values["sales"][name]
            values["sales"][name] = day.isoformat() if day else None
        values["sales"]["columns"] = dict(self.sales.columns)
        values["model"]["features"] = list(self.model.features)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunSettings:
        """The settings that `to_dict` wrote.

        >>> RunSettings.from_dict(RunSettings(k=5).to_dict()) == RunSettings(k=5)
        True
        """
        sales, model = dict(values["sales"]), dict(values["model"])
        for name in ("start", "as_of"):
            sales[name] = date.fromisoformat(sales[name]) if sales[name] else None
        sales["columns"] = tuple(sales["columns"].items())
        model["features"] = tuple(model["features"])
        return cls(SalesSettings(**sales), ModelSettings(**model), values["k"])
