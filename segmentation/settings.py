"""Every setting of a run: frozen, hashable, small.

These values are the cache key, the manifest of a saved run, the line of the CLI and the shareable URL.
What is not in here cannot change a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from segmentation.errors import SettingsError

DEMO_SOURCES = {"demo:complete-journey": "Complete Journey (demo)", "demo:web-shop": "Web shop (demo)"}
"""What is on offer where no sales are named: address and name."""
DEFAULT_SOURCE = "demo:complete-journey"
UPLOAD = "upload:"
"""How the address of a visitor's own file begins: upload:TOKEN/NAME."""
DEFAULT_FEATURES = ("recency_days", "frequency", "monetary")
SCALINGS = {
    "log": "Log scale: reduces the effect of big spenders, so that they do not form a segment of their own.",
    "standard": "Standardized without transformation; a few big spenders can form a segment of their own.",
    "robust": "Scaled by the median and interquartile range; big spenders stand out even more.",
    "ranks": "Uses each customer's rank; how much more one spends than another does not count.",
}
WEIGHTS = (0.5, 1.0, 2.0)
"""Allowed weights of a feature: its differences are halved, unchanged or doubled."""
K_MIN, K_MAX = 2, 12
PARSING_OPTIONS = {
    "dates": ("day-first", "month-first", "year-first", "spreadsheet-serial", "epoch-seconds", "epoch-milliseconds"),
    "decimal": ("point", "comma"),
}
"""The ways in which dates and amounts may have been written where they came as text."""
RECOMMENDED_K_RANGE = (3, 8)
"""The advice looks from 3 to 8: two say little, more than eight are hard to act on."""


@dataclass(frozen=True)
class SalesSettings:
    """Which sales are read, and up to when. Determines the one row per customer."""

    source: str = DEFAULT_SOURCE
    columns: tuple[tuple[str, str], ...] = ()
    """Pairs (name in fct_sales, name in the source) that override the recognized ones; "" for a column not to use."""
    start: date | None = None
    """First day that counts; earlier lines are set aside as outside the period."""
    as_of: date | None = None
    """Lines on or after this day are set aside; None: the day after the last sale."""
    drop_duplicates: bool = False
    sample_above: int = 1_000_000
    """Above so many customers, a uniform sample of them and exact totals leave the engine, and not everyone."""
    excluded_periods: tuple[tuple[date, date], ...] = ()
    """Periods that do not count, first and last day of each; kept in order, those that touch made into one."""
    excluded_categories: tuple[str, ...] = ()
    """Product categories that do not count, as the source spells them; kept in order."""
    dates: str | None = None
    """How dates that came as text are read, one of READINGS; None: as is found, where there is one way only."""
    decimal: str | None = None
    """The same for amounts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "excluded_periods", _merge_periods(self.excluded_periods))
        object.__setattr__(self, "excluded_categories", tuple(sorted(set(self.excluded_categories))))
        for name, ways in PARSING_OPTIONS.items():
            way = getattr(self, name)
            if way is not None and way not in ways:
                raise SettingsError(f"There is no way {way!r} to read {name}.", hint=f"Choose: {' or '.join(ways)}.")


@dataclass(frozen=True)
class ModelSettings:
    """What is compared, and how. Determines the sweep over k."""

    features: tuple[str, ...] = DEFAULT_FEATURES
    scaling: str = "log"
    seed: int = 42
    weights: tuple[tuple[str, float], ...] = ()
    """Pairs (feature, one of WEIGHTS); a feature that is not named counts 1. Kept in order, without those that do."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "weights", tuple(sorted((name, weight) for name, weight in self.weights if weight != 1))
        )
        if not self.features:
            raise SettingsError("No feature is chosen.", hint="Choose at least one, for example frequency.")
        if self.scaling not in SCALINGS:
            raise SettingsError(f"There is no scaling {self.scaling!r}.", hint=f"Choose one of: {', '.join(SCALINGS)}.")
        if not 0 <= self.seed < 2**32:
            raise SettingsError("The seed must be between 0 and 4294967295.", hint="42 is as good as any other.")
        if len(dict(self.weights)) < len(self.weights):
            raise SettingsError("A feature is given two weights.", hint="Give each one weight.")
        for name, weight in self.weights:
            if weight not in WEIGHTS:
                raise SettingsError(f"{weight:g} is not a weight.", hint="Choose 0.5, 1 or 2.")
            if name not in self.features:
                raise SettingsError(
                    f"{name!r} is given a weight, but customers are not compared by it.",
                    hint=f"Choose from: {', '.join(self.features)}.",
                )


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
        """As plain JSON values that may be shared; `from_dict` reads them back."""
        values = asdict(self)
        for name in ("start", "as_of"):
            day = values["sales"][name]
            values["sales"][name] = day.isoformat() if day else None
        values["sales"]["source"] = redact_upload_token(self.sales.source)
        values["sales"]["columns"] = dict(self.sales.columns)
        del values["sales"]["excluded_periods"], values["sales"]["excluded_categories"]
        values["sales"]["left_out"] = [
            [first.isoformat(), last.isoformat()] for first, last in self.sales.excluded_periods
        ]
        values["sales"]["categories_left_out"] = list(self.sales.excluded_categories)
        values["model"]["features"] = list(self.model.features)
        values["model"]["weights"] = dict(self.model.weights)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunSettings:
        """The settings that `to_dict` wrote, or wrote before there were weights and anything to leave out.

        >>> RunSettings.from_dict(RunSettings(k=5).to_dict()) == RunSettings(k=5)
        True
        """
        sales, model = dict(values["sales"]), dict(values["model"])
        for name in ("start", "as_of"):
            sales[name] = date.fromisoformat(sales[name]) if sales[name] else None
        sales["columns"] = tuple(sales["columns"].items())
        sales["excluded_periods"] = tuple(
            (date.fromisoformat(first), date.fromisoformat(last)) for first, last in sales.pop("left_out", ())
        )
        sales["excluded_categories"] = tuple(sales.pop("categories_left_out", ()))
        model["features"] = tuple(model["features"])
        model["weights"] = tuple(model.get("weights", {}).items())
        return cls(SalesSettings(**sales), ModelSettings(**model), values["k"])


def parse_named_sources(text: str) -> list[tuple[str, str]]:
    """Names and addresses of the sources that SEGMENTS_SOURCE lists, in order; "" for one without a name.

    Entries stand on lines of their own or between semicolons; an entry is an address, or name=address.

    >>> parse_named_sources("Shop=/data/sales.parquet; duckdb:///data/all.duckdb?table=fct_sales")
    [('Shop', '/data/sales.parquet'), ('', 'duckdb:///data/all.duckdb?table=fct_sales')]
    """
    found = []
    for entry in filter(None, (entry.strip() for entry in text.replace("\n", ";").split(";"))):
        name, separator, address = entry.partition("=")
        named = separator and not any(sign in name for sign in "/\\:?") and not Path(entry).exists()
        found.append((name.strip(), address.strip()) if named else ("", entry))
    return found


def redact_upload_token(source: str) -> str:
    """The address of a source as others may know it: without what opens a visitor's own file.

    >>> redact_upload_token("upload:kX2n/sales.csv"), redact_upload_token("upload:sales.csv")
    ('upload:sales.csv', 'upload:sales.csv')
    >>> redact_upload_token("demo:web-shop")
    'demo:web-shop'
    """
    return UPLOAD + source.rpartition("/")[2].removeprefix(UPLOAD) if source.startswith(UPLOAD) else source


def _merge_periods(periods: Iterable[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    """Periods in order, those that overlap or follow on one another made into one: equal days are equal settings.

    >>> _merge_periods([(date(2024, 3, 1), date(2024, 3, 5)), (date(2024, 2, 1), date(2024, 2, 29))])
    ((datetime.date(2024, 2, 1), datetime.date(2024, 3, 5)),)
    """
    joined: list[tuple[date, date]] = []
    for first, last in sorted(periods):
        if last < first:
            raise SettingsError(
                f"The period {first} to {last} ends before it begins.", hint="Give the first day first."
            )
        if joined and first.toordinal() <= joined[-1][1].toordinal() + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)
