"""How this visitor reads numbers and amounts: chosen in the sidebar, kept in the address, in no result."""

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

SYMBOL_POSITIONS = {"Before the amount": False, "After the amount": True}


def apply_number_format() -> None:
    """Write numbers as was chosen, in the view before or by the address: for what runs before the sidebar is drawn."""
    example, symbol, place = (
        str(st.session_state.get(key, st.query_params.get(key)) or default)
        for key, default in (("numbers", DEFAULT_FORMAT.example), ("currency", ""), ("symbol", ""))
    )
    try:
        set_number_format(NumberFormat(example, symbol.strip(), SYMBOL_POSITIONS.get(place, False)))
    except SettingsError:  # said where it is chosen
        set_number_format(DEFAULT_FORMAT)


def render_number_format_picker() -> NumberFormat:
    """Draw the choice; what cannot be used is said beside it and changes nothing else."""
    with st.expander("Numbers and currency", key="numbers_box"):
        example = st.selectbox(
            "Numbers look like",
            list(SEPARATORS),
            key="numbers",
            bind="query-params",
            help="On the pages and in the report. Lists keep a plain form that other tools can read.",
        )
        symbol = st.text_input(
            "Currency symbol",
            max_chars=MAX_SYMBOL_LENGTH,
            key="currency",
            bind="query-params",
            placeholder="none",
            help="Written with every amount, for example \N{EURO SIGN} or CHF. Nothing is converted.",
        )
        place = st.selectbox("Symbol stands", list(SYMBOL_POSITIONS), key="symbol", bind="query-params")
        try:
            return NumberFormat(str(example), str(symbol or "").strip(), SYMBOL_POSITIONS.get(str(place), False))
        except SettingsError as error:
            errors.render_error(error.message, error.hint)
            return DEFAULT_FORMAT
