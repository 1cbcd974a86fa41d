"""How an uploaded file is read: its layout, questions, findings with fixes, and the totals before segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation.errors import DataQuestionError, SegmentationError
from segmentation.presentation import findings, formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import data_questions, elements, errors
from ui.data import results, sources

if TYPE_CHECKING:
    from segmentation.results import CustomerTable
    from segmentation.sales.findings import Finding
    from segmentation.sales.known_layouts import Layout
    from segmentation.settings import SalesSettings

_FIX = "map_fix_"
"""Widget keys of fixes begin so."""


def render_summary(sales: SalesSettings, layout: Layout | None) -> SalesSettings | None:
    """What the file holds, with questions and fixes.

    Args:
        sales: the file and its columns, as mapped on the page.
        layout: its layout, if it is that of a known export; shown with the questions, too.

    Returns:
        the settings to read it; None until all questions are answered, or if it cannot be read.
    """
    from segmentation.sales.findings import apply_fix

    if layout is not None:
        st.info(escape_markdown(findings.describe_layout(layout)), icon=":material/fact_check:")
    loaded = _load_with_answers(sales)
    if loaded is None:
        return None
    answered, table = loaded
    for sentence in table.notices:
        st.caption(escape_markdown(sentence))
    fixed = answered
    for number, finding in enumerate(table.findings):
        if _render_finding(finding, key=f"{_FIX}{number}_{finding.id}"):
            fixed = apply_fix(fixed, finding)
    if fixed != answered:
        loaded = _load_with_answers(fixed)
        if loaded is None:
            return None
    _render_totals(loaded[1])
    return loaded[0]


def _load_with_answers(sales: SalesSettings) -> tuple[SalesSettings, CustomerTable] | None:
    """Load the file, asking one question after the other; None until all are answered, or if it cannot be read."""
    from segmentation.sales.findings import merge_settings

    asked: set[tuple[object, ...]] = set()
    while True:
        try:
            return sales, results.get_customers(sales, sources.get_version(sales))
        except DataQuestionError as error:
            question = (error.setting, *(one.value for one in error.values))
            if question in asked or not (error.options or error.values):
                errors.render_error(error.message, error.hint)
                return None
            asked.add(question)
            answer = data_questions.ask_question(error)
            if answer is None:
                return None
            sales = merge_settings(sales, answer)
        except SegmentationError as error:
            errors.render_error(error.message, error.hint)
            return None


def _render_finding(finding: Finding, *, key: str) -> bool:
    """One finding; returns whether its fix is chosen."""
    from segmentation.sales.findings import INFO

    show = st.info if finding.severity == INFO else st.warning
    show(escape_markdown(findings.describe_finding(finding)), icon=":material/troubleshoot:")
    fix = findings.describe_fix(finding)
    return bool(fix) and st.toggle(fix, key=key, persist_state="session")


def _render_totals(table: CustomerTable) -> None:
    """The figures to compare with one's own report."""
    window, money = table.window, float(table.reconciliation.money_accepted)
    st.header("Totals", anchor=False)
    st.caption(
        f"{formatting.format_date(window.first_sale)} to {formatting.format_date(window.last_sale)}. Compare them "
        "with a report from your shop before you create segments."
    )
    metrics = {
        "Customers": formatting.format_count(table.store.totals.customers),
        "Orders": formatting.format_count(table.store.totals.orders),
        "Net sales": formatting.format_currency(money),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, value in metrics.items():
            st.metric(label, value, width="content")
    rejected = table.reconciliation.rejected
    if len(rejected):
        amounts = ["unknown" if amount.is_nan() else formatting.format_currency(amount) for amount in rejected["money"]]
        rows = [formatting.format_count(count) for count in rejected["lines"]]
        numbers = pd.DataFrame({"Reason": rejected["label"], "Rows": rows, "Amount": amounts})
        elements.render_table(numbers, key="rejected_totals", label="Excluded rows")
