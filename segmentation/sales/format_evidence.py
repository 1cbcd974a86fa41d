"""How well each format of dates and amounts parses the text columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation.runtime.epoch_days import EPOCH, count_epoch_days, to_day_literal
from segmentation.sales import text_parsing
from segmentation.sales.source import SalesSource

_COLUMNS = {
    "dates": ("transaction_date",),
    "decimal": (
        "net_sales_amount",
        "total_amount",
        "gross_sales_amount",
        "subtotal_amount",
        "unit_price",
        "discount_amount",
        "line_discount_amount",
        "refund_amount",
        "tax_amount",
        "shipping_amount",
        "quantity",
    ),
}


@dataclass(frozen=True)
class FormatEvidence:
    """How well each format parses one text column; all counts are lines."""

    name: str
    """In fct_sales."""
    column: str
    """In the table."""
    lines: int
    """With a value."""
    readable: int
    """Parsed by any format."""
    fast: int
    """Readable, and written as the fast format (`text_parsing.FAST_PATTERNS`) expects."""
    by_format: Mapping[str, int]
    """Format -> lines that it parses."""
    differing: Mapping[tuple[str, str], int]
    """Pair of formats -> lines that both parse, with different results."""
    example: str | None
    """A value to ask about, if possible one that two formats parse differently."""
    partial_examples: Mapping[str, str | None]
    """Format -> a value that it parses and another format does not, if possible the one that parses the most."""
    unreadable: str | None
    """A value that no format parses."""
    numbers: Mapping[str, tuple[int, str | None]]
    """Date format that is a bare number -> values of that form, and one of them."""
    has_calendar_dates: bool
    """Whether a value is a date and not a bare number."""

    @property
    def is_fast(self) -> bool:
        """Whether the fast format parses all lines that any format parses."""
        return self.fast == self.readable

    @property
    def is_mostly_unreadable(self) -> bool:
        """Whether no format parses even half of the lines."""
        return self.readable * 2 < self.lines


def collect_evidence(
    source: SalesSource,
    table: ibis.Table,
    columns: Mapping[str, str],
    setting: str,
    formats: Sequence[str],
    load_day: date,
) -> list[FormatEvidence]:
    """Parse every distinct value of the text columns (and of numbers in a column of dates) in every format.

    Amounts of one shape, which differ in nothing that a format looks at, are parsed once.

    Args:
        source: the source of the lines.
        table: its table, unbound.
        columns: name in fct_sales -> name in the table.
        setting: dates or decimal.
        formats: the formats to try.
        load_day: a date with a two-digit year is not valid when it lies after this day.

    Returns:
        the evidence of each column that has values; [] if there is no text to parse, or every date is ISO.
    """
    named = {
        name: columns[name]
        for name in _COLUMNS[setting]
        if name in columns
        and ((kind := table[columns[name]].type()).is_string() or (setting == "dates" and kind.is_numeric()))
    }
    if not named:
        return []
    stacked = [
        table.select(name=ibis.literal(name, "string"), text=_get_text(table[column], name))
        for name, column in named.items()
    ]
    values = ibis.union(*stacked) if len(stacked) > 1 else stacked[0]
    values = values.filter(values.text != "")
    if setting == "dates":  # cheap check of the usual case: every date is ISO
        slow = values.filter(~values.text.re_search(text_parsing.FAST_PATTERNS[setting]))
        if source.fetch(slow.aggregate(lines=slow.count())).to_pylist()[0]["lines"] == 0:
            return []
    values = values.group_by("name", "text").aggregate(lines=values.count())
    if setting == "decimal":  # parsing takes dozens of regular expressions, and few amounts need them
        alike = ((values.text.re_search(of), shape) for shape, of in text_parsing.AMOUNT_SHAPES.items())
        values = values.mutate(shape=ibis.cases(*alike, else_=values.text))
        values = values.group_by("name", "shape").aggregate(lines=values.lines.sum(), text=values.text.min())
    rows = {row["name"]: row for row in source.fetch(_count_by_format(values, setting, formats, load_day)).to_pylist()}
    return [_build_evidence(name, column, rows[name], formats) for name, column in named.items() if name in rows]


def _count_by_format(values: ibis.Table, setting: str, formats: Sequence[str], load_day: date) -> ibis.Table:
    """One row per column: how many lines each format, or pair of formats, parses, and examples.

    Args:
        values: name (of the column), text and lines, one row per distinct text.
        setting, formats, load_day: as in `collect_evidence`.
    """
    parsed = {
        f"as_{number}": _parse_value(values.text, setting, format_name, count_epoch_days(load_day))
        for number, format_name in enumerate(formats)
    }
    values = values.mutate(fast=values.text.re_search(text_parsing.FAST_PATTERNS[setting]), **parsed)
    results = [values[name] for name in parsed]
    is_readable = ~ibis.and_(*(result.isnull() for result in results))

    def count(condition: ir.BooleanValue) -> ir.Value:
        return condition.ifelse(values.lines, 0).sum()

    def pick_example(condition: ir.BooleanValue) -> ir.Value:
        return condition.ifelse(values.text, ibis.null("string")).min()

    numbers = {}
    if setting == "dates":
        numbers = {f"number_{a}": values.text.re_search(p) for a, p in enumerate(text_parsing.NUMBER_PATTERNS.values())}
    is_number = ibis.or_(*numbers.values()) if numbers else ibis.literal(False)
    pairs = _list_pairs(formats)
    differ = {(a, b): ibis.coalesce(results[a] != results[b], False) for a, b in pairs}
    return values.group_by("name").aggregate(
        lines=values.lines.sum(),
        readable=count(is_readable),
        fast=count(is_readable & values.fast),
        ambiguous=pick_example(ibis.or_(*differ.values())),
        slow=pick_example(is_readable & ~values.fast),
        unreadable=pick_example(~is_readable),
        calendar=count(is_readable & ~is_number),
        **{name: count(condition) for name, condition in numbers.items()},
        **{f"{name}_example": pick_example(condition) for name, condition in numbers.items()},
        **{f"count_{a}": count(result.notnull()) for a, result in enumerate(results)},
        **{
            f"only_{a}_{b}": pick_example(results[a].notnull() & results[b].isnull())
            for pair in pairs
            for a, b in (pair, pair[::-1])
        },
        **{f"differ_{a}_{b}": count(differ[a, b]) for a, b in pairs},
    )


def _build_evidence(name: str, column: str, row: Mapping[str, Any], formats: Sequence[str]) -> FormatEvidence:
    """The evidence of one column from its row of `_count_by_format`."""
    return FormatEvidence(
        name=name,
        column=column,
        lines=int(row["lines"]),
        readable=int(row["readable"]),
        fast=int(row["fast"]),
        by_format={format_name: int(row[f"count_{a}"]) for a, format_name in enumerate(formats)},
        differing={(formats[a], formats[b]): int(row[f"differ_{a}_{b}"]) for a, b in _list_pairs(formats)},
        example=_shorten(row["ambiguous"] or row.get("number_0_example") or row["slow"]),
        partial_examples={
            format_name: _pick_partial_example(row, a, len(formats)) for a, format_name in enumerate(formats)
        },
        unreadable=_shorten(row["unreadable"]),
        numbers={
            format_name: (int(row[f"number_{a}"]), row[f"number_{a}_example"])
            for a, format_name in enumerate(text_parsing.NUMBER_PATTERNS)
            if f"number_{a}" in row
        },
        has_calendar_dates=row["calendar"] > 0,
    )


def _list_pairs(formats: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of each pair of formats, the larger first."""
    return [(a, b) for a in range(len(formats)) for b in range(a)]


def _pick_partial_example(row: Mapping[str, Any], index: int, formats: int) -> str | None:
    """A value that one format parses and another does not: preferably the one that parses the most lines."""
    others = sorted((other for other in range(formats) if other != index), key=lambda other: -row[f"count_{other}"])
    return _shorten(next((text for other in others if (text := row[f"only_{index}_{other}"]) is not None), None))


def _get_text(value: ir.Value, name: str) -> ir.StringValue:
    if not value.type().is_string():
        return value.cast("string").re_replace("[.]0$", "")
    return (text_parsing.strip_percent_sign(value) if name == "discount_amount" else value).strip()


def _parse_value(text: ir.StringValue, setting: str, format_name: str, last_day: int) -> ir.Value:
    if setting == "decimal":
        return text_parsing.parse_amount(text, format_name)
    day = text_parsing.parse_date(text, format_name).delta(ibis.date(EPOCH.isoformat()), unit="day")
    return (text_parsing.has_short_year(text) & (day > to_day_literal(last_day))).ifelse(ibis.null(day.type()), day)


def _shorten(text: str | None) -> str | None:
    return text if text is None or len(text) <= 40 else f"{text[:39]}…"
