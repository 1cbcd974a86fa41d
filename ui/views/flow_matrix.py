"""The flows between two month-ends as a matrix; a selected cell selects the flow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from segmentation.presentation import formatting
from segmentation.segments.migration import NOT_PRESENT
from ui.state import widget_values

KEY = "flow_matrix"
FLOW_KEY = "history_flow"
"""Key of the widget that selects a flow."""


def format_flow(segment_before: int, segment_now: int) -> str:
    """The value of the widget that selects a flow, which `find_selected_flow` returns as well."""
    return f"{segment_before}-{segment_now}"


def render_flow_matrix(customers: pd.DataFrame, before: Mapping[int, str], now: Mapping[int, str]) -> None:
    """Customers of each flow; the customers of the selected cell are listed below.

    Args:
        customers: rows are segment_before, columns are segment_now, both with segments and NOT_PRESENT.
        before: names of the rows.
        now: names of the columns.
    """
    rows, columns = (sorted(axis, key=lambda i: (i == NOT_PRESENT, i)) for axis in customers.axes)
    counts = customers.loc[rows, columns].set_axis([str(i) for i in columns], axis=1)
    flows = {
        (position, str(j)): format_flow(i, j)
        for position, i in enumerate(rows)
        for j in columns
        if i != j and customers.loc[i, j] > 0
    }
    table = pd.concat([counts, counts.sum().to_frame().T], ignore_index=True)
    table["total"] = table.sum(axis=1)
    table.insert(0, "from", [*(before[i] for i in rows), "Total"])
    formats: dict[Any, Any] = dict.fromkeys([*counts, "total"], formatting.format_count)
    labels: dict[Any, Any] = {
        "from": st.column_config.TextColumn("From / to", pinned=True),
        **{str(j): now[j] for j in columns},
        "total": "Total",
    }
    st.caption("Select a cell to list its customers below.")
    st.dataframe(
        table.style.format(formats),
        column_config=labels,
        hide_index=True,
        height="content",
        alt="Customers by their segment at both month-ends",
        key=KEY,
        selection_mode="single-cell",
        on_select=lambda: _select_flow(flows),
    )


def _select_flow(flows: Mapping[tuple[int, str], str]) -> None:
    selection = widget_values.get_widget_value(KEY)
    cells = selection["selection"]["cells"] if selection else ()
    flow = find_selected_flow(cells, flows)
    if flow is not None:
        widget_values.set_widget_values({FLOW_KEY: flow})


def find_selected_flow(cells: Collection[tuple[int, str]], flows: Mapping[tuple[int, str], str]) -> str | None:
    """The flow of the selected cell; None for a total, for customers who stayed, and where nobody moved."""
    return next((flows[row, column] for row, column in cells if (row, column) in flows), None)
