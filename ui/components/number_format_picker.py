"""Number format and currency symbol: sidebar widgets bound to the URL; they change no result."""

from __future__ import annotations

import streamlit as st

from segmentation.errors import SettingsError
from segmentation.presentation.number_format import (
    DEFAULT_FORMAT,
    MAX_SYMBOL_LENGTH,
    SEPARATORS,
    NumberFormat,
    set_number_format,
)
from ui.components import errors
from ui.state import widget_values

SYMBOL_POSITIONS = {"Before the amount": False, "After the amount": True}


def apply_number_format() -> None:
    """Apply the format from session state or the URL, for code that runs before the sidebar."""
    example, symbol, position = (
        str(widget_values.get_widget_value(key, st.query_params.get(key)) or default)
        for key, default in (("numbers", DEFAULT_FORMAT.example), ("currency", ""), ("symbol", ""))
    )
    try:
        set_number_format(NumberFormat(example, symbol.strip(), SYMBOL_POSITIONS.get(position, False)))
    except SettingsError:  # shown next to the widget
        set_number_format(DEFAULT_FORMAT)


def render_number_format_picker() -> NumberFormat:
    """Render the widgets; an invalid value shows an error and falls back to the default."""
    with st.expander("Numbers and currency", key="numbers_box"):
        example = st.selectbox(
            "Number format",
            list(SEPARATORS),
            key="numbers",
            bind="query-params",
            help="Used on the pages and in the report. Exported lists keep a plain format that other tools can read.",
        )
        symbol = st.text_input(
            "Currency symbol",
            max_chars=MAX_SYMBOL_LENGTH,
            key="currency",
            bind="query-params",
            placeholder="none",
            help="Shown with every amount, for example \N{EURO SIGN} or CHF. Nothing is converted.",
        )
        position = st.selectbox("Symbol position", list(SYMBOL_POSITIONS), key="symbol", bind="query-params")
        try:
            return NumberFormat(str(example), str(symbol or "").strip(), SYMBOL_POSITIONS.get(str(position), False))
        except SettingsError as error:
            errors.render_error(error.message, error.hint)
            return DEFAULT_FORMAT
