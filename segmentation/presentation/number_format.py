"""The reader's number format: thousands separator, decimal separator and currency symbol.

It changes no result and is not part of manifests, exported files or cache keys. Stored and shared texts are written in
the default format; texts for one reader within `number_format_context`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from segmentation.errors import SettingsError

NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
SEPARATORS = {
    "1,234.50": (",", "."),
    "1.234,50": (".", ","),
    "1 234,50": (NARROW_SPACE, ","),
    "1'234.50": ("\u2019", "."),
}
"""Example -> thousands separator, decimal separator."""
MAX_SYMBOL_LENGTH = 4


@dataclass(frozen=True)
class NumberFormat:
    """A format for numbers and amounts.

    >>> euro = NumberFormat("1.234,50", "EUR", symbol_after=True)
    >>> euro.format_decimal(-1234.5, 2), euro.add_currency("1.234,50").replace("\N{NO-BREAK SPACE}", " ")
    ('-1.234,50', '1.234,50 EUR')
    >>> krone = NumberFormat(symbol="kr")
    >>> NumberFormat(symbol="$").add_currency("-12"), krone.add_currency("5").replace("\N{NO-BREAK SPACE}", " ")
    ('-$12', 'kr 5')
    """

    example: str = "1,234.50"
    """A key of SEPARATORS."""
    symbol: str = ""
    """Currency symbol; empty by default, because the data does not specify the currency."""
    symbol_after: bool = False

    def __post_init__(self) -> None:
        if self.example not in SEPARATORS:
            raise SettingsError(
                f"Unknown number format {self.example!r}.", hint=f"Choose one of: {'; '.join(SEPARATORS)}."
            )
        fits = len(self.symbol) <= MAX_SYMBOL_LENGTH and self.symbol == self.symbol.strip()
        if not fits or not all(c.isalpha() or c == "." or unicodedata.category(c) == "Sc" for c in self.symbol):
            raise SettingsError(
                f"{self.symbol!r} is not a currency symbol.",
                hint=f"Use at most {MAX_SYMBOL_LENGTH} letters or currency signs, such as \N{EURO SIGN}, $ or CHF.",
            )

    @property
    def thousands_separator(self) -> str:
        """The separator between thousands."""
        return SEPARATORS[self.example][0]

    @property
    def decimal_separator(self) -> str:
        """The separator before decimals."""
        return SEPARATORS[self.example][1]

    def format_decimal(self, value: float | Decimal, places: int) -> str:
        """Format with this many decimals; a half is rounded away from 0, as charts in the browser do."""
        exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
        if exact.is_finite() and abs(exact) < _ROUNDED_BELOW:
            exact = exact.quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
        return self.localize(f"{exact or abs(exact):,.{places}f}")

    def localize(self, neutral: str) -> str:
        """Replace the separators of a number formatted by Python (1,234.50) by those of this format."""
        return neutral.translate({ord(","): self.thousands_separator, ord("."): self.decimal_separator})

    def add_currency(self, text: str) -> str:
        """Add the currency symbol, if there is one, to a formatted number."""
        if not self.symbol:
            return text
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        if self.symbol_after:
            return f"{sign}{digits}\N{NO-BREAK SPACE}{self.symbol}"
        gap = "\N{NO-BREAK SPACE}" if self.symbol[-1].isalpha() else ""
        return f"{sign}{self.symbol}{gap}{digits}"


_ROUNDED_BELOW = Decimal(10) ** 40
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP)
DEFAULT_FORMAT = NumberFormat()
_CURRENT: ContextVar[NumberFormat] = ContextVar("number_format", default=DEFAULT_FORMAT)


def get_number_format() -> NumberFormat:
    """The number format of the current context."""
    return _CURRENT.get()


def set_number_format(number_format: NumberFormat) -> None:
    """Set the number format of the current context."""
    _CURRENT.set(number_format)


@contextmanager
def number_format_context(number_format: NumberFormat) -> Iterator[None]:
    """Use a number format within the block."""
    token = _CURRENT.set(number_format)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def add_percent_sign(text: str) -> str:
    """Add a percent sign with a no-break space to a formatted number.

    >>> add_percent_sign("39")
    '39\\xa0%'
    """
    return f"{text}\N{NO-BREAK SPACE}%"


def add_currency(text: str) -> str:
    """Add the currency symbol of the current format to a formatted number."""
    return get_number_format().add_currency(text)
