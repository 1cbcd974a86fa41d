"""How numbers are written for a reader: signs for thousands and decimals, and the currency.

It changes no result and is in no saved file: machine files, manifests and cache keys know nothing of it. What is kept
or shared by several readers is written in the neutral format; what one reader sees, within `number_format_context`.
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
"""How a number can be written, by an example: sign of thousands, sign of decimals."""
MAX_SYMBOL_LENGTH = 4


@dataclass(frozen=True)
class NumberFormat:
    """One way to write numbers and amounts.

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
    """Of the currency; empty: amounts stand without one, because the data do not name any."""
    symbol_after: bool = False

    def __post_init__(self) -> None:
        if self.example not in SEPARATORS:
            raise SettingsError(
                f"Numbers cannot be written like {self.example!r}.", hint=f"Choose one of: {'; '.join(SEPARATORS)}."
            )
        fits = len(self.symbol) <= MAX_SYMBOL_LENGTH and self.symbol == self.symbol.strip()
        if not fits or not all(c.isalpha() or c == "." or unicodedata.category(c) == "Sc" for c in self.symbol):
            raise SettingsError(
                f"{self.symbol!r} is not a currency's symbol.",
                hint=f"Give at most {MAX_SYMBOL_LENGTH} letters or signs, such as \N{EURO SIGN}, $ or CHF.",
            )

    @property
    def thousands_separator(self) -> str:
        """The sign between thousands."""
        return SEPARATORS[self.example][0]

    @property
    def decimal_separator(self) -> str:
        """The sign before decimals."""
        return SEPARATORS[self.example][1]

    def format_decimal(self, value: float | Decimal, places: int) -> str:
        """A number with so many decimals; a half goes away from 0, as people round and charts in a browser do."""
        exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
        if exact.is_finite() and abs(exact) < _ROUNDED_BELOW:
            exact = exact.quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
        return self.localize(f"{exact or abs(exact):,.{places}f}")

    def localize(self, neutral: str) -> str:
        """A number that Python wrote with commas and a point, in these signs."""
        return neutral.translate({ord(","): self.thousands_separator, ord("."): self.decimal_separator})

    def add_currency(self, written: str) -> str:
        """A written number with the currency's symbol, where there is one."""
        if not self.symbol:
            return written
        sign, figures = ("-", written[1:]) if written.startswith("-") else ("", written)
        if self.symbol_after:
            return f"{sign}{figures}\N{NO-BREAK SPACE}{self.symbol}"
        gap = "\N{NO-BREAK SPACE}" if self.symbol[-1].isalpha() else ""
        return f"{sign}{self.symbol}{gap}{figures}"


_ROUNDED_BELOW = Decimal(10) ** 40
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP)
DEFAULT_FORMAT = NumberFormat()
_CURRENT: ContextVar[NumberFormat] = ContextVar("number_format", default=DEFAULT_FORMAT)


def get_number_format() -> NumberFormat:
    """The format of whoever reads what is being written."""
    return _CURRENT.get()


def set_number_format(form: NumberFormat) -> None:
    """Write numbers like this from now on, in this thread."""
    _CURRENT.set(form)


@contextmanager
def number_format_context(form: NumberFormat) -> Iterator[None]:
    """Write numbers like this within the block, in this thread."""
    token = _CURRENT.set(form)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def add_percent_sign(written: str) -> str:
    """A written number as per cent; a line never ends between the two.

    >>> add_percent_sign("39")
    '39\\xa0%'
    """
    return f"{written}\N{NO-BREAK SPACE}%"


def add_currency(written: str) -> str:
    """A number in the current format, as an amount."""
    return get_number_format().add_currency(written)
