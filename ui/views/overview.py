"""What the Overview says in words: the shop in figures, what the data are too few for, and what they hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation.presentation import formatting, settings_summary
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import DEMO_SOURCES
from ui.data import queries, results

if TYPE_CHECKING:
    from segmentation.analysis.customer_base import Concentration
    from segmentation.analysis.sales_queries import SalesOverTime
    from segmentation.results import CustomerTable
    from ui.state.app_state import AppState

OLD_DAYS = 30
"""From this age on it is said that the latest sale is not of today."""


def render_summary(state: AppState, table: CustomerTable) -> None:
    """What was loaded, in one sentence, and the shop in four figures."""
    window = table.window
    st.header(
        f"Sales from {formatting.format_date(window.first_sale)} to {formatting.format_date(window.last_sale)}",
        anchor=False,
    )
    st.caption(
        f"{escape_markdown(state.source)} \u00b7 {formatting.format_count(table.reconciliation.lines_read)} lines read"
    )
    if state.sales.source in DEMO_SOURCES:
        st.page_link("pages/data/upload.py", label="Use a file of your own sales", icon=":material/upload_file:")
    orders = float(table.orders)
    money = float(table.reconciliation.money_accepted)
    shown = {
        "Customers": (formatting.format_count(table.n_customers), "Customers who bought at least once."),
        "Orders": (
            formatting.format_count(orders),
            "Lines of one customer with the same transaction id are one order.",
        ),
        "Net sales": (formatting.format_currency(money), "What was paid after discounts; returns are taken off."),
        "Average order": (formatting.format_currency(money / orders), "Net sales divided by orders."),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, (value, explain) in shown.items():
            st.metric(label, value, help=explain, width="content")


def render_data_limits(table: CustomerTable, *, age_too: bool = True) -> None:
    """What the data are too few or too old for, and what that does to the result. It goes on all the same.

    age_too: that the latest sale is not of today is said as well.
    """
    from segmentation.analysis import customer_base

    frame, window = table.frame, table.window
    since = int(frame["recency_days"].min())
    found = customer_base.check_data_limits(len(frame), window.days, since, float(frame["frequency"].max()))
    say: dict[customer_base.Caveat, str] = {
        "few_customers": f"**{formatting.format_count(len(frame))} customers, fewer than {customer_base.FEWEST_CUSTOMERS}.** Segments "
        "come out small, and a few customers more or less can change them. Take few, and mind how many the smallest "
        "has.",
        "short_period": f"**{formatting.format_value(window.days, 'days')} of sales, under {customer_base.SHORTEST_DAYS}.** Who buys "
        "twice a year looks like a one-time buyer, and a season looks like a habit. Add earlier sales if you have "
        "them.",
        "quiet_end": f"**No order in the last {since} days before {formatting.format_date(window.as_of)}.** Everybody looks as if "
        "they had stopped buying. Add the latest sales, or choose an earlier as-of date.",
        "no_regulars": f"**Nobody has {customer_base.REGULAR_ORDERS} orders.** How often customers buy hardly tells them "
        "apart: segments rest on how recently and for how much. Add earlier sales, or check which column names the "
        "customer.",
    }
    sentences = [say[name] for name in found]
    age = (window.load_day - window.last_sale).days
    if age_too and age > OLD_DAYS:
        sentences.append(
            f"**The latest sale is {formatting.format_count(age)} days old.** Figures and segments tell how things stood on "
            f"{formatting.format_date(window.as_of)}. Load newer sales before you write to anybody."
        )
    if sentences:
        st.info("\n".join(f"- {sentence}" for sentence in sentences), title="Good to know", icon=":material/info:")


def render_data_notes(state: AppState, table: CustomerTable) -> None:
    """The list of lines set aside, and what these data do not allow."""
    from segmentation.analysis.sales_queries import MAX_REJECTED_LINES

    aside = table.reconciliation.lines_read - table.reconciliation.lines_accepted
    if aside:
        render_download(
            "Download the lines set aside (CSV)",
            partial(queries.build_rejected_lines_csv, state),
            "lines set aside",
            table,
            key="aside",
        )
        first = (
            f" The file holds the first {formatting.format_count(MAX_REJECTED_LINES)}."
            if aside > MAX_REJECTED_LINES
            else ""
        )
        st.caption(f"Each line as your table has it, with the reason why it is set aside.{first}")
    missing: dict[str, list[str]] = {}
    for name, reason in table.unavailable_features.items():
        missing.setdefault(settings_summary.humanize_columns(reason), []).append(
            results.get_feature_registry()[name].label
        )
    for reason, labels in missing.items():
        st.caption(escape_markdown(f"{reason} So there is no: {', '.join(labels)}."))
    for notice in table.notices:
        st.caption(escape_markdown(formatting.localize_numbers(settings_summary.humanize_columns(notice))))


def render_download(label: str, build: Callable[[], bytes], what: str, table: CustomerTable, *, key: str) -> None:
    """A list that comes from no run, built at the click."""
    from segmentation.export.customer_list import build_data_file_name

    st.download_button(
        label,
        data=build,
        file_name=build_data_file_name(what, table.source.name, table.window.as_of.isoformat()),
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=key,
    )


def build_period_table(found: SalesOverTime) -> pd.DataFrame:
    """The numbers of the charts over time as text, one row per period."""
    table = found.periods
    return pd.DataFrame(
        {
            "From": [f"{day:%Y-%m-%d}" for day in table["period"]],
            "Net sales": table["net_sales"].map(formatting.format_amount),
            "Orders": table["orders"].map(formatting.format_count),
            "Customers": table["customers"].map(formatting.format_count),
            "New": table["new_customers"].map(formatting.format_count),
            "Ordered before": table["returning_customers"].map(formatting.format_count),
        }
    )


def build_concentration_table(spread: Concentration) -> pd.DataFrame:
    """The curve of concentration as text, in tenths."""
    tenths = spread.curve.iloc[10::10]
    return pd.DataFrame(
        {
            "Largest customers": tenths["share_of_customers"].map(formatting.format_percent),
            "Bring of sales": tenths["share_of_sales"].map(formatting.format_percent),
        }
    )
