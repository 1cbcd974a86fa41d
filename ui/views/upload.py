"""The mapping screen: which column of a visitor's file is what, with its first lines, and how its text is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.errors import AmbiguousFormatError, SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import PARSING_OPTIONS, SalesSettings
from ui.components import errors, format_questions
from ui.data import results, session_upload, sources
from ui.sidebar import saved_run_picker
from ui.state import widget_defaults
from ui.state.app_state import YOUR_FILE, get_configured_sources

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.sales.format_inference import TextFormat
    from segmentation.sales.upload_store import UploadSource
    from ui.data.session_upload import Upload

REQUIRED_FIELDS = {
    "customer_id": ("Customer", "Who bought: a number or name that is the same in all lines of one customer."),
    "transaction_date": ("Date of the sale", "The day, with or without the time."),
}
AMOUNT_FIELDS = {
    "net_sales_amount": ("Net sales", "What was paid for the line, discounts taken off. The best one if you have it."),
    "total_amount": ("Total", "What was paid in the end. Used where there are no net sales."),
    "gross_sales_amount": ("Gross sales", "The price before discounts. Discounts are taken off if you name them."),
}
OPTIONAL_FIELDS = {
    "transaction_id": ("Order", "The number of the order, invoice or receipt. Without it each line is an order."),
    "discount_amount": ("Discount", "What was taken off the price of the line."),
    "quantity": ("Quantity", "How many pieces. Below 0: they were returned."),
    "product_category": ("Category", "What kind of goods. It tells what each segment buys more than others."),
    "coupon_status": ("Coupon", "Whether a coupon was used."),
}
HELP_TEXTS = {
    "What it holds": "One row per sold line: who bought, when, and for how much. An order number, discount, category "
    "and quantity make it better. Columns may have any names: you say which is which.",
    "What is asked": "How the text is written is found out. Where 02/03 may be two days or 1.234 two amounts, you are "
    "asked; nothing is guessed.",
    "What becomes of it": "It stays in this visit: nobody else sees it, no link holds it, and it is deleted at "
    "once when you remove it, and within minutes when you close or reload the page.",
}
FIELDS = REQUIRED_FIELDS | AMOUNT_FIELDS | OPTIONAL_FIELDS
NO_COLUMN = "\N{EN DASH} not in the file \N{EN DASH}"
REMOVED = "upload_removed"
"""In the session until the next page view: what the file was called that was removed."""
PREVIEW_LINES = 5
_EXAMPLE = 14
_KEYS = [f"map_{name}" for name in (*FIELDS, *PARSING_OPTIONS)]


def render_requirements() -> None:
    """Before there is a file: what it should hold, and what becomes of it."""
    with st.grid(3, min_column_width=220, gap="small") as grid:
        for title, text in HELP_TEXTS.items():
            with grid.container(border=True, height="stretch"):
                st.markdown(f"**{title}**  \n{text}")


def describe_limits() -> str:
    """What kinds of file are taken, and how large they may be, in one sentence."""
    from segmentation.sales.csv_dialect import MAX_COLUMNS
    from segmentation.sales.upload_store import MAX_LINES

    return (
        f"CSV or Parquet, one row per sold line: up to {session_upload.get_max_bytes() >> 20} MB, "
        f"{formatting.format_count(MAX_LINES)} lines and {MAX_COLUMNS} columns."
    )


def reset_mapping() -> None:
    """Another file: what was chosen for the one before does not hold for it."""
    for key in _KEYS:
        st.session_state.pop(key, None)


def remove_file() -> None:
    """For a button: delete the file, and go back to the sales that are offered first. The page then says so."""
    upload = session_upload.get_current_upload()
    if upload is not None:
        st.session_state[REMOVED] = upload.name
    session_upload.remove_upload()
    reset_mapping()
    if st.session_state.get("source") == YOUR_FILE:
        st.session_state["source"] = next(iter(get_configured_sources()))


def preview_lines(upload: Upload) -> pd.DataFrame:
    """The first lines of the file as text, its own columns in its own order."""
    source = session_upload.get_upload_source(upload)
    if preview_lines not in source.derived:
        frame = source.fetch(source.table().limit(PREVIEW_LINES)).to_pandas().astype("object")
        source.derived[preview_lines] = {(): frame.map(_format_cell)}
    found: pd.DataFrame = source.derived[preview_lines][()]
    return found


def render_mapping(upload: Upload) -> dict[str, str]:
    """Ask for every column, the needed ones first; gives name in fct_sales -> name in the file."""
    from segmentation.sales.column_mapping import find_ambiguous_columns, match_columns

    first = preview_lines(upload)
    names = [str(name) for name in first.columns]
    found, several = match_columns(names), find_ambiguous_columns(names)
    examples = {name: next((_format_cell(text, _EXAMPLE) for text in first[name] if text), "") for name in names}
    chosen: dict[str, str] = {}
    for title, explain, fields in (
        ("Needed", "", REQUIRED_FIELDS),
        ("The amount, at least one of these", "", AMOUNT_FIELDS),
        ("If you have them", "Each makes more figures possible.", OPTIONAL_FIELDS),
    ):
        st.markdown(f"**{title}**" + (f"  \n{explain}" if explain else ""))
        with st.grid(min(3, len(fields)), min_column_width=220, gap="small") as grid:
            for name, (label, meaning) in fields.items():
                with grid.container():
                    chosen[name] = _render_column_picker(name, label, meaning, names, found.get(name), examples)
                    if name in several and not chosen[name]:
                        st.info(f"Choose: {escape_markdown(' or '.join(several[name]))}?", icon=":material/help:")
    return {name: column for name, column in chosen.items() if column}


def describe_missing(chosen: Mapping[str, str]) -> str:
    """What stands in the way of segments, in one sentence; "" where nothing does."""
    wanted = [
        f"which column holds the {label.lower()}" for name, (label, _) in REQUIRED_FIELDS.items() if name not in chosen
    ]
    if not any(name in chosen for name in AMOUNT_FIELDS):
        wanted.append("which one holds the amount (net sales, total or gross sales)")
    if wanted:
        return f"Still needed: {', and '.join(wanted)}."
    seen: dict[str, str] = {}
    for name, column in chosen.items():
        if column in seen:
            return f"{column!r} is chosen twice, for {FIELDS[seen[column]][0]} and for {FIELDS[name][0]}: choose one."
        seen[column] = name
    return ""


def render_format_settings(upload: Upload, chosen: Mapping[str, str]) -> SalesSettings | None:
    """How the file is to be read, asked where it can be read in several ways; None until that is answered."""
    from segmentation.sales.column_mapping import find_ambiguous_columns, match_columns

    source = session_upload.get_upload_source(upload)
    pairs: tuple[tuple[str, str], ...] = tuple((name, chosen.get(name, "")) for name in FIELDS)
    names = source.table().columns
    if match_columns(names) == chosen and not find_ambiguous_columns(names):
        pairs = ()
    given: dict[str, str] = {}
    for _ in range(len(PARSING_OPTIONS) + 1):
        try:
            reading = _infer_format(source, pairs, given)
        except AmbiguousFormatError as asked:
            way = format_questions.ask_format(asked, key=f"map_{asked.setting}")
            if way is None:
                return None
            given[asked.setting] = way
        else:
            for sentence in reading.describe():
                st.caption(escape_markdown(formatting.localize_numbers(sentence)))
            break
    return SalesSettings(source=upload.uri, columns=pairs, dates=given.get("dates"), decimal=given.get("decimal"))


def confirm_upload(sales: SalesSettings) -> bool:
    """Work the segments out and make the file what all pages show; False where that fails, which is then said."""
    try:
        version = sources.get_version(sales)
        table = results.get_customers(sales, version)
    except SegmentationError as error:
        errors.render_error(error.message, error.hint)
        return False
    session_upload.set_sales_settings(sales)
    format_questions.clear_answers()
    for key, value in (
        widget_defaults.get_widget_defaults() | {saved_run_picker.RUN: saved_run_picker.NONE, "source": YOUR_FILE}
    ).items():
        st.session_state[key] = value
    return table.n_customers > 0


def _render_column_picker(
    name: str, label: str, meaning: str, names: list[str], found: str | None, examples: Mapping[str, str]
) -> str:
    key, options = f"map_{name}", [NO_COLUMN, *names]
    if st.session_state.get(key, found or NO_COLUMN) not in options:
        st.session_state.pop(key, None)
    column = st.selectbox(
        label,
        options,
        index=options.index(found) if found else 0,
        format_func=lambda column: f"{column} ({examples[column]})" if examples.get(column) else column,
        key=key,
        persist_state="session",
        help=meaning,
    )
    return column if column in names else ""


def _infer_format(source: UploadSource, pairs: tuple[tuple[str, str], ...], given: Mapping[str, str]) -> TextFormat:
    """How the text of the file is read with these columns and answers; worked out once."""
    from segmentation.sales.column_mapping import resolve_columns
    from segmentation.sales.format_inference import infer_text_format

    kept, key = source.derived.setdefault(_infer_format, {}), (pairs, tuple(given.items()))
    if key not in kept:
        table = source.table()
        try:
            with st.spinner("Looking at how dates and amounts are written"):
                found: Any = infer_text_format(
                    source, table, resolve_columns(table.columns, pairs), datetime.now(UTC).date(), **given
                )
        except AmbiguousFormatError as error:
            found = error
        kept[key] = found
    if isinstance(kept[key], AmbiguousFormatError):
        raise kept[key]
    reading: TextFormat = kept[key]
    return reading


def _format_cell(value: Any, most: int = 60) -> str:
    text = "" if value is None or value != value else " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
