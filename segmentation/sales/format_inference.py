"""Infer how dates and amounts in text columns are written; raise an error if that is ambiguous.

Every distinct value of a column is parsed in every format. A format is possible if it parses all values that any format
can parse. The result is the only possible format, or any of several that agree on every value; otherwise only the owner
of the data knows, and `AmbiguousFormatError` asks. Lines with values that no format can parse are rejected later.
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
from segmentation.messages import Message
from segmentation.runtime.day_literals import to_day_literal
from segmentation.sales import text_parsing
from segmentation.sales.source import SalesSource
from segmentation.settings import PARSING_OPTIONS

_EPOCH = date(1970, 1, 1)
_COLUMNS = {
    "dates": ("transaction_date",),
    "decimal": ("net_sales_amount", "total_amount", "gross_sales_amount", "discount_amount", "quantity"),
}
_AMOUNTS = _COLUMNS["decimal"][:3]
_FAST_FORMATS = {"dates": text_parsing.ISO, "decimal": text_parsing.PLAIN}


@dataclass(frozen=True)
class TextFormat:
    """Formats of dates and amounts in text columns. `iso` and `plain` are fast to parse and need no inference."""

    dates: str = text_parsing.ISO
    decimal: str = text_parsing.PLAIN
    ignored_columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Optional columns that are not used because most of their values are not numbers -> the notice to show."""
    examples: Mapping[str, str] = field(default_factory=dict, compare=False)
    """dates, decimal -> a value and how it is parsed: '02/03/2024' is read as 2 March 2024."""

    @property
    def needs_parsing_cache(self) -> bool:
        """Whether parsing is so slow that its result should be stored."""
        return (self.dates, self.decimal) != (text_parsing.ISO, text_parsing.PLAIN)

    def describe(self) -> tuple[str, ...]:
        """Notices for readers of the result, one sentence each."""
        examples = (Message("{text}.", {"text": text}) for text in self.examples.values())
        return (*examples, *self.ignored_columns.values())


@dataclass(frozen=True)
class _Evidence:
    """How well each format parses one text column; all counts are lines."""

    name: str
    column: str
    lines: int
    readable: int
    fast: int
    """Parsed by the fast format."""
    by_format: Mapping[str, int]
    differing: Mapping[tuple[str, str], int]
    """Pair of formats -> lines that both parse, with different results."""
    example: str | None
    partial_examples: Mapping[str, str | None]
    """Format -> a value that it parses and another format does not."""
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
    """Infer the format of dates and amounts in the text columns of a table.

    Args:
        source: where the lines live.
        table: its table, unbound.
        columns: name in fct_sales -> name in the table.
        load_day: a date with a two-digit year is not valid when it lies after this day.
        dates, decimal: the format to use, from `PARSING_OPTIONS`; None: infer it.

    Raises:
        AmbiguousFormatError: several formats are possible, and they differ.
        DataError: most dates or amounts cannot be parsed in any format, or not in the requested one.
    """
    formats: dict[str, str] = {}
    examples: dict[str, str] = {}
    ignored: dict[str, str] = {}
    required = {"transaction_date", next((name for name in _AMOUNTS if name in columns), "")}
    for setting, requested in (("dates", dates), ("decimal", decimal)):
        columns_evidence = []
        for evidence in _collect_evidence(source, table, columns, setting, (load_day - _EPOCH).days):
            if not evidence.mostly_unreadable:
                columns_evidence.append(evidence)
            elif evidence.name in required:
                raise _describe_unreadable(evidence, setting)
            else:
                ignored[evidence.name] = (
                    f"The column {evidence.column!r} was ignored: most of its values, such as "
                    f"{evidence.unreadable!r}, are not numbers."
                )
        is_relevant = any(one.fast < one.readable or any(one.differing.values()) for one in columns_evidence)
        if not columns_evidence or not (is_relevant or (requested and setting == "decimal")):
            formats[setting] = _FAST_FORMATS[setting]
            continue
        chosen_format = formats[setting] = requested or _resolve_single_format(source, columns_evidence, setting)
        for one in columns_evidence:
            if one.by_format[chosen_format] * 2 < one.lines and one.name in required:
                raise DataError(
                    f"Most values of {one.column!r} cannot be read {_FORMAT_DESCRIPTIONS[chosen_format]}, "
                    f"for example {_find_counterexample(chosen_format, one)!r}.",
                    hint=_format_hint(setting),
                )
        if chosen_format == "point" and all(one.fast == one.readable for one in columns_evidence):
            formats[setting] = text_parsing.PLAIN
        example = next((one.example for one in columns_evidence if one.example), None)
        if example is not None:
            meaning = _describe_meaning(source, setting, chosen_format, example)
            examples[setting] = Message("'{example}' is read as {meaning}", {"example": example, "meaning": meaning})
    return TextFormat(formats["dates"], formats["decimal"], ignored, examples)


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
    """Parse every distinct value of the text columns that a setting concerns in every format."""
    named = {
        name: columns[name] for name in _COLUMNS[setting] if name in columns and table[columns[name]].type().is_string()
    }
    if not named:
        return []
    formats = PARSING_OPTIONS[setting]
    stacked = [
        table.select(name=ibis.literal(name, "string"), text=table[column].strip()) for name, column in named.items()
    ]
    values = ibis.union(*stacked) if len(stacked) > 1 else stacked[0]
    values = values.filter(values.text != "")
    if setting == "dates":  # cheap check of the usual case: every date is ISO
        slow = values.filter(~values.text.re_search(text_parsing.FAST_PATTERNS[setting]))
        if source.fetch(slow.aggregate(lines=slow.count())).to_pylist()[0]["lines"] == 0:
            return []
    values = values.group_by("name", "text").aggregate(lines=lambda one: one.count())
    parsed = {f"as_{number}": _parse_value(values.text, setting, way, last_day) for number, way in enumerate(formats)}
    values = values.mutate(fast=values.text.re_search(text_parsing.FAST_PATTERNS[setting]), **parsed)
    results = [values[name] for name in parsed]
    is_readable = ~ibis.and_(*(result.isnull() for result in results))

    def count(condition: ir.BooleanValue) -> ir.Value:
        return condition.ifelse(values.lines, 0).sum()

    def pick_example(condition: ir.BooleanValue) -> ir.Value:
        return condition.ifelse(values.text, ibis.null("string")).min()

    pairs = [(a, b) for a in range(len(formats)) for b in range(a)]
    differ = {(a, b): ibis.coalesce(results[a] != results[b], False) for a, b in pairs}
    answer = values.group_by("name").aggregate(
        lines=values.lines.sum(),
        readable=count(is_readable),
        fast=count(is_readable & values.fast),
        ambiguous=pick_example(ibis.or_(*differ.values())),
        slow=pick_example(is_readable & ~values.fast),
        unreadable=pick_example(~is_readable),
        **{f"count_{a}": count(result.notnull()) for a, result in enumerate(results)},
        **{
            f"partial_{a}": pick_example(result.notnull() & ibis.or_(*(other.isnull() for other in results)))
            for a, result in enumerate(results)
        },
        **{f"differ_{a}_{b}": count(differ[a, b]) for a, b in pairs},
    )
    rows = {row["name"]: row for row in source.fetch(answer).to_pylist()}
    return [
        _Evidence(
            name=name,
            column=column,
            lines=int(row["lines"]),
            readable=int(row["readable"]),
            fast=int(row["fast"]),
            by_format={way: int(row[f"count_{a}"]) for a, way in enumerate(formats)},
            differing={(formats[a], formats[b]): int(row[f"differ_{a}_{b}"]) for a, b in pairs},
            example=_shorten(row["ambiguous"] or row["slow"]),
            partial_examples={way: _shorten(row[f"partial_{a}"]) for a, way in enumerate(formats)},
            unreadable=_shorten(row["unreadable"]),
        )
        for name, column in named.items()
        if (row := rows.get(name)) is not None
    ]


def _parse_value(text: ir.StringValue, setting: str, way: str, last_day: int) -> ir.Value:
    if setting == "decimal":
        return text_parsing.parse_amount(text, way)
    day = text_parsing.parse_date(text, way).delta(ibis.date(_EPOCH.isoformat()), unit="day")
    return (text_parsing.has_short_year(text) & (day > to_day_literal(last_day))).ifelse(ibis.null(day.type()), day)


def _resolve_single_format(source: SalesSource, columns_evidence: Sequence[_Evidence], setting: str) -> str:
    """The one format that parses every value that can be parsed; raises AmbiguousFormatError if there is none."""
    formats = PARSING_OPTIONS[setting]
    possible = [way for way in formats if all(one.by_format[way] == one.readable for one in columns_evidence)]
    if possible and not any(
        one.differing[pair] for one in columns_evidence for pair in one.differing if set(pair) <= set(possible)
    ):
        return possible[0]
    evidence = next(one for one in columns_evidence if one.example)
    if possible:
        examples = dict.fromkeys(possible, str(evidence.example))
        sentence = f"'{evidence.example}' in the column {evidence.column!r} is ambiguous."
    else:
        partial = {way: [one.partial_examples[way] for one in columns_evidence] for way in formats}
        examples = {way: next(filter(None, texts)) for way, texts in partial.items() if any(texts)}
        sentence = (
            f"The values of {evidence.column!r} have different formats: {' and '.join(map(repr, examples.values()))}."
        )
    meanings = {
        way: Message("'{text}' is {meaning}", {"text": text, "meaning": _describe_meaning(source, setting, way, text)})
        for way, text in examples.items()
    }
    raise AmbiguousFormatError(sentence, hint=_format_hint(setting, meanings), setting=setting, options=meanings)


def _format_hint(setting: str, meanings: Mapping[str, str] | None = None) -> str:
    choices = meanings or dict.fromkeys(PARSING_OPTIONS[setting], "")
    options = [f"--{setting} {way}" + (f" ({text})" if text else "") for way, text in choices.items()]
    return f"Specify the format: {', '.join(options[:-1])} or {options[-1]}."


def _find_counterexample(way: str, evidence: _Evidence) -> str | None:
    """A value that this format cannot parse."""
    texts = (text for other, text in evidence.partial_examples.items() if other != way and text)
    return next(texts, evidence.unreadable)


def _describe_unreadable(evidence: _Evidence, setting: str) -> DataError:
    kind = "a date" if setting == "dates" else "an amount"
    hint = f"Check whether {evidence.column!r} is the right column."
    if setting == "dates" and re.fullmatch(r"[34]\d{4}([.,]\d+)?", evidence.unreadable or ""):
        hint = "These look like serial dates of a spreadsheet: format the column as a date and save it again."
    return DataError(
        f"Most values of {evidence.column!r} cannot be read as {kind}, for example {evidence.unreadable!r}.", hint=hint
    )


def _describe_meaning(source: SalesSource, setting: str, way: str, text: str) -> str:
    """How a text is parsed in one format: 2 March 2024, or 1,234.5."""
    literal = ibis.literal(text, "string")
    value = text_parsing.parse_date(literal, way) if setting == "dates" else text_parsing.parse_amount(literal, way)
    answer: Any = source.fetch(value.name("value").as_table()).to_pylist()[0]["value"]
    if isinstance(answer, date):
        return f"{answer.day} {answer:%B %Y}"
    return "nothing" if answer is None else Message("{amount:,f}", {"amount": Decimal(answer).normalize()})


def _shorten(text: str | None) -> str | None:
    return text if text is None or len(text) <= 40 else f"{text[:39]}…"
