"""What changed between two saved runs: customers who moved, segment sizes, and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements

if TYPE_CHECKING:
    from segmentation.analysis.run_comparison import RunComparison

MAX_TABLE_ROWS = 30


def render_run_difference(comparison: RunComparison) -> None:
    """Migration flows, and settings that differ."""
    before, now = comparison.window_days
    if before != now:
        st.warning(
            f"The earlier run covers {formatting.format_count(before)} days of sales, the later one "
            f"{formatting.format_count(now)}. Customers with the same habits have more orders over a longer window, so "
            "part of the difference is due to the length. Segment history recomputes the segments over windows of "
            "equal length.",
            icon=":material/warning:",
        )
        st.page_link("app_pages/segments/history.py", label="Open Segment history", icon=":material/moving:")
    _render_flows(comparison)
    st.header("Changed settings", anchor=False)
    if comparison.settings.empty:
        st.caption("None: both runs have the same settings and data.")
    else:
        differences = comparison.settings.map(lambda text: escape_markdown(str(text)))
        differences.columns = pd.Index(["Setting", "Before", "Now"])
        st.table(differences, hide_index=True, border="horizontal", alt="Changed settings between the two runs")


def _render_flows(comparison: RunComparison) -> None:
    """Metrics, charts and tables of migration flows."""
    theme = elements.get_theme()
    counts = comparison.counts
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Stayed", formatting.format_count(counts["stayed"]), help="Customers in the same segment in both runs."
        )
        st.metric(
            "Moved",
            formatting.format_count(counts["moved"]),
            help="Customers in both runs, in a different segment now.",
        )
        st.metric("Joined", formatting.format_count(counts["joined"]), help="Customers not in the earlier run.")
        st.metric("Lost", formatting.format_count(counts["left"]), help="Customers not in the later run.")
    if not comparison.is_comparable:
        st.info("The two runs have no customers in common.", icon=":material/info:")
    if counts["moved"] + counts["joined"] + counts["left"]:
        elements.render_heading(
            "Migration flows",
            "The largest groups of customers who changed segment, with their net sales in each run.",
        )
        elements.render_chart(
            charts.plot_largest_flows(comparison.flows, theme), key="moves", numbers=_build_flow_table(comparison)
        )
        elements.render_heading("Segment sizes before and now", "Customers of each segment in both runs.")
        elements.render_chart(
            charts.plot_segment_sizes(comparison.segments, theme),
            key="before_now",
            numbers=_build_segment_table(comparison),
        )
    else:
        st.success("Every customer is in the same segment in both runs.")


def _build_flow_table(comparison: RunComparison) -> pd.DataFrame:
    rows = comparison.flows.sort_values("customers", ascending=False, kind="stable").head(MAX_TABLE_ROWS)
    names = {
        "From": rows["name_before"].map(escape_markdown),
        "To": rows["name_now"].map(escape_markdown),
    }
    return pd.DataFrame({**names, "Customers": rows["customers"].map(formatting.format_count), **_format_money(rows)})


def _build_segment_table(comparison: RunComparison) -> pd.DataFrame:
    table = comparison.segments
    counts = {
        f"Customers {when}": table[f"customers_{when}"].map(formatting.format_count) for when in ("before", "now")
    }
    return pd.DataFrame({"Segment": table["name"].map(escape_markdown), **counts, **_format_money(table)})


def _format_money(rows: pd.DataFrame) -> dict[str, pd.Series]:
    return {f"Net sales {when}": rows[f"money_{when}"].map(formatting.format_amount) for when in ("before", "now")}
