"""All settings of a run: frozen, hashable values.

They are the cache key and part of the manifest; the command line and the URL set them. Nothing else changes a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from segmentation.errors import SettingsError

DEMO_SOURCES = {"demo:complete-journey": "Complete Journey (demo)", "demo:web-shop": "Web shop (demo)"}
"""URI -> display name; offered if no source is configured."""
DEFAULT_SOURCE = "demo:complete-journey"
UPLOAD = "upload:"
"""Scheme of the URI of an uploaded file: upload:TOKEN/NAME."""
DEFAULT_FEATURES = ("recency_days", "frequency", "monetary")
SCALINGS = {
    "log": "Logarithmic: reduces the effect of big spenders, so that they do not form their own segment.",
    "standard": "Standardized without transformation; a few big spenders can form their own segment.",
    "robust": "Scaled by the median and interquartile range; big spenders stand out even more.",
    "ranks": "Uses each customer's rank only, regardless of the size of differences.",
}
WEIGHTS = (0.5, 1.0, 2.0)
"""Allowed weights of a feature; they multiply its scaled values."""
K_MIN, K_MAX = 2, 12
_EPOCH_FORMATS = ("epoch-seconds", "epoch-milliseconds", "epoch-microseconds")
PARSING_OPTIONS = {
    "dates": ("day-first", "month-first", "year-first", "spreadsheet-serial", *_EPOCH_FORMATS),
    "decimal": ("point", "comma"),
}
"""Formats of dates and amounts in text columns."""
STATUS_TREATMENTS = ("count", "exclude", "refund", "return")
"""Effects of an order status or line type. refund subtracts the refunded amount, or the order if it is unknown."""
CUSTOMER_TREATMENTS = ("count", "exclude")
SEMANTIC_OPTIONS = {
    "orders": ("id", "id-and-day", "day", "line"),
    "amount_grain": ("line", "order"),
    "discount_kind": ("amount", "rate", "percent"),
}
"""What one order is, whether the amount is that of a line or of its order, and how the discount is written."""
MAX_WINDOW_DAYS = 36_500
ALL_SALES = 0
"""A window that covers all sales; None is the length of the window of a run."""
NO_LAYOUT = "none"
"""Value of the setting `layout` for a table that is read by its column names alone."""
RECOMMENDED_K_RANGE = (2, 8)
"""Lowest and highest number of segments that is recommended: more than eight are hard to act on."""


@dataclass(frozen=True)
class SalesSettings:
    """Which sales lines are used, and the as-of date. Determines the features of every customer."""

    source: str = DEFAULT_SOURCE
    columns: tuple[tuple[str, str], ...] = ()
    """Pairs (name in fct_sales, name in the source) that override the recognized ones; "" for a column not to use."""
    start: date | None = None
    """First day of the period; earlier lines are rejected."""
    as_of: date | None = None
    """Lines on or after this date are rejected; None: the day after the last sale."""
    window_days: int | None = None
    """Length of a trailing window: lines earlier than this many days before the as-of date are rejected. Instead of
    `start`."""
    drop_duplicates: bool = False
    sample_above: int = 1_000_000
    """Above this many customers, a uniform sample and exact aggregates are fetched instead of every customer."""
    excluded_periods: tuple[tuple[date, date], ...] = ()
    """First and last day of each excluded period; sorted, adjacent and overlapping periods merged."""
    excluded_categories: tuple[str, ...] = ()
    """Excluded product categories, spelled as in the source; sorted."""
    dates: str | None = None
    """Date order of text columns, one of PARSING_OPTIONS; None: inferred if it is unambiguous."""
    decimal: str | None = None
    """The same for amounts."""
    statuses: tuple[tuple[str, str], ...] = ()
    """Pairs (order status or line type, one of STATUS_TREATMENTS) that override its known meaning; sorted."""
    customer_values: tuple[tuple[str, str], ...] = ()
    """Pairs (doubtful customer id such as guest, one of CUSTOMER_TREATMENTS); sorted."""
    currency: str | None = None
    """The currency of all money: other lines are converted by `rates`, or rejected; None: the only one there is."""
    rates: tuple[tuple[str, str], ...] = ()
    """Pairs (currency, value of one unit of it in `currency`, as decimal text); sorted."""
    orders: str | None = None
    """What one order is; like the next two, one of SEMANTIC_OPTIONS, and None: inferred."""
    amount_grain: str | None = None
    discount_kind: str | None = None
    layout: str | None = None
    """Id of the layout of a known export, or NO_LAYOUT; None: recognized by its header."""

    def __post_init__(self) -> None:
        if self.window_days is not None:
            if self.start is not None:
                raise SettingsError("The window has two first days.", hint="Set a start date or a length, not both.")
            if not 1 <= self.window_days <= MAX_WINDOW_DAYS:
                raise SettingsError(
                    f"A window cannot be {self.window_days:,} days long.",
                    hint=f"Choose from 1 to {MAX_WINDOW_DAYS:,} days.",
                )
        object.__setattr__(self, "excluded_periods", _merge_periods(self.excluded_periods))
        object.__setattr__(self, "excluded_categories", tuple(sorted(set(self.excluded_categories))))
        for name, options in (PARSING_OPTIONS | SEMANTIC_OPTIONS).items():
            _check_option(name, getattr(self, name), (None, *options))
        for name, treatments in (("statuses", STATUS_TREATMENTS), ("customer_values", CUSTOMER_TREATMENTS)):
            pairs = {value.strip().casefold(): treatment for value, treatment in getattr(self, name)}
            for treatment in pairs.values():
                _check_option(name, treatment, treatments)
            object.__setattr__(self, name, tuple(sorted(pairs.items())))
        object.__setattr__(self, "currency", self.currency.strip().upper() if self.currency else None)
        object.__setattr__(self, "rates", tuple(sorted({_check_rate(*pair) for pair in self.rates})))
        if self.rates and not self.currency:
            raise SettingsError("Rates need a currency to convert to.", hint="Specify it, for example --currency EUR.")

    def with_window(self, days: int) -> SalesSettings:
        """These settings with a trailing window of this length; ALL_SALES: without one, so that `start` applies if set.

        Frequency and monetary grow with the length of the window: customers whose habits stay the same keep their
        segment only over windows of equal length.

        >>> SalesSettings(start=date(2024, 1, 1)).with_window(365) == SalesSettings(window_days=365)
        True
        """
        if days == ALL_SALES:
            return replace(self, window_days=None)
        return replace(self, start=None, window_days=days)

    def resolve_start(self, as_of: date) -> SalesSettings:
        """These settings with the first day of the trailing window before `as_of` instead of its length.

        >>> SalesSettings(window_days=365).resolve_start(date(2025, 1, 1)).start
        datetime.date(2024, 1, 2)
        """
        if self.window_days is None:
            return self
        return replace(self, start=date.fromordinal(max(as_of.toordinal() - self.window_days, 1)), window_days=None)


@dataclass(frozen=True)
class ModelSettings:
    """Features, scaling, weights and seed. Determines the sweep over k."""

    features: tuple[str, ...] = DEFAULT_FEATURES
    scaling: str = "log"
    seed: int = 42
    weights: tuple[tuple[str, float], ...] = ()
    """Pairs (feature, one of WEIGHTS), sorted; features with weight 1 are omitted."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "weights", tuple(sorted((name, weight) for name, weight in self.weights if weight != 1))
        )
        if not self.features:
            raise SettingsError("No feature is selected.", hint="Select at least one, such as orders (frequency).")
        if self.scaling not in SCALINGS:
            raise SettingsError(f"Unknown scaling {self.scaling!r}.", hint=f"Choose one of: {', '.join(SCALINGS)}.")
        if not 0 <= self.seed < 2**32:
            raise SettingsError("The seed must be between 0 and 4294967295.", hint="The default is 42.")
        if len(dict(self.weights)) < len(self.weights):
            raise SettingsError("A feature has two weights.", hint="Set one weight per feature.")
        for name, weight in self.weights:
            if weight not in WEIGHTS:
                raise SettingsError(f"{weight:g} is not a valid weight.", hint="Choose 0.5, 1 or 2.")
            if name not in self.features:
                raise SettingsError(
                    f"{name!r} has a weight but is not a selected feature.",
                    hint=f"Choose from: {', '.join(self.features)}.",
                )


@dataclass(frozen=True)
class RunSettings:
    """All settings that determine a result; k None: the recommended one."""

    sales: SalesSettings = field(default_factory=SalesSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    k: int | None = None

    def __post_init__(self) -> None:
        if self.k is not None and not K_MIN <= self.k <= K_MAX:
            raise SettingsError(
                f"{self.k} is not a possible number of segments.", hint=f"Choose from {K_MIN} to {K_MAX}, or auto."
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values without upload tokens, so that they can be stored; `from_dict` reads them back."""
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
        for name in ("statuses", "customer_values", "rates"):
            values["sales"][name] = dict(getattr(self.sales, name))
        values["model"]["features"] = list(self.model.features)
        values["model"]["weights"] = dict(self.model.weights)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunSettings:
        """Read the output of `to_dict`, including early versions without weights and exclusions.

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
        for name in ("statuses", "customer_values", "rates"):
            sales[name] = tuple(sales.get(name, {}).items())
        model["features"] = tuple(model["features"])
        model["weights"] = tuple(model.get("weights", {}).items())
        return cls(SalesSettings(**sales), ModelSettings(**model), values["k"])


def parse_named_sources(text: str) -> list[tuple[str, str]]:
    """Parse SEGMENTS_SOURCE into pairs (name, URI), in order; the name is "" if there is none.

    Entries are separated by semicolons or line breaks; each is a URI or name=URI.

    >>> parse_named_sources("Shop=/data/sales.parquet; duckdb:///data/all.duckdb?table=fct_sales")
    [('Shop', '/data/sales.parquet'), ('', 'duckdb:///data/all.duckdb?table=fct_sales')]
    """
    sources = []
    for entry in filter(None, (entry.strip() for entry in text.replace("\n", ";").split(";"))):
        name, separator, uri = entry.partition("=")
        # A path or URI may contain "=" itself: what precedes it is a name only if it cannot be part of one.
        is_named = separator and not any(char in name for char in "/\\:?") and not Path(entry).exists()
        sources.append((name.strip(), uri.strip()) if is_named else ("", entry))
    return sources


def redact_upload_token(source: str) -> str:
    """Remove the secret token from the URI of an uploaded file; other URIs stay unchanged.

    >>> redact_upload_token("upload:kX2n/sales.csv"), redact_upload_token("upload:sales.csv")
    ('upload:sales.csv', 'upload:sales.csv')
    >>> redact_upload_token("demo:web-shop")
    'demo:web-shop'
    """
    return UPLOAD + source.rpartition("/")[2].removeprefix(UPLOAD) if source.startswith(UPLOAD) else source


def _check_option(name: str, value: str | None, options: tuple[str | None, ...]) -> None:
    if value not in options:
        raise SettingsError(
            f"{value!r} is not a valid value for {name.replace('_', ' ')}.",
            hint=f"Choose: {' or '.join(filter(None, options))}.",
        )


def _check_rate(currency: str, rate: str) -> tuple[str, str]:
    """A currency in capitals and its rate as decimal text."""
    try:
        number = Decimal(rate.strip())
    except InvalidOperation:
        number = Decimal(0)
    if not (number.is_finite() and number > 0):
        raise SettingsError(
            f"The rate {rate.strip()!r} of {currency.strip()!r} is not a number above 0.",
            hint="Write it with a decimal point: 0.92.",
        )
    return currency.strip().upper(), str(number.normalize())


def _merge_periods(periods: Iterable[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    """Sort the periods and merge overlapping and adjacent ones, so that equal days are equal settings.

    >>> _merge_periods([(date(2024, 3, 1), date(2024, 3, 5)), (date(2024, 2, 1), date(2024, 2, 29))])
    ((datetime.date(2024, 2, 1), datetime.date(2024, 3, 5)),)
    """
    merged: list[tuple[date, date]] = []
    for first, last in sorted(periods):
        if last < first:
            raise SettingsError(f"The period {first} to {last} ends before it begins.", hint="Put the first day first.")
        if merged and first.toordinal() <= merged[-1][1].toordinal() + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)
