"""Figures as a marketer reads them: no decimals that say nothing, thousands separated, 1 order and 3 orders."""

from __future__ import annotations

import math

from segmentation.presentation import number_format as display, formatting as numbers


def number(value: float) -> str:
    """A count or a number of days: whole from 10 on, at most one decimal below; halves go up.

    >>> number(1240.4), number(5.5), number(1.0), number(172.5), number(float("nan"))
    ('1,240', '5.5', '1', '173', 'unknown')
    """
    if not math.isfinite(value):
        return "unknown"
    return numbers.brief(value)


def money(value: float) -> str:
    """An amount, with the reader's currency if there is one: whole from 10 on, cents below.

    >>> money(1240.4), money(9.9), money(3.0), money(-12.5)
    ('1,240', '9.90', '3.00', '-13')
    """
    if not math.isfinite(value):
        return "unknown"
    small = abs(value) < 9.995
    return display.money(display.fixed(value, 2 if small else 0))


def percent(share: float) -> str:
    """A share of 0..1 as per cent; small shares keep a decimal.

    >>> percent(0.153), percent(0.004), percent(float("nan"))
    ('15\\xa0%', '0.4\\xa0%', 'an unknown part')
    """
    if not math.isfinite(share):
        return "an unknown part"
    return numbers.share(share)


def plural(value: float, word: str) -> str:
    """A number with its word.

    >>> plural(1, "order"), plural(3, "order"), plural(1.5, "day")
    ('1 order', '3 orders', '1.5 days')
    """
    text = number(value)
    return f"{text} {word}" if text == "1" else f"{text} {word}s"


def percentile(position: float) -> str:
    """A position of 0..1 as a percentile from 1st to 99th.

    >>> percentile(0.871), percentile(0.02), percentile(0.995), percentile(0.12)
    ('87th', '2nd', '99th', '12th')
    """
    if not math.isfinite(position):
        return "unknown"
    place = int(numbers.place(position))
    ending = "th" if 10 < place < 14 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def days_ago(days: float) -> str:
    """How long ago.

    >>> days_ago(1), days_ago(34)
    ('1 day ago', '34 days ago')
    """
    return f"{plural(days, 'day')} ago"
