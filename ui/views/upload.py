"""The mapping screen: which column of a visitor's file is what, with its first lines, and how its text is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import format_questions as ask, common as parts
from ui.data import results as cached, session_upload as uploads
from ui.sidebar import model_controls as choices, saved_run_picker as opened
from ui.state.app_state import YOUR_FILE, configured_sources
from segmentation.charts import numbers
from segmentation.errors import QuestionError, SegmentationError
from segmentation.settings import READINGS, SalesSettings

if TYPE_CHECKING:
    import pandas as pd

    from ui.data.session_upload import Upload
    from segmentation.sales.format_inference import Reading
    from segmentation.sales.upload_store import UploadSource

NEEDED = {
    "customer_id": ("Customer", "Who bought: a number or name that is the same in all lines of one customer."),
    "transaction_date": ("Date of the sale", "The day, with or without the time."),
}
AMOUNTS = {
    "net_sales_amount": ("Net sales", "What was paid for the line, discounts taken off. The best one if you have it."),
    "total_amount": ("Total", "What was paid in the end. Used where there are no net sales."),
    "gross_sales_amount": ("Gross sales", "The price before discounts. Discounts are taken off if you name them."),
}
MORE = {
    "transaction_id": ("Order", "The number of the order, invoice or receipt. Without it each line is an order."),
    "discount_amount": ("Discount", "What was taken off the price of the line."),
    "quantity": ("Quantity", "How many pieces. Below 0: they were returned."),
    "product_category": ("Category", "What kind of goods. It tells what each segment buys more than others."),
    "coupon_status": ("Coupon", "Whether a coupon was used."),
}
ABOUT = {
    "What it holds": "One row per sold line: who bought, when, and for how much. An order number, discount, category "
    "and quantity make it better. Columns may have any names: you say which is which.",
    "What is asked": "How the text is written is found out. Where 02/03 may be two days or 1.234 two amounts, you are "
    "asked; nothing is guessed.",
    "What becomes of it": "It stays in this visit: nobody else sees it, no link holds it, and it is deleted at "
    "once when you remove it, and within minutes when you close or reload the page.",
}
FIELDS = NEEDED | AMOUNTS | MORE
NO_COLUMN = "\N{EN DASH} not in the file \N{EN DASH}"
REMOVED = "upload_removed"
"""In the session until the next page view: what the file was called that was removed."""
FIRST_LINES = 5
_EXAMPLE = 14
_KEYS = [f"map_{name}" for name in (*FIELDS, *READINGS)]


def what_it_needs() -> None:
    """Before there is a file: what it should hold, and what becomes of it."""
    with st.grid(3, min_column_width=220, gap="small") as grid:
        for title, text in ABOUT.items():
            with grid.container(border=True, height="stretch"):
                st.markdown(f"**{title}**  \n{text}")


def limits() -> str:
    """What kinds of file are taken, and how large they may be, in one sentence."""
    from segmentation.sales.csv_dialect import MOST_COLUMNS
    from segmentation.sales.upload_store import MOST_LINES

    return (
        f"CSV or Parquet, one row per sold line: up to {uploads.most_bytes() >> 20} MB, "
        f"{numbers.count(MOST_LINES)} lines and {MOST_COLUMNS} columns."
    )


def start() -> None:
    """Another file: what was chosen for the one before does not hold for it."""
    for key in _KEYS:
        st.session_state.pop(key, None)


def remove() -> None:
    """For a button: delete the file, and go back to the sales that are offered first. The page then says so."""
    upload = uploads.mine()
    if upload is not None:
        st.session_state[REMOVED] = upload.name
    uploads.remove()
    start()
    if st.session_state.get("source") == YOUR_FILE:
        st.session_state["source"] = next(iter(configured_sources()))


def first_lines(upload: Upload) -> pd.DataFrame:
    """The first lines of the file as text, its own columns in its own order."""
    source = uploads.opened(upload)
    if first_lines not in source.made:
        frame = source.fetch(source.table().limit(FIRST_LINES)).to_pandas().astype("object")
        source.made[first_lines] = {(): frame.map(_cell)}
    found: pd.DataFrame = source.made[first_lines][()]
    return found


def columns(upload: Upload) -> dict[str, str]:
    """Ask for every column, the needed ones first; gives name in fct_sales -> name in the file."""
    from segmentation.sales.column_mapping import look_for, unclear

    first = first_lines(upload)
    names = [str(name) for name in first.columns]
    found, several = look_for(names), unclear(names)
    examples = {name: next((_cell(text, _EXAMPLE) for text in first[name] if text), "") for name in names}
    chosen: dict[str, str] = {}
    for title, explain, fields in (
        ("Needed", "", NEEDED),
        ("The amount, at least one of these", "", AMOUNTS),
        ("If you have them", "Each makes more figures possible.", MORE),
    ):
        st.markdown(f"**{title}**" + (f"  \n{explain}" if explain else ""))
        with st.grid(min(3, len(fields)), min_column_width=220, gap="small") as grid:
            for name, (label, meaning) in fields.items():
                with grid.container():
                    chosen[name] = _column(name, label, meaning, names, found.get(name), examples)
                    if name in several and not chosen[name]:
                        st.info(f"Choose: {parts.plain(' or '.join(several[name]))}?", icon=":material/help:")
    return {name: column for name, column in chosen.items() if column}


def missing(chosen: Mapping[str, str]) -> str:
    """What stands in the way of segments, in one sentence; "" where nothing does."""
    wanted = [f"which column holds the {label.lower()}" for name, (label, _) in NEEDED.items() if name not in chosen]
    if not any(name in chosen for name in AMOUNTS):
        wanted.append("which one holds the amount (net sales, total or gross sales)")
    if wanted:
        return f"Still needed: {', and '.join(wanted)}."
    seen: dict[str, str] = {}
    for name, column in chosen.items():
        if column in seen:
            return f"{column!r} is chosen twice, for {FIELDS[seen[column]][0]} and for {FIELDS[name][0]}: choose one."
        seen[column] = name
    return ""


def settings(upload: Upload, chosen: Mapping[str, str]) -> SalesSettings | None:
    """How the file is to be read, asked where it can be read in several ways; None until that is answered."""
    from segmentation.sales.column_mapping import look_for, unclear

    source = uploads.opened(upload)
    pairs: tuple[tuple[str, str], ...] = tuple((name, chosen.get(name, "")) for name in FIELDS)
    names = source.table().columns
    if look_for(names) == chosen and not unclear(names):
        pairs = ()
    given: dict[str, str] = {}
    for _ in range(len(READINGS) + 1):
        try:
            reading = _reading(source, pairs, given)
        except QuestionError as asked:
            way = ask.question(asked, key=f"map_{asked.setting}")
            if way is None:
                return None
            given[asked.setting] = way
        else:
            for sentence in reading.sentences():
                st.caption(parts.plain(numbers.text(sentence)))
            break
    return SalesSettings(source=upload.uri, columns=pairs, dates=given.get("dates"), decimal=given.get("decimal"))


def take(sales: SalesSettings) -> bool:
    """Work the segments out and make the file what all pages show; False where that fails, which is then said."""
    try:
        version = cached.version(sales)
        table = cached.customers(sales, version)
    except SegmentationError as error:
        parts.show_error(error.sentence, error.hint)
        return False
    uploads.use(sales)
    ask.forget()
    for key, value in (choices.defaults() | {opened.RUN: opened.NONE, "source": YOUR_FILE}).items():
        st.session_state[key] = value
    return table.bought > 0


def _column(
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


def _reading(source: UploadSource, pairs: tuple[tuple[str, str], ...], given: Mapping[str, str]) -> Reading:
    """How the text of the file is read with these columns and answers; worked out once."""
    from segmentation.sales.column_mapping import recognise
    from segmentation.sales.format_inference import find_reading

    kept, key = source.made.setdefault(_reading, {}), (pairs, tuple(given.items()))
    if key not in kept:
        table = source.table()
        try:
            with st.spinner("Looking at how dates and amounts are written"):
                found: Any = find_reading(
                    source, table, recognise(table.columns, pairs), datetime.now(UTC).date(), **given
                )
        except QuestionError as error:
            found = error
        kept[key] = found
    if isinstance(kept[key], QuestionError):
        raise kept[key]
    reading: Reading = kept[key]
    return reading


def _cell(value: Any, most: int = 60) -> str:
    text = "" if value is None or value != value else " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
