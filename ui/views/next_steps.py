"""What to do first: the way to a list, and what these sales ask for, each with its reason and where it is done."""

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
"""From this share of lines or money on, the lines set aside are worth a look before anything else."""
MIN_ONE_TIME_SHARE = 0.25
"""From this share of customers on, winning a second order is worth a step of its own."""


DOMINANT_CUSTOMER_SHARE = 0.01
"""Lines set aside whose money is this near to that of all others look like a line of totals."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    what: str
    why: str
    act: Callable[[], object] | None = None
    """Draws where it is done."""


def render_next_steps(
    state: AppState, table: CustomerTable, spread: Concentration | None, found: PurchaseSummary
) -> None:
    """On a first visit the way to a list in three steps; then what these sales ask for."""
    guided = onboarding.is_guide_visible()
    best = (
        ""
        if spread is None
        else (
            f"{formatting.format_count(spread.customers)} customers ({formatting.format_percent(spread.most_of_sales)}) "
            f"make {formatting.format_percent(0.8)} of sales."
        )
    )
    asked = _build_data_steps(state, table, spread, found)
    if guided:
        st.header("What to do first", anchor=False)
        _render_cards(_build_first_visit_steps(best), "way", numbered=True)
        onboarding.render_hide_button()
        if asked:
            st.header("What these sales ask for", anchor=False)
            _render_cards(asked, "step")
        return
    if best:
        asked.insert(
            0, Step("See who your best customers are", best, _render_page_link("segments/profiles", "Open Segments"))
        )
    if asked:
        st.header("What to do first", anchor=False)
        _render_cards(asked, "step")


def _render_cards(steps: list[Step], key: str, *, numbered: bool = False) -> None:
    with st.grid(len(steps), min_column_width=210, gap="small") as grid:
        for number, step in enumerate(steps, 1):
            with grid.container(border=True, height="stretch", gap="small", key=f"{key}_{number}"):
                st.markdown(f"### {number}. {step.what}" if numbered else f"### {step.what}")
                st.markdown(step.why)
                if step.act:
                    step.act()


def _build_first_visit_steps(best: str) -> list[Step]:
    return [
        Step(
            "Choose how many segments",
            f"Every number from {K_MIN} to {K_MAX} is worked out. Take the one we recommend, or move the slider.",
            _render_page_link("segments/choose_k", "See what we recommend"),
        ),
        Step(
            "Read who they are",
            f"{best} Each segment has a name, its figures, and what to do.".strip(),
            _render_page_link("segments/profiles", "Open Segments"),
        ),
        Step(
            "Take a list away",
            "Choose segments and download their customers for a campaign, or a report to send.",
            _render_page_link("campaigns/export", "Get a list"),
        ),
    ]


def _build_data_steps(
    state: AppState, table: CustomerTable, spread: Concentration | None, found: PurchaseSummary
) -> list[Step]:
    """What stands out in these sales, each with its reason in figures."""
    from segmentation.analysis.customer_base import MIN_LATE_DAYS

    balance, everybody = table.reconciliation, table.n_customers
    aside, money_aside = balance.lines_read - balance.lines_accepted, abs(balance.money_read - balance.money_accepted)
    steps = []
    much = aside >= MIN_REJECTED_SHARE * balance.lines_read or float(money_aside) >= MIN_REJECTED_SHARE * abs(
        float(balance.money_read)
    )
    if aside and much:
        steps.append(Step("Look at the lines set aside", _explain_rejected(balance), _go_to_reasons))
    if found.n_lapsed:
        of_sales = (
            ""
            if spread is None
            else f", {formatting.format_percent(found.lapsed_sales / float(balance.money_accepted))} of sales"
        )
        why = (
            f"{formatting.format_count(found.n_lapsed)} customers with three orders or more, of whatever segment, have waited over "
            f"{MIN_LATE_DAYS} days and twice their usual time. "
            f"They have brought {formatting.format_currency(found.lapsed_sales)}{of_sales}."
        )
        build = partial(queries.build_lapsing_regulars_csv, state)
        act = partial(
            overview.render_download, "Take their list (CSV)", build, "regulars who stay away", table, key="late"
        )
        steps.append(Step("Win back regulars who stay away", why, act))
    if found.one_time_buyers >= MIN_ONE_TIME_SHARE * everybody:
        why = f"{formatting.format_count(found.one_time_buyers)} customers ({formatting.format_percent(found.one_time_buyers / everybody)}) ordered only once."
        steps.append(Step("Win a second order", why, _render_page_link("segments/profiles", "Open Segments")))
    return steps


def _explain_rejected(balance: Reconciliation) -> str:
    """How many lines could not be counted, and the reason that explains most of what is missing."""
    rows = balance.rejected.assign(size=balance.rejected["money"].astype(float).abs().fillna(0))
    aside, money = balance.lines_read - balance.lines_accepted, abs(float(balance.money_read - balance.money_accepted))
    of_money = money * balance.lines_read > aside * abs(float(balance.money_read))
    main = rows.sort_values("size" if of_money else "lines", ascending=False, kind="stable").iloc[0]
    lines = formatting.format_value(float(main["lines"]), "lines")
    total = (
        abs(main["size"] - abs(float(balance.money_accepted))) <= DOMINANT_CUSTOMER_SHARE * main["size"]
        and main["size"] > 0
    )
    return (
        f"{formatting.format_count(aside)} of {formatting.format_count(balance.lines_read)} lines could not be counted. Main reason: "
        f"{str(main['label']).lower()} ({lines}, {formatting.format_currency(main['size'])} in net sales)."
        + (" That is as much as all lines that count: probably a line of totals, which nobody bought." if total else "")
    )


def _go_to_reasons() -> None:
    st.markdown(f"[See every reason](#{segment_cards.DATA_ANCHOR})")


def _render_page_link(page: str, label: str) -> Callable[[], object]:
    return partial(st.page_link, f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
