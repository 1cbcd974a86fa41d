"""Infer how dates and amounts in text columns are written; raise an error if that is ambiguous.

Every distinct value of a column is parsed in every format. A format is possible if it parses all values that any format
can parse. The result is the only possible format, or any of several that agree on every value; otherwise only the owner
of the data knows, and `AmbiguousFormatError` asks. Lines with values that no format can parse are rejected later.
Dates that are all bare numbers, such as spreadsheet serials, are asked about too: they might not be dates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import ibis

from segmentation.errors import AmbiguousFormatError, DataError
from segmentation.messages import Message
from segmentation.sales import text_parsing
from segmentation.sales.format_evidence import FormatEvidence, collect_evidence
from segmentation.sales.source import SalesSource
from segmentation.settings import PARSING_OPTIONS

_AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount", "subtotal_amount", "unit_price")
_SECONDARY_AMOUNTS = ("unit_price", "tax_amount", "shipping_amount")
"""Columns that another program may have added in a notation of its own."""
_FAST_FORMATS = {"dates": text_parsing.ISO, "decimal": text_parsing.PLAIN}
_FORMAT_DESCRIPTIONS = {
    "day-first": "with the day first",
    "month-first": "with the month first",
    "year-first": "with the year first",
    "point": "with a decimal point",
    "comma": "with a decimal comma",
    text_parsing.SERIAL: "as day numbers of a spreadsheet",
    text_parsing.SECONDS: "as seconds since 1970",
    text_parsing.MILLISECONDS: "as milliseconds since 1970",
    text_parsing.MICROSECONDS: "as microseconds since 1970",
}


@dataclass(frozen=True)
class TextFormat:
    """Formats of dates and amounts in text columns. The defaults are fast to parse and need no inference."""

    dates: str = text_parsing.ISO
    decimal: str = text_parsing.PLAIN
    ignored_columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Optional columns that are not used because most of their values are not numbers -> the notice to show."""
    examples: Mapping[str, str] = field(default_factory=dict, compare=False)
    """dates, decimal -> a value and how it is parsed: '02/03/2024' is read as March 2, 2024."""

    @property
    def needs_parsing_cache(self) -> bool:
        """Whether parsing is so slow that its result should be stored."""
        return (self.dates, self.decimal) != (text_parsing.ISO, text_parsing.PLAIN)

    def describe(self) -> tuple[str, ...]:
        """Notices for readers of the result, one sentence each."""
        examples = (Message("{text}.", {"text": text}) for text in self.examples.values())
        return (*examples, *self.ignored_columns.values())


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
        source: the source of the lines.
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
        formats_to_try = _list_formats(setting, requested)
        columns_evidence = []
        for evidence in collect_evidence(source, table, columns, setting, formats_to_try, load_day):
            if requested not in text_parsing.NUMBER_PATTERNS:
                _ask_about_numbers(source, evidence)
            if not evidence.is_mostly_unreadable:
                columns_evidence.append(evidence)
            elif evidence.name in required:
                raise _build_unreadable_error(evidence, setting)
            else:
                ignored[evidence.name] = (
                    f"The column {evidence.column!r} was ignored: most of its values, such as "
                    f"{evidence.unreadable!r}, are not numbers."
                )
        is_fast = all(evidence.is_fast for evidence in columns_evidence)
        is_relevant = not is_fast or any(any(evidence.differing.values()) for evidence in columns_evidence)
        if not columns_evidence or not (is_relevant or (requested and setting == "decimal")):
            formats[setting] = _FAST_FORMATS[setting]
            continue
        chosen_format = requested or _choose_format(source, columns_evidence, setting, formats_to_try)
        ignored |= _check_chosen_format(columns_evidence, setting, chosen_format, required)
        # Values that a decimal point alone explains are parsed by the fast format.
        formats[setting] = text_parsing.PLAIN if chosen_format == "point" and is_fast else chosen_format
        example = next((evidence.example for evidence in columns_evidence if evidence.example), None)
        if example is not None:
            meaning = _describe_meaning(source, setting, chosen_format, example)
            examples[setting] = Message("'{example}' is read as {meaning}", {"example": example, "meaning": meaning})
    return TextFormat(formats["dates"], formats["decimal"], ignored, examples)


def _check_chosen_format(
    columns_evidence: Sequence[FormatEvidence], setting: str, chosen_format: str, required: Collection[str]
) -> dict[str, str]:
    """Columns to ignore because their values have another format than the chosen one -> the notice to show.

    Raises:
        DataError: a required column has mostly other values.
    """
    ignored = {}
    for evidence in columns_evidence:
        if evidence.by_format[chosen_format] * 2 < evidence.lines and evidence.name in required:
            raise DataError(
                f"Most values of {evidence.column!r} cannot be read {_FORMAT_DESCRIPTIONS[chosen_format]}, "
                f"for example {_find_counterexample(chosen_format, evidence)!r}.",
                hint=_build_hint(setting),
            )
        if evidence.by_format[chosen_format] < evidence.readable and evidence.name in _SECONDARY_AMOUNTS:
            ignored[evidence.name] = (
                f"The column {evidence.column!r} was ignored: its values, such as "
                f"{_find_counterexample(chosen_format, evidence)!r}, have another format."
            )
    return ignored


def _list_formats(setting: str, requested: str | None) -> tuple[str, ...]:
    """The formats to try; bare numbers are dates only on request."""
    if requested in text_parsing.NUMBER_PATTERNS:
        return (str(requested),)
    return tuple(name for name in PARSING_OPTIONS[setting] if name not in text_parsing.NUMBER_PATTERNS)


def _ask_about_numbers(source: SalesSource, evidence: FormatEvidence) -> None:
    """Raise AmbiguousFormatError if the dates are bare numbers of one form and no others."""
    for format_name, (lines, example) in evidence.numbers.items():
        if example and 2 * lines > evidence.lines and not evidence.has_calendar_dates:
            meaning = {format_name: f"'{example}' is {_describe_meaning(source, 'dates', format_name, example)}"}
            raise AmbiguousFormatError(
                f"The values of {evidence.column!r} are numbers, such as {example!r}. "
                f"They can be read {_FORMAT_DESCRIPTIONS[format_name]}.",
                hint=f"If they are dates, specify {_list_options('dates', meaning)[0]}; "
                "otherwise choose another column.",
                setting="dates",
                options=meaning,
            )


def _choose_format(
    source: SalesSource, columns_evidence: Sequence[FormatEvidence], setting: str, formats: Sequence[str]
) -> str:
    """The format of all columns or, if they differ, of the columns that determine the money."""
    try:
        return _resolve_single_format(source, columns_evidence, setting, formats)
    except AmbiguousFormatError:
        primary = [evidence for evidence in columns_evidence if evidence.name not in _SECONDARY_AMOUNTS]
        if len(primary) in (0, len(columns_evidence)):
            raise
        return _resolve_single_format(source, primary, setting, formats)


def _resolve_single_format(
    source: SalesSource, columns_evidence: Sequence[FormatEvidence], setting: str, formats: Sequence[str]
) -> str:
    """The one format that parses every value that can be parsed; raises AmbiguousFormatError if there is none."""
    possible = [
        name for name in formats if all(evidence.by_format[name] == evidence.readable for evidence in columns_evidence)
    ]
    differing = {pair for evidence in columns_evidence for pair, lines in evidence.differing.items() if lines}
    if possible and not any(set(pair) <= set(possible) for pair in differing):
        return possible[0]
    evidence = next(evidence for evidence in columns_evidence if evidence.example)
    if possible:
        examples = dict.fromkeys(possible, str(evidence.example))
        sentence = f"'{evidence.example}' in the column {evidence.column!r} is ambiguous."
    else:
        partial = {name: [evidence.partial_examples[name] for evidence in columns_evidence] for name in formats}
        examples = {name: next(filter(None, texts)) for name, texts in partial.items() if any(texts)}
        sentence = (
            f"The values of {evidence.column!r} have different formats: {' and '.join(map(repr, examples.values()))}."
        )
    meanings = {
        format_name: Message(
            "'{text}' is {meaning}", {"text": text, "meaning": _describe_meaning(source, setting, format_name, text)}
        )
        for format_name, text in examples.items()
    }
    raise AmbiguousFormatError(sentence, hint=_build_hint(setting, meanings), setting=setting, options=meanings)


def _build_hint(setting: str, meanings: Mapping[str, str] | None = None) -> str:
    """The options to choose from, each with what an example means in it, if `meanings` (format -> text) has them."""
    options = _list_options(setting, meanings or dict.fromkeys(_list_formats(setting, None), ""))
    return f"Specify the format: {', '.join(options[:-1])} or {options[-1]}."


def _list_options(setting: str, meanings: Mapping[str, str]) -> list[str]:
    return [f"--{setting} {format_name}" + (f" ({text})" if text else "") for format_name, text in meanings.items()]


def _find_counterexample(format_name: str, evidence: FormatEvidence) -> str | None:
    """A value that this format cannot parse."""
    texts = (text for other, text in evidence.partial_examples.items() if other != format_name and text)
    return next(texts, evidence.unreadable)


def _build_unreadable_error(evidence: FormatEvidence, setting: str) -> DataError:
    """The error for a required column of which no format parses even half of the values."""
    kind, hint = "an amount", f"Check whether {evidence.column!r} is the right column."
    if setting == "dates":
        kind, hint = (
            "a date",
            f"{hint} Dates are read in any usual layout, such as 2024-01-31, 31/01/2024 or Jan 31, 2024.",
        )
    return DataError(
        f"Most values of {evidence.column!r} cannot be read as {kind}, for example {evidence.unreadable!r}.", hint=hint
    )


def _describe_meaning(source: SalesSource, setting: str, format_name: str, text: str) -> str:
    """How a text is parsed in one format: March 2, 2024, or 1,234.5."""
    literal = ibis.literal(text, "string")
    value = (
        text_parsing.parse_date(literal, format_name)
        if setting == "dates"
        else text_parsing.parse_amount(literal, format_name)
    )
    answer: Any = source.fetch(value.name("value").as_table()).to_pylist()[0]["value"]
    if isinstance(answer, date):
        return f"{answer:%B} {answer.day}, {answer.year}"
    return "nothing" if answer is None else Message("{amount:,f}", {"amount": Decimal(answer).normalize()})
