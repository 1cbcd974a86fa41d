"""Numbers as a marketer reads them, in the reader's own format: shares as '14 %', money without an invented currency.

The format is the current one of `segmentation.presentation.number_format`; the examples show the neutral one.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

from segmentation.presentation import number_format as display
from segmentation.presentation.number_format import text

__all__ = ["brief", "cents", "count", "day", "decimal", "money", "place", "share", "text", "value"]


def count(number: float) -> str:
    """A whole number.

    >>> count(1469307)
    '1,469,307'
    """
    return display.fixed(number, 0)


def decimal(number: float, places: int = 2) -> str:
    """A number with so many decimals; one that is not known is a dash.

    >>> decimal(1234.567), decimal(float("nan"), 3)
    ('1,234.57', '–')
    """
    return display.fixed(number, places) if math.isfinite(number) else "–"


def share(part: float) -> str:
    """A share of one; under 10 % with one decimal, so that a small segment is not shown as nothing.

    >>> share(0.143), share(0.0312), share(float("nan"))
    ('14\\xa0%', '3.1\\xa0%', '–')
    """
    if not math.isfinite(part):
        return "–"
    return display.percent(display.fixed(100 * part, 1 if 0 < abs(part) < 0.0995 else 0))


def money(amount: float | Decimal) -> str:
    """An amount; cents only where they matter to a reader.

    >>> money(4596039.58), money(29.5)
    ('4,596,040', '29.50')
    """
    return display.money(display.fixed(amount, 0 if abs(float(amount)) >= 1000 else 2))


def cents(amount: float | Decimal) -> str:
    """An amount to the cent, for sums that must add up.

    >>> cents(Decimal("4596039.58"))
    '4,596,039.58'
    """
    return display.money(display.fixed(amount, 2))


def brief(number: float) -> str:
    """A count, or a number of days: whole from 10 on, at most one decimal below.

    >>> brief(208.5), brief(12.4), brief(3.25), brief(1.0), brief(float("nan"))
    ('209', '12', '3.3', '1', '–')
    """
    if not math.isfinite(number):
        return "–"
    text = display.fixed(number, 1)
    return text[:-2] if abs(number) < 9.95 and text.endswith("0") else text if abs(number) < 9.95 else count(number)


def place(position: float) -> str:
    """A place of 0..1 among all customers, as how many of 100 have less: never nobody, never all.

    >>> place(0.725), place(0.002), place(0.999), place(float("nan"))
    ('73', '1', '99', '–')
    """
    return count(min(max(100 * position, 1), 99)) if math.isfinite(position) else "–"


def value(number: float, unit: str) -> str:
    """A feature's value in its own unit.

    >>> value(12, "days"), value(0.2, "share"), value(3.25, "orders"), value(1, "orders")
    ('12 days', '20\\xa0%', '3.3 orders', '1 order')
    """
    if not math.isfinite(number):
        return "–"
    if unit == "share":
        return share(number)
    if unit == "money":
        return money(number)
    text = brief(number)
    singular = {"categories": "category"}.get(unit, unit.removesuffix("s"))
    return f"{text} {singular if text == '1' else unit}"


def day(when: date) -> str:
    """A day.

    >>> day(date(2025, 3, 1))
    '1 March 2025'
    """
    return f"{when.day} {when:%B %Y}"
