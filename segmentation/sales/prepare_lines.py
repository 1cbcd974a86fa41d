"""The one way from a source's table to standard sales lines: columns, text format, rejected lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import ibis

from segmentation.errors import ColumnError
from segmentation.sales.column_mapping import resolve_columns
from segmentation.sales.duckdb import DuckDBSource
from segmentation.sales.files import FileSource
from segmentation.sales.format_inference import TextFormat, infer_text_format
from segmentation.sales.known_layouts import Layout, complete_settings
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import DEFAULT_FORMAT, standardize_lines
from segmentation.settings import SalesSettings


@dataclass(frozen=True, eq=False)
class PreparedLines:
    """How the table of a source becomes sales lines, and these lines."""

    settings: SalesSettings
    table: ibis.Table
    """The source's own table, unbound."""
    columns: Mapping[str, str]
    """Name in fct_sales -> name in the source, without columns whose values cannot be parsed."""
    text_format: TextFormat
    load_day: date
    lines: ibis.Table
    """Every line with its reject reason; see `segmentation.sales.standardize`."""
    layout: Layout | None = None
    """The layout of a known export that was recognized; `settings` are completed by it."""

    @cached_property
    def accepted(self) -> ibis.Table:
        """The lines that are used."""
        return self.lines.filter(self.lines.reason == "").drop("reason")

    @cached_property
    def with_source_columns(self) -> ibis.Table:
        """Every line with its reject reason and the source's own columns as text: source_0, source_1 and so on."""
        return standardize_with_settings(
            self.table, self.columns, self.settings, self.load_day, self.text_format, keep_source_columns=True
        )


def prepare_lines(
    source: SalesSource, settings: SalesSettings, *, load_day: date | None = None, materialize: bool = True
) -> PreparedLines:
    """Resolve the columns of a source, infer how its text is written, and standardize its lines.

    Args:
        source: the opened source of `settings.source`, or one with the same columns.
        settings: which lines count.
        load_day: later dates are rejected; None: today (UTC).
        materialize: whether values that are slow to parse are stored in the source's database, where it has one.

    Raises:
        SourceError: the source cannot be read.
        ColumnError: a required column is missing or ambiguous.
        AmbiguousFormatError: dates or amounts can be parsed in several ways that differ.
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
    load_day = load_day or datetime.now(UTC).date()
    text_format = DEFAULT_FORMAT  # a warehouse has typed columns; its text columns are parsed as ISO dates and numbers
    if isinstance(source, DuckDBSource):
        text_format = infer_text_format(source, table, columns, load_day, settings.dates, settings.decimal)
    columns = {name: column for name, column in columns.items() if name not in text_format.ignored_columns}
    store = source.materialize if isinstance(source, FileSource) and text_format.needs_parsing_cache else None
    lines = standardize_with_settings(
        table, columns, settings, load_day, text_format, materialize=store if materialize else None
    )
    return PreparedLines(settings, table, columns, text_format, load_day, lines, layout)


def standardize_with_settings(
    table: ibis.Table,
    columns: Mapping[str, str],
    settings: SalesSettings,
    load_day: date,
    text_format: TextFormat,
    *,
    keep_source_columns: bool = False,
    materialize: Callable[[ibis.Table], ibis.Table] | None = None,
) -> ibis.Table:
    """`standardize_lines` with the date range, exclusions and duplicates of `settings`."""
    return standardize_lines(
        table,
        columns,
        load_day=load_day,
        start=settings.start,
        as_of=settings.as_of,
        drop_duplicates=settings.drop_duplicates,
        excluded_periods=settings.excluded_periods,
        excluded_categories=settings.excluded_categories,
        text_format=text_format,
        keep_source_columns=keep_source_columns,
        materialize=materialize,
    )
