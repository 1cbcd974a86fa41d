"""What the page of one segment says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ui.state import url_binding as linked
from ui.views import segment_editor as own_words
from ui.components import common as parts
from ui.views.segment_cards import ACTIONS
from segmentation.charts import color, numbers

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation

Segment = dict[str, Any]
KEY = "one_segment"


def choose(found: Segmentation) -> Segment:
    """The segment that the visitor chose, its number in the address; the first where that one is not there.

    Its texts are in the visitor's number format.
    """
    from segmentation.segments.labeling import retold

    rows = {int(row["segment_id"]): row for row in retold(found.segments).to_dict("records")}
    labels = {number: f"{number} {row['segment_name']}" for number, row in rows.items()}
    parts.relabelled(KEY, labels)
    linked.take("segment", KEY, {str(number): number for number in rows})
    number = st.radio(
        "Segment",
        list(rows),
        format_func=lambda number: parts.plain(labels.get(number, str(number))),
        horizontal=True,
        key=KEY,
        persist_state="session",
    )
    number = number if number in rows else next(iter(rows))
    linked.put("segment", KEY, str(number), str(next(iter(rows))))
    return {str(column): value for column, value in rows[number].items()}


def card(segment: Segment) -> None:
    """Name, sentence, size and money, and what to do."""
    fill = color(int(segment["color"]), parts.theme())
    st.html(f'<div style="height:6px;border-radius:3px;background:{fill}"></div>')
    st.header(f"{segment['segment_id']} {parts.plain(segment['segment_name'])}", anchor=False)
    st.markdown(own_words.shown(segment, "sentence"))
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Customers",
            numbers.count(segment["customers"]),
            help=f"{numbers.share(segment['share_of_customers'])} of all customers.",
        )
        st.metric("Net sales", numbers.money(segment["net_sales"]), help="Of this segment, returns taken off.")
        st.metric("Share of sales", numbers.share(segment["share_of_sales"]), help="Of the net sales of all segments.")
        st.metric(
            "Sales per customer",
            numbers.money(segment["net_sales"] / max(segment["customers"], 1)),
            help="Net sales of the segment / its customers.",
        )
    st.markdown("  \n".join(f"**{label}:** {own_words.shown(segment, column)}" for column, label in ACTIONS.items()))
    st.caption(f"Why this name: {parts.plain(segment['reason'])}")


def figures(found: Segmentation, segment: Segment, offered: dict[str, Feature]) -> pd.DataFrame:
    """One row per feature: the segment's median, that of all customers, and where it stands among them."""
    frame = found.training.table.frame
    rows = []
    for name, feature in offered.items():
        position = float(segment[f"position_{name}"])
        rows.append(
            {
                "Figure": feature.label,
                "This segment": numbers.value(float(segment[f"median_{name}"]), feature.unit),
                "All customers": numbers.value(float(frame[name].median()), feature.unit),
                "More than": f"{numbers.place(position)} of 100" if math.isfinite(position) else "\u2013",
            }
        )
    return pd.DataFrame(rows)
