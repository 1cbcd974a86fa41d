"""Column mapping of an uploaded file, with a preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import SalesSettings
from ui.components import data_questions, errors
from ui.data import results, session_upload, sources
from ui.sidebar import saved_run_picker
from ui.state import page_requests, widget_defaults, widget_values
from ui.state.app_state import YOUR_FILE, get_configured_sources

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.sales.known_layouts import Layout
    from ui.data.session_upload import Upload

REQUIRED_FIELDS = {
    "customer_id": ("Customer", "Customer ID: the same in all rows of one customer."),
    "transaction_date": ("Date of sale", "With or without the time."),
}
AMOUNT_FIELDS = {
    "net_sales_amount": ("Net sales", "Amount after discounts. Preferred if available."),
    "total_amount": ("Total", "Amount paid. Used if there are no net sales."),
    "gross_sales_amount": ("Gross sales", "Amount before discounts. Discounts are subtracted if mapped."),
    "subtotal_amount": ("Subtotal", "Items of an order before shipping and tax."),
    "unit_price": ("Unit price", "Multiplied by the quantity. Used if there is no other amount."),
}
OPTIONAL_FIELDS = {
    "transaction_id": (
        "Order",
        "Order, invoice or receipt number. Without it, a customer's purchases on one day count as one order.",
    ),
    "discount_amount": ("Discount", "Discount amount of the row."),
    "quantity": ("Quantity", "Units sold. Negative: returned."),
    "product_category": ("Category", "Product category. Shows what each segment over-indexes in."),
    "coupon_status": ("Coupon", "Whether a coupon was used."),
}
MORE_FIELDS = {
    "order_status": ("Order status", "Cancelled and unpaid orders do not count."),
    "payment_status": ("Payment status", "Unpaid and refunded orders do not count."),
    "item_status": ("Line status", "Cancelled and returned lines do not count."),
    "line_type": ("Line type", "Payments, shipping and tax are not items."),
    "is_returned": ("Returned", "Yes or no. Returned rows do not count."),
    "is_test": ("Test order", "Yes or no. Test orders do not count."),
    "product": ("Product", "Name or number. A line without one may be the total of its order."),
    "cancelled_at": ("Cancelled", "Date of cancellation, or yes or no."),
    "currency": ("Currency", "Amounts in different currencies are never added up."),
    "refund_amount": ("Refund", "Subtracted from the order."),
    "line_discount_amount": ("Line discount", "Discount on the individual line."),
    "tax_amount": ("Tax", "Never counted as sales."),
    "shipping_amount": ("Shipping", "Never counted as sales."),
}
HELP_TEXTS = {
    "Content": "One row per line item: customer, date, amount. Order number, discount, category and quantity are "
    "optional. Columns can have any names: you map them in the next step.",
    "Formats": "Date and number formats are detected. You are asked if they are ambiguous, for example 02/03 or 1.234.",
    "Privacy": "Your file is visible only to you and deleted when you remove it, or within minutes after you close or "
    "reload the page.",
}
FIELDS = REQUIRED_FIELDS | AMOUNT_FIELDS | OPTIONAL_FIELDS | MORE_FIELDS
NO_COLUMN = "\N{EN DASH} not in the file \N{EN DASH}"
REMOVED = "upload_removed"
"""Session key: name of the removed file, until the next script run."""
PREVIEW_LINES = 5
_EXAMPLE = 14


def render_requirements() -> None:
    """Before the upload: content, formats, privacy."""
    with st.grid(3, min_column_width=220, gap="small") as grid:
        for title, text in HELP_TEXTS.items():
            with grid.container(border=True, height="stretch"):
                st.markdown(f"**{title}**  \n{text}")


def describe_limits() -> str:
    """Accepted formats and size limits, in one sentence."""
    from segmentation.sales.table_header import MAX_COLUMNS
    from segmentation.sales.upload_store import MAX_LINES

    return (
        "CSV, Excel (.xlsx, .xls), OpenDocument or Parquet, also compressed (.gz, .zip); one row per line item: up to "
        f"{session_upload.get_max_bytes() >> 20} MB, "
        f"{formatting.format_count(MAX_LINES)} rows and {MAX_COLUMNS} columns."
    )


def reset_mapping() -> None:
    """Clear the mapping, the answers and the fixes of a previous file."""
    widget_values.clear_prefixed_values("map_")


def remove_file() -> None:
    """Button callback: delete the file and select the first configured source."""
    upload = session_upload.get_current_upload()
    if upload is not None:
        page_requests.set_request(REMOVED, upload.name)
    session_upload.remove_upload()
    reset_mapping()
    if widget_values.get_widget_value("source") == YOUR_FILE:
        widget_values.set_widget_values({"source": next(iter(get_configured_sources()))})


def preview_lines(upload: Upload) -> pd.DataFrame:
    """The first rows of the file as text, columns in file order; without the text of malformed lines."""
    from segmentation.sales.malformed_lines import RAW_TEXT

    source = session_upload.get_upload_source(upload)
    if preview_lines not in source.derived:
        frame = source.fetch(source.table().limit(PREVIEW_LINES)).to_pandas().astype("object")
        frame = frame.drop(columns=RAW_TEXT, errors="ignore")
        source.derived[preview_lines] = {(): frame.map(_format_cell)}
    preview: pd.DataFrame = source.derived[preview_lines][()]
    return preview


def render_mapping(upload: Upload) -> dict[str, str]:
    """Column pickers, required ones first; returns name in fct_sales -> name in the file."""
    from segmentation.sales.column_mapping import find_ambiguous_columns

    preview = preview_lines(upload)
    names = [str(name) for name in preview.columns]
    (_, matches), ambiguous = _recognize_columns(names), find_ambiguous_columns(names)
    examples = {name: next((_format_cell(text, _EXAMPLE) for text in preview[name] if text), "") for name in names}
    mapping: dict[str, str] = {}
    for title, explain, fields in (
        ("Required", "", REQUIRED_FIELDS),
        ("Amount: at least one of these", "", AMOUNT_FIELDS),
        ("Optional", "Each enables more features.", OPTIONAL_FIELDS),
        ("Status, currency, refunds and other columns", "", MORE_FIELDS),
    ):
        if fields is not MORE_FIELDS:
            st.markdown(f"**{title}**" + (f"  \n{explain}" if explain else ""))
        place = st.expander(title) if fields is MORE_FIELDS else st.container()
        with place, st.grid(min(3, len(fields)), min_column_width=220, gap="small") as grid:
            for name, (label, meaning) in fields.items():
                with grid.container():
                    mapping[name] = _render_column_picker(name, label, meaning, names, matches.get(name), examples)
                    if name in ambiguous and not mapping[name]:
                        st.info(f"Select: {escape_markdown(' or '.join(ambiguous[name]))}?", icon=":material/help:")
    return {name: column for name, column in mapping.items() if column}


def describe_missing(mapping: Mapping[str, str]) -> str:
    """What is missing from the mapping, in one sentence; "" if it is complete."""
    missing = [f"the column for {label.lower()}" for name, (label, _) in REQUIRED_FIELDS.items() if name not in mapping]
    if not any(name in mapping for name in AMOUNT_FIELDS):
        missing.append("a column for the amount (net sales, total, gross sales, subtotal or unit price)")
    if missing:
        return f"Still required: {', and '.join(missing)}."
    seen: dict[str, str] = {}
    for name, column in mapping.items():
        if column in seen:
            return f"{column!r} is mapped twice, to {FIELDS[seen[column]][0]} and {FIELDS[name][0]}: map it only once."
        seen[column] = name
    return ""


def build_sales_settings(upload: Upload, mapping: Mapping[str, str]) -> SalesSettings:
    """The settings that read the file with this mapping; what is recognized is not set."""
    from segmentation.sales.column_mapping import find_ambiguous_columns

    names = session_upload.get_upload_source(upload).table().columns
    layout, recognized = _recognize_columns(names)
    changed = tuple((name, mapping.get(name, "")) for name in FIELDS if mapping.get(name) != recognized.get(name))
    if layout is None and (changed or find_ambiguous_columns(names)):
        changed = tuple((name, mapping.get(name, "")) for name in FIELDS)
    return SalesSettings(source=upload.uri, columns=changed)


def find_upload_layout(upload: Upload) -> Layout | None:
    """The layout of the file, if it is that of a known export."""
    return _recognize_columns(session_upload.get_upload_source(upload).table().columns)[0]


def _recognize_columns(names: Sequence[str]) -> tuple[Layout | None, dict[str, str]]:
    """The layout of a known export, if it is one, and the mapping that applies without any choice."""
    from segmentation.errors import ColumnError
    from segmentation.sales.column_mapping import match_columns
    from segmentation.sales.known_layouts import complete_settings

    try:
        layout, completed = complete_settings(names, SalesSettings())
    except ColumnError:  # a needed column is missing; loading says which
        return None, match_columns(names)
    return layout, match_columns(names, completed.columns)


def confirm_upload(sales: SalesSettings) -> bool:
    """Load the file and select it as the source of all pages; on failure show the error and return False."""
    try:
        version = sources.get_version(sales)
        table = results.get_customers(sales, version)
    except SegmentationError as error:
        errors.render_error(error.message, error.hint)
        return False
    session_upload.set_sales_settings(sales)
    data_questions.clear_answers()
    widget_values.set_widget_values(
        widget_defaults.get_widget_defaults() | {saved_run_picker.RUN: saved_run_picker.NONE, "source": YOUR_FILE}
    )
    return table.store.totals.customers > 0


def _render_column_picker(
    name: str, label: str, meaning: str, names: list[str], match: str | None, examples: Mapping[str, str]
) -> str:
    key, options = f"map_{name}", [NO_COLUMN, *names]
    widget_values.drop_unavailable_value(key, options, match or NO_COLUMN)
    column = st.selectbox(
        label,
        options,
        index=options.index(match) if match else 0,
        format_func=lambda column: f"{column} ({examples[column]})" if examples.get(column) else column,
        key=key,
        persist_state="session",
        help=meaning,
    )
    return column if column in names else ""


def _format_cell(value: Any, max_length: int = 60) -> str:
    text = "" if value is None or value != value else " ".join(str(value).split())
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
