"""How this visitor reads numbers and amounts: chosen in the sidebar, kept in the address, in no result."""

from __future__ import annotations

import streamlit as st

from ui.components import common as parts
from segmentation.presentation.number_format import LONGEST_SYMBOL, NEUTRAL, SIGNS, NumberFormat, use
from segmentation.errors import SettingsError

PLACES = {"Before the amount": False, "After the amount": True}


def follow() -> None:
    """Write numbers as was chosen, in the view before or by the address: for what runs before the sidebar is drawn."""
    example, symbol, place = (
        str(st.session_state.get(key, st.query_params.get(key)) or default)
        for key, default in (("numbers", NEUTRAL.example), ("currency", ""), ("symbol", ""))
    )
    try:
        use(NumberFormat(example, symbol.strip(), PLACES.get(place, False)))
    except SettingsError:  # said where it is chosen
        use(NEUTRAL)


def choose() -> NumberFormat:
    """Draw the choice; what cannot be used is said beside it and changes nothing else."""
    with st.expander("Numbers and currency", key="numbers_box"):
        example = st.selectbox(
            "Numbers look like",
            list(SIGNS),
            key="numbers",
            bind="query-params",
            help="On the pages and in the report. Lists keep a plain form that other tools can read.",
        )
        symbol = st.text_input(
            "Currency symbol",
            max_chars=LONGEST_SYMBOL,
            key="currency",
            bind="query-params",
            placeholder="none",
            help="Written with every amount, for example \N{EURO SIGN} or CHF. Nothing is converted.",
        )
        place = st.selectbox("Symbol stands", list(PLACES), key="symbol", bind="query-params")
        try:
            return NumberFormat(str(example), str(symbol or "").strip(), PLACES.get(str(place), False))
        except SettingsError as error:
            parts.show_error(error.sentence, error.hint)
            return NEUTRAL
