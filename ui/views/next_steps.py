"""What to do first: the way to a list, and what these sales ask for, each with its reason and where it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ui.data import queries as cached_views
from ui.views import segment_cards as cards, overview as shop
from ui.components import onboarding as guide
from segmentation.charts import numbers
from segmentation.settings import K_MAX, K_MIN

if TYPE_CHECKING:
    from ui.state.app_state import AppState
    from segmentation.analysis.customer_base import Concentration, Habits
    from segmentation.results import CustomerTable
    from segmentation.sales.reconciliation import Balance

MUCH_ASIDE = 0.01
"""From this share of lines or money on, the lines set aside are worth a look before anything else."""
MANY_ONCE = 0.25
"""From this share of customers on, winning a second order is worth a step of its own."""


LIKE_A_TOTAL = 0.01
"""Lines set aside whose money is this near to that of all others look like a line of totals."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    what: str
    why: str
    act: Callable[[], object] | None = None
    """Draws where it is done."""


def show(state: AppState, table: CustomerTable, spread: Concentration | None, found: Habits) -> None:
    """On a first visit the way to a list in three steps; then what these sales ask for."""
    guided = guide.wanted()
    best = "" if spread is None else (
        f"{numbers.count(spread.customers)} customers ({numbers.share(spread.most_of_sales)}) "
        f"make {numbers.share(0.8)} of sales."
    )  # fmt: skip
    asked = _asked_for(state, table, spread, found)
    if guided:
        st.header("What to do first", anchor=False)
        _cards(_way(best), "way", numbered=True)
        guide.hide_button()
        if asked:
            st.header("What these sales ask for", anchor=False)
            _cards(asked, "step")
        return
    if best:
        asked.insert(0, Step("See who your best customers are", best, _link("segments/profiles", "Open Segments")))
    if asked:
        st.header("What to do first", anchor=False)
        _cards(asked, "step")


def _cards(steps: list[Step], key: str, *, numbered: bool = False) -> None:
    with st.grid(len(steps), min_column_width=210, gap="small") as grid:
        for number, step in enumerate(steps, 1):
            with grid.container(border=True, height="stretch", gap="small", key=f"{key}_{number}"):
                st.markdown(f"### {number}. {step.what}" if numbered else f"### {step.what}")
                st.markdown(step.why)
                if step.act:
                    step.act()


def _way(best: str) -> list[Step]:
    return [
        Step(
            "Choose how many segments",
            f"Every number from {K_MIN} to {K_MAX} is worked out. Take the one we recommend, or move the slider.",
            _link("segments/choose_k", "See what we recommend"),
        ),
        Step(
            "Read who they are",
            f"{best} Each segment has a name, its figures, and what to do.".strip(),
            _link("segments/profiles", "Open Segments"),
        ),
        Step(
            "Take a list away",
            "Choose segments and download their customers for a campaign, or a report to send.",
            _link("campaigns/export", "Get a list"),
        ),
    ]


def _asked_for(state: AppState, table: CustomerTable, spread: Concentration | None, found: Habits) -> list[Step]:
    """What stands out in these sales, each with its reason in figures."""
    from segmentation.analysis.customer_base import LATE_AT_LEAST_DAYS

    balance, everybody = table.balance, table.bought
    aside, money_aside = balance.lines_in - balance.lines_used, abs(balance.money_in - balance.money_used)
    steps = []
    much = aside >= MUCH_ASIDE * balance.lines_in or float(money_aside) >= MUCH_ASIDE * abs(float(balance.money_in))
    if aside and much:
        steps.append(Step("Look at the lines set aside", _why_aside(balance), _see_reasons))
    if found.late:
        of_sales = "" if spread is None else f", {numbers.share(found.late_sales / float(balance.money_used))} of sales"
        why = (
            f"{numbers.count(found.late)} customers with three orders or more, of whatever segment, have waited over "
            f"{LATE_AT_LEAST_DAYS} days and twice their usual time. "
            f"They have brought {numbers.money(found.late_sales)}{of_sales}."
        )
        build = partial(cached_views.late_regulars_csv, state)
        act = partial(shop.download, "Take their list (CSV)", build, "regulars who stay away", table, key="late")
        steps.append(Step("Win back regulars who stay away", why, act))
    if found.once >= MANY_ONCE * everybody:
        why = f"{numbers.count(found.once)} customers ({numbers.share(found.once / everybody)}) ordered only once."
        steps.append(Step("Win a second order", why, _link("segments/profiles", "Open Segments")))
    return steps


def _why_aside(balance: Balance) -> str:
    """How many lines could not be counted, and the reason that explains most of what is missing."""
    rows = balance.set_aside.assign(size=balance.set_aside["money"].astype(float).abs().fillna(0))
    aside, money = balance.lines_in - balance.lines_used, abs(float(balance.money_in - balance.money_used))
    of_money = money * balance.lines_in > aside * abs(float(balance.money_in))
    main = rows.sort_values("size" if of_money else "lines", ascending=False, kind="stable").iloc[0]
    lines = numbers.value(float(main["lines"]), "lines")
    total = abs(main["size"] - abs(float(balance.money_used))) <= LIKE_A_TOTAL * main["size"] and main["size"] > 0
    return (
        f"{numbers.count(aside)} of {numbers.count(balance.lines_in)} lines could not be counted. Main reason: "
        f"{str(main['label']).lower()} ({lines}, {numbers.money(main['size'])} in net sales)."
        + (" That is as much as all lines that count: probably a line of totals, which nobody bought." if total else "")
    )


def _see_reasons() -> None:
    st.markdown(f"[See every reason](#{cards.BEHIND})")


def _link(page: str, label: str) -> Callable[[], object]:
    return partial(st.page_link, f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
