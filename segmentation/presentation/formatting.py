"""Numbers as a marketer reads them, in the reader's own format: shares as '14 %', money without an invented currency.

The format is the current one of `segmentation.presentation.number_format`; the examples show the neutral one.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

from segmentation.presentation.number_format import add_currency, add_percent_sign, get_number_format

_ORDINAL_ENDINGS = {"1": "st", "2": "nd", "3": "rd"}


def format_count(number: float) -> str:
    """A whole number.

    >>> format_count(1469307)
    '1,469,307'
    """
    return format_decimal(number, 0)


def format_decimal(number: float | Decimal, places: int = 2) -> str:
    """Format a number with this many decimals; a missing one as a dash.

    >>> format_decimal(1234.567), format_decimal(float("nan"), 3)
    ('1,234.57', '–')
    >>> format_decimal(208.5, 0), format_decimal(2.5, 0), format_decimal(-0.2, 0), format_decimal(1.005)
    ('209', '3', '0', '1.01')
    """
    return get_number_format().format_decimal(number, places) if math.isfinite(number) else "–"


def format_percent(part: float, unknown: str = "–") -> str:
    """Format a share (0 to 1) as a percentage; below 10 % with one or two decimals, to show a small share.

    >>> format_percent(0.143), format_percent(0.0312), format_percent(float("nan"))
    ('14\xa0%', '3.1\xa0%', '–')
    >>> format_percent(0.0003), format_percent(0.00001)
    ('0.03\xa0%', '0\xa0%')
    """
    if not math.isfinite(part):
        return unknown
    size = abs(part)
    places = 0 if size >= 0.0995 or size < 0.00005 else 1 if size >= 0.0005 else 2
    return add_percent_sign(format_decimal(100 * part, places))


def format_currency(amount: float | Decimal, cents_below: float = 1000) -> str:
    """Format an amount; cents are shown only below `cents_below`, where they matter.

    >>> format_currency(4596039.58), format_currency(29.5), format_currency(float("nan"))
    ('4,596,040', '29.50', '–')
    """
    if not math.isfinite(amount):
        return "–"
    return add_currency(format_decimal(amount, 0 if round(abs(float(amount)), 2) >= cents_below else 2))


def format_rounded_currency(amount: float) -> str:
    """Format an amount for a sentence: without cents from 10 on.

    >>> format_rounded_currency(1240.4), format_rounded_currency(9.9), format_rounded_currency(-12.5)
    ('1,240', '9.90', '-13')
    """
    return format_currency(amount, cents_below=10)


def format_amount(amount: float | Decimal) -> str:
    """Format an amount to the cent, for sums that must add up.

    >>> format_amount(Decimal("4596039.58"))
    '4,596,039.58'
    """
    return format_currency(amount, cents_below=math.inf)


def format_compact(number: float) -> str:
    """Format a count or a number of days: integer from 10 on, below with at most one decimal.

    >>> [format_compact(number) for number in (208.5, 12.4, 3.25, 1.0, float("nan"))]
    ['209', '12', '3.3', '1', '–']
    """
    text = format_decimal(number, 1 if abs(number) < 9.95 else 0)
    return text[:-2] if abs(number) < 9.95 and text.endswith("0") else text


def format_percentile(position: float) -> str:
    """Format a position (0 to 1) among all customers as a percentile from 1 to 99.

    >>> format_percentile(0.725), format_percentile(0.002), format_percentile(0.999), format_percentile(float("nan"))
    ('73', '1', '99', '–')
    """
    return format_count(min(max(100 * position, 1), 99)) if math.isfinite(position) else "–"


def format_ordinal(position: float) -> str:
    """Format a position (0 to 1) as an ordinal percentile from 1st to 99th.

    >>> format_ordinal(0.871), format_ordinal(0.02), format_ordinal(0.995), format_ordinal(0.12)
    ('87th', '2nd', '99th', '12th')
    """
    percentile = format_percentile(position)
    if not percentile[-1].isdigit():
        return percentile
    return percentile + ("th" if percentile in ("11", "12", "13") else _ORDINAL_ENDINGS.get(percentile[-1], "th"))


def format_value(number: float, unit: str) -> str:
    """A value with its unit.

    Args:
        number: the value.
        unit: money, share (0..1), or what is counted, in the plural.

    >>> format_value(12, "days"), format_value(0.2, "share"), format_value(3.25, "orders"), format_value(1, "orders")
    ('12 days', '20\xa0%', '3.3 orders', '1 order')
    """
    if not math.isfinite(number):
        return "–"
    if unit == "share":
        return format_percent(number)
    if unit == "money":
        return format_currency(number)
    text = format_compact(number)
    singular = {"categories": "category"}.get(unit, unit.removesuffix("s"))
    return f"{text} {singular if text == '1' else unit}"


def format_date(when: date) -> str:
    """A day.

    >>> format_date(date(2025, 3, 1))
    'March 1, 2025'
    """
    return f"{when:%B} {when.day}, {when.year}"


def format_short_date(when: date) -> str:
    """A day where room is scarce, as in a table; it never wraps.

    >>> format_short_date(date(2025, 9, 1)).replace("\N{NO-BREAK SPACE}", " ")
    'Sep 1, 2025'
    """
    return f"{when:%b}\N{NO-BREAK SPACE}{when.day},\N{NO-BREAK SPACE}{when.year}"


def format_timestamp(text: str) -> str:
    """A moment in UTC.

    Args:
        text: in ISO 8601.

    >>> format_timestamp("2026-03-01T12:05:00Z")
    'March 1, 2026 at 12:05 UTC'
    """
    moment = datetime.fromisoformat(text)
    return f"{format_date(moment)} at {moment:%H:%M} UTC"
