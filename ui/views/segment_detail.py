"""One segment closely and several side by side: what the pages ask for, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ui.data import results as cached, scoped_cache as kept
from ui.components import common as parts
from ui.state.app_state import AppState
from segmentation import charts
from segmentation.charts import numbers

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation
    from segmentation.settings import ModelSettings, SalesSettings

Segment = dict[str, Any]
MORE = 1.05
"""From this lift on, rounded to 1.1, it is called more."""
FEW_KNOWN = 10
"""With fewer customers known, a share says more about chance than about the segment."""
DISCOUNTS = {
    "full_price": (
        "Full price, of all value",
        "Of the value of all goods together before discounts, the part without any discount.",
    ),
    "sales_discounted": ("Sales with a discount", "Of net sales, the part from goods with a discount."),
    "average_discount": ("Average discount", "On the goods that had one, of their price."),
    "discount_of_all": ("Discounts, of all value", "Of the value of all goods together before discounts."),
}


def categories(state: AppState, segment: Segment) -> None:
    """What the segment buys more of than others."""
    if not cached.segmentation(state).training.table.has_categories:
        return
    parts.heading(
        "Buys more than others",
        "2 times: this category has twice the part of what they spend that it has for all customers. "
        "Categories with less than 1 % of the segment's sales are left out.",
    )
    table = cached.top_categories(state)
    mine = table[(table["segment_id"] == segment["segment_id"]) & (table["lift"] >= MORE)]
    if mine.empty:
        st.caption("Nothing: they buy the same things as everybody.")
        return
    st.table(
        pd.DataFrame(
            {
                "Category": [parts.category(str(name)) for name in mine["category"]],
                "Times as much": [numbers.decimal(float(lift), 1) for lift in mine["lift"]],
                "Of the segment's sales": mine["share_of_segment"].map(numbers.share),
            }
        ),
        hide_index=True,
        border="horizontal",
        alt="Categories that the segment buys more of than others",
    )


def discount(state: AppState, segment: Segment) -> None:
    """The segment's own discount truth beside everybody's."""
    truth = discount_truth(*cached.key(state))
    if truth is None:
        return
    parts.heading(
        "Discounts",
        "Of everything they bought together, so that large customers count for more than in the table of middle "
        "customers above. In brackets: all customers.",
    )
    by_id = truth.set_index("segment_id")
    with st.container(horizontal=True, gap="medium"):
        for column, (label, meaning) in DISCOUNTS.items():
            mine, everybody = (float(by_id[column][number]) for number in (segment["segment_id"], 0))
            st.metric(label, numbers.share(mine), f"({numbers.share(everybody)})", delta_color="off",
                      delta_arrow="off", help=meaning)  # fmt: skip


def demographics(state: AppState, segment: Segment) -> None:
    """Who they are, where the source knows it."""
    table = _demographics(*cached.key(state))
    if table is None:
        return
    names = {str(name): str(name).replace("_", " ").capitalize() for name in table["attribute"].unique()}
    parts.heading("Who they are", "Shares of those for whom it is known, beside all customers for whom it is known.")
    attribute = st.selectbox(
        "Show", list(names), format_func=lambda name: names[name], key="attribute", persist_state="session", width=280
    )
    attribute = attribute if attribute in names else next(iter(names))
    rows = table[table["attribute"] == attribute]
    everybody = rows[rows["segment_id"] == 0].reset_index(drop=True)
    mine = rows[rows["segment_id"] == segment["segment_id"]].reset_index(drop=True)
    known, of_all = int(mine["known"].iloc[0]), int(everybody["known"].iloc[0])
    st.caption(
        f"Known for {numbers.count(known)} of {numbers.count(segment['customers'])} customers of this segment, "
        f"and for {numbers.count(of_all)} in all."
    )
    if known < FEW_KNOWN:
        st.info("Too few are known to say anything about this segment.", icon=":material/info:")
        return
    values = mine.assign(share_of_all=everybody["share"])
    shown = pd.DataFrame(
        {
            parts.plain(names[attribute]): values["value"].map(lambda text: parts.plain(str(text))),
            "Customers known": values["customers"].map(numbers.count),
            "Of this segment": values["share"].map(numbers.share),
            "Of all customers": values["share_of_all"].map(numbers.share),
        }
    )
    figure = charts.closer.demographics(
        values, names[attribute], str(segment["segment_name"]), int(segment["color"]), parts.theme()
    )
    parts.chart(figure, key="demographics", numbers=shown)


def people(state: AppState, found: Segmentation, segment: Segment) -> None:
    """Ten customers in the middle of the segment and ten at its edge; ids stand in these tables only."""
    near, edge = _people_of(*cached.key(state), int(segment["segment_id"]))
    names = {int(row["segment_id"]): str(row["segment_name"]) for row in found.segments.to_dict("records")}
    features = {name: feature for name, feature in cached.offered(state).items() if name in near}
    parts.heading(
        "Typical customers", f"The {len(near)} nearest the middle of the segment: good to picture who they are."
    )
    st.table(_people(near, features), hide_index=True, border="horizontal", alt="Customers nearest the middle")
    if len(edge):
        parts.heading(
            "At the edge",
            f"The {len(edge)} nearest the border to another segment: a small change would move them there.",
        )
        shown = _people(edge, features)
        shown["Next segment"] = [parts.plain(names.get(int(i), "")) for i in edge["next_segment"]]
        st.table(shown, hide_index=True, border="horizontal", alt="Customers nearest the border to another segment")


def _people(rows: pd.DataFrame, features: dict[str, Feature]) -> pd.DataFrame:
    shown = pd.DataFrame({"Customer": [parts.plain(str(customer)) for customer in rows["customer_id"]]})
    for name, feature in features.items():
        shown[feature.label] = [numbers.value(float(x), feature.unit) for x in rows[name]]
    return shown


@kept.data(max_entries=24, ttl="12h", show_spinner="Looking up the discounts")
def discount_truth(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, current_run: str | None, opened: str | None
) -> pd.DataFrame | None:
    from segmentation.analysis import segment_detail as deeper

    return deeper.discount_truth(cached.made(sales, version, model, k, current_run, opened))


@kept.data(max_entries=24, ttl="12h", show_spinner="Looking up who they are")
def _demographics(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, current_run: str | None, opened: str | None
) -> pd.DataFrame | None:
    from segmentation.analysis import segment_detail as deeper

    return deeper.demographics(cached.made(sales, version, model, k, current_run, opened))


@kept.data(max_entries=48, ttl="12h", show_spinner="Looking for typical customers")
def _people_of(
    sales: SalesSettings,
    version: str,
    model: ModelSettings,
    k: int,
    current_run: str | None,
    opened: str | None,
    segment_id: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from segmentation.analysis import segment_detail as deeper

    return deeper.typical_and_edge(cached.made(sales, version, model, k, current_run, opened), segment_id)
