"""What the Overview says in words: the shop in figures, what the data are too few for, and what they hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui.data import results as cached, queries as cached_views
from ui.components import common as parts
from segmentation.presentation import settings_summary as told
from segmentation.charts import numbers
from segmentation.settings import DEMO_SOURCES

if TYPE_CHECKING:
    from ui.state.app_state import AppState
    from segmentation.analysis.customer_base import Concentration
    from segmentation.analysis.sales_queries import OverTime
    from segmentation.results import CustomerTable

OLD_DAYS = 30
"""From this age on it is said that the latest sale is not of today."""


def summary(state: AppState, table: CustomerTable) -> None:
    """What was loaded, in one sentence, and the shop in four figures."""
    window = table.window
    st.header(f"Sales from {numbers.day(window.first_sale)} to {numbers.day(window.last_sale)}", anchor=False)
    st.caption(f"{parts.plain(state.source)} \u00b7 {numbers.count(table.balance.lines_in)} lines read")
    if state.sales.source in DEMO_SOURCES:
        st.page_link("pages/data/upload.py", label="Use a file of your own sales", icon=":material/upload_file:")
    orders = float(table.orders)
    money = float(table.balance.money_used)
    shown = {
        "Customers": (numbers.count(table.bought), "Customers who bought at least once."),
        "Orders": (numbers.count(orders), "Lines of one customer with the same transaction id are one order."),
        "Net sales": (numbers.money(money), "What was paid after discounts; returns are taken off."),
        "Average order": (numbers.money(money / orders), "Net sales divided by orders."),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, (value, explain) in shown.items():
            st.metric(label, value, help=explain, width="content")


def limits(table: CustomerTable, *, age_too: bool = True) -> None:
    """What the data are too few or too old for, and what that does to the result. It goes on all the same.

    age_too: that the latest sale is not of today is said as well.
    """
    from segmentation.analysis import customer_base as reading

    frame, window = table.frame, table.window
    since = int(frame["recency_days"].min())
    found = reading.caveats(len(frame), window.days, since, float(frame["frequency"].max()))
    say: dict[reading.Caveat, str] = {
        "few_customers": f"**{numbers.count(len(frame))} customers, fewer than {reading.FEWEST_CUSTOMERS}.** Segments "
        "come out small, and a few customers more or less can change them. Take few, and mind how many the smallest "
        "has.",
        "short_period": f"**{numbers.value(window.days, 'days')} of sales, under {reading.SHORTEST_DAYS}.** Who buys "
        "twice a year looks like a one-time buyer, and a season looks like a habit. Add earlier sales if you have "
        "them.",
        "quiet_end": f"**No order in the last {since} days before {numbers.day(window.as_of)}.** Everybody looks as if "
        "they had stopped buying. Add the latest sales, or choose an earlier as-of date.",
        "no_regulars": f"**Nobody has {reading.REGULAR_ORDERS} orders.** How often customers buy hardly tells them "
        "apart: segments rest on how recently and for how much. Add earlier sales, or check which column names the "
        "customer.",
    }
    sentences = [say[name] for name in found]
    age = (window.load_day - window.last_sale).days
    if age_too and age > OLD_DAYS:
        sentences.append(
            f"**The latest sale is {numbers.count(age)} days old.** Figures and segments tell how things stood on "
            f"{numbers.day(window.as_of)}. Load newer sales before you write to anybody."
        )
    if sentences:
        st.info("\n".join(f"- {sentence}" for sentence in sentences), title="Good to know", icon=":material/info:")


def data_notes(state: AppState, table: CustomerTable) -> None:
    """The list of lines set aside, and what these data do not allow."""
    from segmentation.analysis.sales_queries import MOST_LINES_ASIDE

    aside = table.balance.lines_in - table.balance.lines_used
    if aside:
        download(
            "Download the lines set aside (CSV)",
            partial(cached_views.lines_aside_csv, state),
            "lines set aside",
            table,
            key="aside",
        )
        first = f" The file holds the first {numbers.count(MOST_LINES_ASIDE)}." if aside > MOST_LINES_ASIDE else ""
        st.caption(f"Each line as your table has it, with the reason why it is set aside.{first}")
    missing: dict[str, list[str]] = {}
    for name, reason in table.unavailable.items():
        missing.setdefault(told.columns(reason), []).append(cached.registry()[name].label)
    for reason, labels in missing.items():
        st.caption(parts.plain(f"{reason} So there is no: {', '.join(labels)}."))
    for notice in table.notices:
        st.caption(parts.plain(numbers.text(told.columns(notice))))


def download(label: str, build: Callable[[], bytes], what: str, table: CustomerTable, *, key: str) -> None:
    """A list that comes from no run, built at the click."""
    from segmentation.export.customer_list import data_file_name

    st.download_button(
        label,
        data=build,
        file_name=data_file_name(what, table.source.name, table.window.as_of.isoformat()),
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=key,
    )


def periods(found: OverTime) -> pd.DataFrame:
    """The numbers of the charts over time as text, one row per period."""
    table = found.periods
    return pd.DataFrame(
        {
            "From": [f"{day:%Y-%m-%d}" for day in table["period"]],
            "Net sales": table["net_sales"].map(numbers.cents),
            "Orders": table["orders"].map(numbers.count),
            "Customers": table["customers"].map(numbers.count),
            "New": table["new_customers"].map(numbers.count),
            "Ordered before": table["returning_customers"].map(numbers.count),
        }
    )


def shares(spread: Concentration) -> pd.DataFrame:
    """The curve of concentration as text, in tenths."""
    tenths = spread.curve.iloc[10::10]
    return pd.DataFrame(
        {
            "Largest customers": tenths["share_of_customers"].map(numbers.share),
            "Bring of sales": tenths["share_of_sales"].map(numbers.share),
        }
    )
