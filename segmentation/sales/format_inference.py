"""How dates and amounts that came as text are to be read: found where there is one way only, else asked.

Every value of a column is tried in every way. A way is possible when it reads all values that can be read at all.
Where one way is possible, or those that are say the same of every value, it is found; else only the owner of the data
knows, and `QuestionError` asks. Values that no way can read stay unread, and their lines are set aside with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation.errors import AmbiguousFormatError, DataError
from segmentation.sales import text_parsing
from segmentation.sales.source import SalesSource
from segmentation.settings import PARSING_OPTIONS

_EPOCH = date(1970, 1, 1)
_COLUMNS = {
    "dates": ("transaction_date",),
    "decimal": ("net_sales_amount", "total_amount", "gross_sales_amount", "discount_amount", "quantity"),
}
_AMOUNTS = _COLUMNS["decimal"][:3]
_FAST_PATTERNS = {"dates": text_parsing.ISO, "decimal": text_parsing.PLAIN}


@dataclass(frozen=True)
class TextFormat:
    """How text is read. `iso` and `plain` are the quick ways, for columns that need no other."""

    dates: str = text_parsing.ISO
    decimal: str = text_parsing.PLAIN
    ignored_columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Columns of fct_sales that are not used because most of their values are no numbers, each with a sentence."""
    examples: Mapping[str, str] = field(default_factory=dict, compare=False)
    """dates, decimal -> a value that shows how it is read, and what it means: '02/03/2024' is read as 2 March 2024."""

    @property
    def needs_parsing_cache(self) -> bool:
        """Whether reading the text takes so much that it should be done once."""
        return (self.dates, self.decimal) != (text_parsing.ISO, text_parsing.PLAIN)

    def describe(self) -> tuple[str, ...]:
        """What a reader of the result should know of it."""
        return (*(f"{text}." for text in self.examples.values()), *self.ignored_columns.values())


@dataclass(frozen=True)
class _Evidence:
    """What one column of text says about the ways to read it; all counts are lines."""

    name: str
    column: str
    lines: int
    readable: int
    quick: int
    by_way: Mapping[str, int]
    differing: Mapping[tuple[str, str], int]
    example: str | None
    only: Mapping[str, str | None]
    unreadable: str | None

    @property
    def mostly_unreadable(self) -> bool:
        return self.readable * 2 < self.lines


def infer_text_format(
    source: SalesSource,
    table: ibis.Table,
    columns: Mapping[str, str],
    load_day: date,
    dates: str | None = None,
    decimal: str | None = None,
) -> TextFormat:
    """How the text of a table is to be read.

    Args:
        source: where the lines live.
        table: its table, unbound.
        columns: name in fct_sales -> name in the table.
        load_day: a date whose year has two digits is none of a sale when it lies after this day.
        dates, decimal: the way that was asked for; None: find it.

    Raises:
        QuestionError: there are several ways, and they differ.
        DataError: most dates or amounts cannot be read in any way, or not in the way that was asked for.
    """
    found: dict[str, str] = {}
    examples: dict[str, str] = {}
    unread: dict[str, str] = {}
    needed = {"transaction_date", next((name for name in _AMOUNTS if name in columns), "")}
    for setting, asked in (("dates", dates), ("decimal", decimal)):
        told = []
        for evidence in _collect_evidence(source, table, columns, setting, (load_day - _EPOCH).days):
            if not evidence.mostly_unreadable:
                told.append(evidence)
            elif evidence.name in needed:
                raise _describe_unreadable(evidence, setting)
            else:
                unread[evidence.name] = (
                    f"The column {evidence.column!r} was left out: most of its values, such as "
                    f"{evidence.unreadable!r}, are no numbers."
                )
        matters = any(one.quick < one.readable or any(one.differing.values()) for one in told)
        if not told or not (matters or (asked and setting == "decimal")):
            found[setting] = _FAST_PATTERNS[setting]
            continue
        way = found[setting] = asked or _resolve_single_format(source, told, setting)
        for one in told:
            if one.by_way[way] * 2 < one.lines and one.name in needed:
                raise DataError(
                    f"Most values of {one.column!r} cannot be read {_FORMAT_DESCRIPTIONS[way]}, for example {_describe_counterexample(way, one)!r}.",
                    hint=_format_hint(setting),
                )
        if way == "point" and all(one.quick == one.readable for one in told):
            found[setting] = text_parsing.PLAIN
        shown = next((one.example for one in told if one.example), None)
        if shown is not None:
            examples[setting] = f"'{shown}' is read as {_describe_meaning(source, setting, way, shown)}"
    return TextFormat(found["dates"], found["decimal"], unread, examples)


_FORMAT_DESCRIPTIONS = {
    "day-first": "with the day first",
    "month-first": "with the month first",
    "year-first": "with the year first",
    "point": "with a decimal point",
    "comma": "with a decimal comma",
}


def _collect_evidence(
    source: SalesSource, table: ibis.Table, columns: Mapping[str, str], setting: str, last_day: int
) -> list[_Evidence]:
    """Try every way on every different value of the text columns that a setting concerns."""
    named = {
        name: columns[name] for name in _COLUMNS[setting] if name in columns and table[columns[name]].type().is_string()
    }
    if not named:
        return []
    ways = PARSING_OPTIONS[setting]
    stacked = [
        table.select(name=ibis.literal(name, "string"), text=table[column].strip()) for name, column in named.items()
    ]
    values = ibis.union(*stacked) if len(stacked) > 1 else stacked[0]
    values = values.filter(values.text != "")
    if setting == "dates":  # the usual case costs little: every date is written the one way
        slow = values.filter(~values.text.re_search(text_parsing.FAST_PATTERNS[setting]))
        if source.fetch(slow.aggregate(lines=slow.count())).to_pylist()[0]["lines"] == 0:
            return []
    values = values.group_by("name", "text").aggregate(lines=lambda one: one.count())
    read = {f"as_{number}": _parse_value(values.text, setting, way, last_day) for number, way in enumerate(ways)}
    values = values.mutate(quick=values.text.re_search(text_parsing.FAST_PATTERNS[setting]), **read)
    tried = [values[name] for name in read]
    is_readable = ~ibis.and_(*(one.isnull() for one in tried))

    def count(condition: ir.BooleanValue) -> ir.Value:
        return condition.ifelse(values.lines, 0).sum()

    def least(condition: ir.BooleanValue) -> ir.Value:
        return condition.ifelse(values.text, ibis.null("string")).min()

    pairs = [(a, b) for a in range(len(ways)) for b in range(a)]
    differ = {(a, b): ibis.coalesce(tried[a] != tried[b], False) for a, b in pairs}
    answer = values.group_by("name").aggregate(
        lines=values.lines.sum(),
        readable=count(is_readable),
        quick=count(is_readable & values.quick),
        open=least(ibis.or_(*differ.values())),
        slow=least(is_readable & ~values.quick),
        unreadable=least(~is_readable),
        **{f"count_{a}": count(tried[a].notnull()) for a in range(len(ways))},
        **{f"only_{a}": least(tried[a].notnull() & ibis.or_(*(o.isnull() for o in tried))) for a in range(len(ways))},
        **{f"differ_{a}_{b}": count(differ[a, b]) for a, b in pairs},
    )
    rows = {row["name"]: row for row in source.fetch(answer).to_pylist()}
    return [
        _Evidence(
            name=name,
            column=column,
            lines=int(row["lines"]),
            readable=int(row["readable"]),
            quick=int(row["quick"]),
            by_way={way: int(row[f"count_{a}"]) for a, way in enumerate(ways)},
            differing={(ways[a], ways[b]): int(row[f"differ_{a}_{b}"]) for a, b in pairs},
            example=_shorten(row["open"] or row["slow"]),
            only={way: _shorten(row[f"only_{a}"]) for a, way in enumerate(ways)},
            unreadable=_shorten(row["unreadable"]),
        )
        for name, column in named.items()
        if (row := rows.get(name)) is not None
    ]


def _parse_value(text: ir.StringValue, setting: str, way: str, last_day: int) -> ir.Value:
    if setting == "decimal":
        return text_parsing.parse_amount(text, way)
    day = text_parsing.parse_date(text, way).delta(ibis.date(_EPOCH.isoformat()), unit="day")
    return (text_parsing.has_short_year(text) & (day > last_day)).ifelse(ibis.null(day.type()), day)


def _resolve_single_format(source: SalesSource, told: Sequence[_Evidence], setting: str) -> str:
    """The one way that reads every value that can be read."""
    ways = PARSING_OPTIONS[setting]
    possible = [way for way in ways if all(one.by_way[way] == one.readable for one in told)]
    if possible and not any(
        one.differing[pair] for one in told for pair in one.differing if set(pair) <= set(possible)
    ):
        return possible[0]
    column = next(one for one in told if one.example)
    tried = possible or [way for way in ways if any(one.only[way] for one in told)]
    if possible:
        example = next(one.example for one in told if one.example)
        shown = dict.fromkeys(tried, example)
        sentence = f"'{example}' in the column {column.column!r} can be read in {len(tried)} ways."
    else:
        shown = {way: next(text for one in told if (text := one.only[way])) for way in tried}
        sentence = f"Not all of {column.column!r} can be read the same way: {' and '.join(map(repr, shown.values()))}."
    meanings = {way: f"'{text}' is {_describe_meaning(source, setting, way, text)}" for way, text in shown.items()}
    raise AmbiguousFormatError(sentence, hint=_format_hint(setting, meanings), setting=setting, options=meanings)


def _format_hint(setting: str, meanings: Mapping[str, str] | None = None) -> str:
    ways = meanings or dict.fromkeys(PARSING_OPTIONS[setting], "")
    told = [f"--{setting} {way}" + (f" ({text})" if text else "") for way, text in ways.items()]
    return f"Say how it is meant: {', '.join(told[:-1])} or {told[-1]}."


def _describe_counterexample(way: str, evidence: _Evidence) -> str | None:
    return next((text for other, text in evidence.only.items() if other != way and text), evidence.unreadable)


def _describe_unreadable(evidence: _Evidence, setting: str) -> DataError:
    what = "a date" if setting == "dates" else "an amount"
    hint = f"Check whether {evidence.column!r} is the right column."
    if setting == "dates" and re.fullmatch(r"[34]\d{4}([.,]\d+)?", evidence.unreadable or ""):
        hint = "These look like a spreadsheet's day numbers: give the column the format of a date and save again."
    return DataError(
        f"Most values of {evidence.column!r} cannot be read as {what}, for example {evidence.unreadable!r}.", hint=hint
    )


def _describe_meaning(source: SalesSource, setting: str, way: str, text: str) -> str:
    """What a text means when it is read one way: 2 March 2024, or 1,234.5."""
    literal = ibis.literal(text, "string")
    value = text_parsing.parse_date(literal, way) if setting == "dates" else text_parsing.parse_amount(literal, way)
    answer: Any = source.fetch(value.name("value").as_table()).to_pylist()[0]["value"]
    if isinstance(answer, date):
        return f"{answer.day} {answer:%B %Y}"
    return "nothing" if answer is None else f"{Decimal(answer).normalize():,f}"


def _shorten(text: str | None) -> str | None:
    return text if text is None or len(text) <= 40 else f"{text[:39]}…"
