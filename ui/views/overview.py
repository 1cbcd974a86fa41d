"""Sections of the Overview: key metrics, data limits, and data quality."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.presentation.messages import render_message
from segmentation.settings import DEMO_SOURCES
from ui.data import queries, results

if TYPE_CHECKING:
    from segmentation.analysis.customer_base import Concentration
    from segmentation.analysis.sales_queries import SalesOverTime
    from segmentation.results import CustomerTable
    from ui.state.app_state import AppState

OLD_DAYS = 30
"""Minimum age at which a notice says that the data are old."""


def render_summary(state: AppState, table: CustomerTable) -> None:
    """The data loaded, in one sentence, and four key metrics."""
    window = table.window
    st.header(
        f"Sales from {formatting.format_date(window.first_sale)} to {formatting.format_date(window.last_sale)}",
        anchor=False,
    )
    st.caption(
        f"{escape_markdown(state.source)} \u00b7 {formatting.format_count(table.reconciliation.lines_read)} rows read"
    )
    if state.sales.source in DEMO_SOURCES:
        st.page_link("app_pages/data/upload.py", label="Upload your own sales", icon=":material/upload_file:")
    orders = float(table.store.totals.orders)
    money = float(table.reconciliation.money_accepted)
    metrics = {
        "Customers": (formatting.format_count(table.store.totals.customers), "Customers with at least one purchase."),
        "Orders": (
            formatting.format_count(orders),
            "Rows of one customer with the same transaction ID form one order.",
        ),
        "Net sales": (formatting.format_currency(money), "Sales after discounts, minus returns."),
        "Average order value": (formatting.format_currency(money / orders), "Net sales divided by orders."),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, (value, help_text) in metrics.items():
            st.metric(label, value, help=help_text, width="content")


def render_data_limits(table: CustomerTable, *, with_age: bool = True) -> None:
    """Warnings about small, short or old data. Processing continues.

    with_age: also warn about an old latest sale; never for demo data, which opens as of its own time.
    """
    from segmentation.analysis import customer_base

    frame, window = table.frame, table.window
    recency = int(frame["recency_days"].min())
    caveats = customer_base.check_data_limits(len(frame), window.days, recency, float(frame["frequency"].max()))
    messages: dict[customer_base.Caveat, str] = {
        "few_customers": f"**Only {formatting.format_count(len(frame))} customers, fewer than "
        f"{customer_base.MIN_CUSTOMERS}.** Segments are small, and a few customers can change them. Use fewer "
        "segments and check the size of the smallest.",
        "short_period": f"**Only {formatting.format_value(window.days, 'days')} of sales, under "
        f"{customer_base.MIN_DAYS}.** Infrequent buyers look like one-time buyers, and seasonality cannot be "
        "separated from habit. Add earlier sales if you have them.",
        "quiet_end": f"**No orders in the last {recency} days before {formatting.format_date(window.as_of)}.** "
        "Every customer will look inactive. Add the latest sales, or choose an earlier as-of date.",
        "no_regulars": f"**No customer has {customer_base.MIN_REGULAR_ORDERS} orders.** Purchase frequency hardly "
        "differentiates customers: segments rely on recency and spend. Add earlier sales, or check which column "
        "identifies the customer.",
    }
    sentences = [messages[name] for name in caveats]
    age = (window.load_day - window.last_sale).days
    if with_age and age > OLD_DAYS and table.settings.source not in DEMO_SOURCES:
        sentences.append(
            f"**The latest sale is {formatting.format_count(age)} days old.** Metrics and segments reflect the "
            f"situation on {formatting.format_date(window.as_of)}. Load newer sales before contacting customers."
        )
    if sentences:
        st.info("\n".join(f"- {sentence}" for sentence in sentences), title="Data limitations", icon=":material/info:")


def render_data_notes(state: AppState, table: CustomerTable) -> None:
    """The list of excluded rows, and the features this data does not support."""
    from segmentation.analysis.sales_queries import MAX_REJECTED_LINES

    n_rejected = table.reconciliation.lines_read - table.reconciliation.lines_accepted
    if n_rejected:
        render_download(
            "Download excluded rows (CSV)",
            partial(queries.build_rejected_lines_csv, state),
            "excluded rows",
            table,
            key="excluded_rows",
        )
        limit_note = (
            f" The file contains the first {formatting.format_count(MAX_REJECTED_LINES)}."
            if n_rejected > MAX_REJECTED_LINES
            else ""
        )
        st.caption(f"Original rows of your table, with the reason for exclusion.{limit_note}")
    if not (merged := queries.get_merged_spellings(state.sales, state.version)).empty:
        render_download(
            "Download merged customer IDs (CSV)",
            partial(queries.build_merged_spellings_csv, state),
            "merged customer IDs",
            table,
            key="merged_ids",
        )
        n_merged = merged["customer_id"].nunique()
        st.caption(
            f"{formatting.format_count(n_merged)} customer {'ID is' if n_merged == 1 else 'IDs are'} written in "
            "several ways. The list has every spelling."
        )
    missing: dict[str, list[str]] = {}
    for name, reason in table.unavailable_features.items():
        missing.setdefault(render_message(reason), []).append(results.get_feature_registry()[name].label)
    for reason, labels in missing.items():
        st.caption(escape_markdown(f"{reason} Unavailable: {', '.join(labels)}."))
    for notice in table.notices:
        st.caption(escape_markdown(notice))


def render_download(label: str, build: Callable[[], bytes], file_label: str, table: CustomerTable, *, key: str) -> None:
    """A button for a list that belongs to no run, built on click."""
    from segmentation.export.customer_list import build_data_file_name

    st.download_button(
        label,
        data=build,
        file_name=build_data_file_name(file_label, table.source.name, table.window.as_of.isoformat()),
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=key,
    )


def build_period_table(sales_over_time: SalesOverTime) -> pd.DataFrame:
    """The data of the time series charts as text, one row per period."""
    table = sales_over_time.periods
    return pd.DataFrame(
        {
            "From": [formatting.format_short_date(day) for day in table["period"]],
            "Net sales": table["net_sales"].map(formatting.format_amount),
            "Orders": table["orders"].map(formatting.format_count),
            "Customers": table["customers"].map(formatting.format_count),
            "New": table["new_customers"].map(formatting.format_count),
            "Returning": table["returning_customers"].map(formatting.format_count),
        }
    )


def build_concentration_table(concentration: Concentration) -> pd.DataFrame:
    """The concentration curve as text, in steps of 10 %."""
    deciles = concentration.curve.iloc[10::10]
    return pd.DataFrame(
        {
            "Top customers": deciles["share_of_customers"].map(formatting.format_percent),
            "Share of sales": deciles["share_of_sales"].map(formatting.format_percent),
        }
    )
