"""Get started and recommended next steps, each with its reason and a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation import formatting
from segmentation.settings import K_MAX, K_MIN
from ui.components import onboarding
from ui.data import queries
from ui.views import overview, segment_cards

if TYPE_CHECKING:
    from segmentation.analysis.customer_base import Concentration, PurchaseSummary
    from segmentation.results import CustomerTable
    from segmentation.sales.reconciliation import Reconciliation
    from ui.state.app_state import AppState

MIN_REJECTED_SHARE = 0.01
"""Minimum share of rows or money at which reviewing excluded rows is recommended first."""
MIN_ONE_TIME_SHARE = 0.25
"""Minimum share of one-time buyers at which winning the second purchase is recommended."""


TOTALS_ROW_TOLERANCE = 0.01
"""Excluded rows whose amount is this close to all accepted sales look like a row of totals."""


@dataclass(frozen=True)
class Step:
    """A recommended step."""

    title: str
    reason: str
    render_action: Callable[[], object] | None = None
    """Renders the link or button."""


def render_next_steps(
    state: AppState, table: CustomerTable, concentration: Concentration | None, purchases: PurchaseSummary
) -> None:
    """Three steps to a list for new users; then steps recommended for this data."""
    guided = onboarding.is_guide_visible()
    best = (
        ""
        if concentration is None
        else (
            f"{formatting.format_count(concentration.n_top_customers)} customers "
            f"({formatting.format_percent(concentration.top_customer_share)}) account for "
            f"{formatting.format_percent(0.8)} of sales."
        )
    )
    download = partial(
        overview.render_download,
        "Download list (CSV)",
        partial(queries.build_top_customers_csv, state),
        "best customers",
        table,
        key="best",
    )
    open_segments = partial(_render_link_and_list, download if best else None)
    recommended = _build_data_steps(state, table, concentration, purchases)
    if guided:
        st.header("Get started", anchor=False)
        _render_cards(_build_first_visit_steps(best, open_segments), "way", numbered=True)
        onboarding.render_hide_button()
        if recommended:
            st.header("Recommended next steps", anchor=False)
            _render_cards(recommended, "step")
        return
    if best:
        recommended.insert(0, Step("Get to know your best customers", best, open_segments))
    if recommended:
        st.header("Recommended next steps", anchor=False)
        _render_cards(recommended, "step")


def _render_cards(steps: list[Step], key: str, *, numbered: bool = False) -> None:
    with st.grid(len(steps), min_column_width=210, gap="small") as grid:
        for number, step in enumerate(steps, 1):
            with grid.container(border=True, height="stretch", gap="small", key=f"{key}_{number}"):
                st.markdown(f"### {number}. {step.title}" if numbered else f"### {step.title}")
                st.markdown(step.reason)
                if step.render_action:
                    step.render_action()


def _build_first_visit_steps(best: str, open_segments: Callable[[], object]) -> list[Step]:
    return [
        Step(
            "Choose the number of segments",
            f"All numbers from {K_MIN} to {K_MAX} are precomputed. Use the recommended one, or move the slider.",
            _render_page_link("segments/choose_k", "View the recommendation"),
        ),
        Step(
            "Explore the segments",
            f"{best} Each segment has a name, its key metrics, and recommended actions.".strip(),
            open_segments,
        ),
        Step(
            "Export a list",
            "Download the customers of selected segments for a campaign, or a report to share.",
            _render_page_link("campaigns/export", "Open Export"),
        ),
    ]


def _build_data_steps(
    state: AppState, table: CustomerTable, concentration: Concentration | None, purchases: PurchaseSummary
) -> list[Step]:
    """Steps that this data suggests, each with its numbers."""
    from segmentation.analysis.customer_base import MIN_LATE_DAYS

    reconciliation, n_customers = table.reconciliation, table.store.totals.customers
    n_rejected, money_rejected = (
        reconciliation.lines_read - reconciliation.lines_accepted,
        abs(reconciliation.money_read - reconciliation.money_accepted),
    )
    steps = []
    is_material = n_rejected >= MIN_REJECTED_SHARE * reconciliation.lines_read or float(
        money_rejected
    ) >= MIN_REJECTED_SHARE * abs(float(reconciliation.money_read))
    if n_rejected and is_material:
        steps.append(Step("Review excluded rows", _explain_rejected(reconciliation), _render_reasons_link))
    if purchases.n_lapsing_regulars:
        of_sales = ""
        if concentration is not None:
            share = purchases.lapsing_sales / float(reconciliation.money_accepted)
            of_sales = f", {formatting.format_percent(share)} of sales"
        reason = (
            f"{formatting.format_count(purchases.n_lapsing_regulars)} customers across all segments, each with three "
            f"or more orders, have not ordered for more than {MIN_LATE_DAYS} days and twice their usual interval. "
            f"Lifetime sales: {formatting.format_currency(purchases.lapsing_sales)}{of_sales}. For them, "
            "this comes before the advice for their segment."
        )
        build = partial(queries.build_lapsing_regulars_csv, state)
        action = partial(
            overview.render_download, "Download list (CSV)", build, "lapsing regulars", table, key="lapsing_regulars"
        )
        steps.append(Step("Win back lapsing regulars", reason, action))
    if purchases.n_one_time_buyers >= MIN_ONE_TIME_SHARE * n_customers:
        reason = (
            f"{formatting.format_count(purchases.n_one_time_buyers)} customers "
            f"({formatting.format_percent(purchases.n_one_time_buyers / n_customers)}) ordered only once."
        )
        build = partial(queries.build_one_time_buyers_csv, state)
        action = partial(
            overview.render_download, "Download list (CSV)", build, "one-time buyers", table, key="one_time_buyers"
        )
        steps.append(Step("Win the second purchase", reason, action))
    return steps


def _explain_rejected(reconciliation: Reconciliation) -> str:
    """How many rows were excluded, and the reason behind most of them."""
    rows = reconciliation.rejected.assign(size=reconciliation.rejected["money"].astype(float).abs().fillna(0))
    n_rejected, money = (
        reconciliation.lines_read - reconciliation.lines_accepted,
        abs(float(reconciliation.money_read - reconciliation.money_accepted)),
    )
    of_money = money * reconciliation.lines_read > n_rejected * abs(float(reconciliation.money_read))
    main = rows.sort_values("size" if of_money else "lines", ascending=False, kind="stable").iloc[0]
    rows_affected = formatting.format_value(float(main["lines"]), "rows")
    total = (
        abs(main["size"] - abs(float(reconciliation.money_accepted))) <= TOTALS_ROW_TOLERANCE * main["size"]
        and main["size"] > 0
    )
    return (
        f"{formatting.format_count(n_rejected)} of {formatting.format_count(reconciliation.lines_read)} rows were "
        f"excluded. Main reason: {str(main['label']).lower()} ({rows_affected}, "
        f"{formatting.format_currency(main['size'])} in net sales)."
        + (" That equals all accepted sales: probably a totals row." if total else "")
    )


def _render_reasons_link() -> None:
    st.markdown(f"[View all reasons](#{segment_cards.DATA_ANCHOR})")


def _render_link_and_list(download: Callable[[], object] | None) -> None:
    """A link to the segments, and the list of the customers that the step names."""
    _render_page_link("segments/profiles", "Open Segments")()
    if download is not None:
        download()


def _render_page_link(page: str, label: str) -> Callable[[], object]:
    return partial(st.page_link, f"app_pages/{page}.py", label=label, icon=":material/arrow_forward:")
