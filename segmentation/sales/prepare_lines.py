"""The single path from a source's table to standard sales lines: columns, text format, semantics, rejections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import ibis

from segmentation.errors import ColumnError
from segmentation.runtime.epoch_days import to_date
from segmentation.sales.amount_inference import check_amount_column
from segmentation.sales.column_mapping import resolve_columns
from segmentation.sales.customer_inference import check_customer_column
from segmentation.sales.duckdb import DuckDBSource
from segmentation.sales.files import FileSource
from segmentation.sales.format_inference import TextFormat, infer_text_format
from segmentation.sales.known_layouts import Layout, complete_settings
from segmentation.sales.line_parsing import parse_columns
from segmentation.sales.line_semantics import DEFAULT_SEMANTICS, LineSemantics
from segmentation.sales.order_evidence import is_in_sample
from segmentation.sales.semantics_inference import infer_semantics
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import DEFAULT_FORMAT, derive_lines
from segmentation.settings import SalesSettings


@dataclass(frozen=True, eq=False)
class PreparedLines:
    """How the table of a source becomes sales lines, and these lines."""

    settings: SalesSettings
    """With the first day of a trailing window instead of its length, and completed by the layout."""
    table: ibis.Table
    """The source's own table, unbound."""
    columns: Mapping[str, str]
    """Name in fct_sales -> name in the source, without columns whose values do not have the role."""
    text_format: TextFormat
    load_day: date
    parsed: ibis.Table
    """Every line as `parse_columns` returns it."""
    lines: ibis.Table
    """Every line with its reject reason; see `segmentation.sales.standardize`."""
    semantics: LineSemantics = DEFAULT_SEMANTICS
    """What the lines mean, inferred or specified."""
    layout: Layout | None = None
    """The layout of a known export that was recognized."""

    @cached_property
    def accepted(self) -> ibis.Table:
        """The lines that are used."""
        return self.lines.filter(self.lines.reason == "").drop("reason")

    @cached_property
    def with_source_columns(self) -> ibis.Table:
        """Every line with its reject reason and the source's own columns as text: source_0, source_1 and so on."""
        return self._derive(self._parse(self.table, keep_source_columns=True))

    def sample_table(self, sampling_factor: int) -> ibis.Table:
        """The rows of about one in `sampling_factor` orders, picked before anything is parsed.

        Without order ids, those of about one in `sampling_factor` customers.
        """
        key = self.table[self.columns.get("transaction_id", self.columns["customer_id"])]
        return self.table.filter(is_in_sample(key, sampling_factor))

    def replace_dates(self, start: date | None, as_of: date | None) -> PreparedLines:
        """The same preparation for another range of dates: what lines mean does not depend on it."""
        dated = replace(self, settings=replace(self.settings, start=start, as_of=as_of, window_days=None))
        return replace(dated, lines=dated._derive(self.parsed))

    def replace_table(self, table: ibis.Table) -> PreparedLines:
        """The same preparation for another table with the same columns."""
        parsed = self._parse(table)
        return replace(self, table=table, parsed=parsed, lines=self._derive(parsed))

    def _parse(self, table: ibis.Table, *, keep_source_columns: bool = False) -> ibis.Table:
        with_copies = self.settings.drop_duplicates
        return parse_columns(
            table, self.columns, self.text_format, with_copies=with_copies, keep_source_columns=keep_source_columns
        )

    def _derive(self, parsed: ibis.Table) -> ibis.Table:
        return derive_lines(parsed, self.semantics, self.settings, self.load_day)

    @property
    def has_order_ids(self) -> bool:
        """Whether lines are grouped into orders, by an id or by customer and day; if not, each line is an order."""
        return has_order_ids(self.columns, self.semantics)


def prepare_lines(
    source: SalesSource, settings: SalesSettings, *, load_day: date | None = None, materialize: bool = True
) -> PreparedLines:
    """Resolve the columns of a source, infer how its text is written and what its lines mean, and standardize them.

    Args:
        source: the opened source of `settings.source`, or one with the same columns.
        settings: which lines count.
        load_day: later dates are rejected; None: today (UTC).
        materialize: whether values that are slow to parse are stored in the source's database, if it has one.

    Raises:
        SourceError: the source cannot be read.
        ColumnError: a required column is missing or ambiguous.
        DataQuestionError: values can be read in several ways, with different results.
        DataError: most dates or amounts cannot be parsed.
    """
    table = source.table()
    layout, settings = complete_settings(table.columns, settings)
    columns = resolve_columns(table.columns, settings.columns)
    if isinstance(source, FileSource):
        source.check_used_columns(columns)
    if settings.excluded_categories and "product_category" not in columns:
        raise ColumnError(
            "Categories cannot be excluded: the table has no product_category.",
            hint="Map the column, or exclude no categories.",
        )
    check_customer_column(source, table, columns, dict(settings.columns))
    check_amount_column(table.columns, columns, dict(settings.columns))
    load_day = load_day or datetime.now(UTC).date()
    text_format = DEFAULT_FORMAT  # a warehouse has typed columns; its text columns are parsed as ISO dates and numbers
    if isinstance(source, DuckDBSource):
        text_format = infer_text_format(source, table, columns, load_day, settings.dates, settings.decimal)
    text_format, columns = _drop_ignored_columns(text_format, columns, dict(settings.columns))
    store = source.materialize if isinstance(source, FileSource) and text_format.needs_parsing_cache else None
    parsed = parse_columns(
        table,
        columns,
        text_format,
        with_copies=settings.drop_duplicates,
        materialize=store if materialize else None,
    )
    semantics = infer_semantics(source, table, parsed, columns, settings)
    columns = {name: column for name, column in columns.items() if name not in semantics.ignored}
    parsed = parsed.drop(*(name for name in semantics.ignored if name in parsed.columns))
    lines = derive_lines(parsed, semantics, replace(settings, window_days=None), load_day)
    if settings.window_days is not None:
        as_of = settings.as_of or _find_last_day(source, lines) + timedelta(days=1)
        settings = settings.resolve_start(as_of)
        lines = derive_lines(parsed, semantics, settings, load_day)
    return PreparedLines(settings, table, columns, text_format, load_day, parsed, lines, semantics, layout)


def _drop_ignored_columns(
    text_format: TextFormat, columns: Mapping[str, str], mapping: Mapping[str, str]
) -> tuple[TextFormat, dict[str, str]]:
    """Drop columns whose values are not numbers; a refund column without amounts is tried as a yes/no column."""
    ignored = dict(text_format.ignored_columns)
    used = {name: column for name, column in columns.items() if name not in ignored}
    if "refund_amount" in ignored and not {"is_returned", "refund_amount"} & {*used, *mapping}:
        used["is_returned"] = columns["refund_amount"]
        del ignored["refund_amount"]
    return replace(text_format, ignored_columns=ignored), used


def _find_last_day(source: SalesSource, lines: ibis.Table) -> date:
    """The day of the last accepted line; 1970-01-01 if there is none."""
    accepted = lines.filter(lines.reason == "")
    last = source.fetch(accepted.aggregate(last=accepted.day.max())).to_pylist()[0]["last"]
    return to_date(last or 0)


def has_order_ids(columns: Mapping[str, str], semantics: LineSemantics) -> bool:
    """Whether lines are grouped into orders, by an id or by customer and day; if not, each line is an order."""
    return semantics.order_grain == "day" or (semantics.order_grain != "line" and "transaction_id" in columns)
