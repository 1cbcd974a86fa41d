"""Figures as a marketer reads them: no decimals that say nothing, thousands separated, 1 order and 3 orders."""

from __future__ import annotations

import math

from segmentation.presentation import formatting, number_format


def format_number(value: float) -> str:
    """A count or a number of days: whole from 10 on, at most one decimal below; halves go up.

    >>> format_number(1240.4), format_number(5.5), format_number(1.0), format_number(172.5), format_number(float("nan"))
    ('1,240', '5.5', '1', '173', 'unknown')
    """
    if not math.isfinite(value):
        return "unknown"
    return formatting.format_compact(value)


def format_money(value: float) -> str:
    """An amount, with the reader's currency if there is one: whole from 10 on, cents below.

    >>> format_money(1240.4), format_money(9.9), format_money(3.0), format_money(-12.5)
    ('1,240', '9.90', '3.00', '-13')
    """
    if not math.isfinite(value):
        return "unknown"
    small = abs(value) < 9.995
    return number_format.add_currency(number_format.format_decimal(value, 2 if small else 0))


def format_percent(share: float) -> str:
    """A share of 0..1 as per cent; small shares keep a decimal.

    >>> format_percent(0.153), format_percent(0.004), format_percent(float("nan"))
    ('15\\xa0%', '0.4\\xa0%', 'an unknown part')
    """
    if not math.isfinite(share):
        return "an unknown part"
    return formatting.format_percent(share)


def pluralize(value: float, word: str) -> str:
    """A number with its word.

    >>> pluralize(1, "order"), pluralize(3, "order"), pluralize(1.5, "day")
    ('1 order', '3 orders', '1.5 days')
    """
    text = format_number(value)
    return f"{text} {word}" if text == "1" else f"{text} {word}s"


def format_percentile(position: float) -> str:
    """A position of 0..1 as a percentile from 1st to 99th.

    >>> format_percentile(0.871), format_percentile(0.02), format_percentile(0.995), format_percentile(0.12)
    ('87th', '2nd', '99th', '12th')
    """
    if not math.isfinite(position):
        return "unknown"
    place = int(formatting.format_percentile(position))
    ending = "th" if 10 < place < 14 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def format_days_ago(days: float) -> str:
    """How long ago.

    >>> format_days_ago(1), format_days_ago(34)
    ('1 day ago', '34 days ago')
    """
    return f"{pluralize(days, 'day')} ago"
