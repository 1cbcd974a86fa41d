"""The forecast: sales at risk, expected sales by segment, customers to save, and how well past forecasts performed."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.errors import SegmentationError
from segmentation.presentation import forecast_text, formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import forecasts, results

if TYPE_CHECKING:
    from segmentation.forecast.shop_forecast import ShopForecast
    from ui.state.app_state import AppState

HORIZONS = ("30", "90", "365")
SHOWN_CUSTOMERS = 20


def select_horizon() -> int:
    """The days to forecast, bound to the URL."""
    selected = st.radio(
        "Days to forecast",
        HORIZONS,
        index=HORIZONS.index("90"),
        horizontal=True,
        key="horizon",
        bind="query-params",
        help="For 365 days, a range needs at least 462 days of sales.",
    )
    return int(selected if selected in HORIZONS else "90")  # a client can send anything


def render_summary(forecast: ShopForecast) -> None:
    """Sales at risk, expected sales, lifetime value: a sentence each, and the figures."""
    total, lifetime = forecast.total, forecast.compute_lifetime_value()
    with st.container(border=True):
        st.markdown(f"**{escape_markdown(forecast_text.describe_sales_at_risk(forecast))}**")
        st.markdown(escape_markdown(forecast_text.describe_expected_sales(forecast)))
        st.caption(escape_markdown(forecast_text.describe_track_record(forecast)))
    discount = formatting.format_percent(forecast.settings.discount_rate)
    expected = total["last_period"] if forecast.loses_to_last_period else total["expected"]
    figures = {
        "Sales at risk": (
            total["at_risk"],
            "Net sales of the last period × the probability of no order in the next one.",
        ),
        "Expected net sales": (expected, "From today's customers; the forecast does not include new customers."),
        "Lifetime value so far": (lifetime["historic"], "Net sales of today's customers so far."),
        "Lifetime value, next year": (
            lifetime["expected"],
            f"Expected in the next 365 days, discounted at {discount} a year.",
        ),
    }
    for column, (label, (value, meaning)) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(label, formatting.format_rounded_currency(value), help=meaning)
    for caveat in forecast_text.describe_caveats(forecast):
        st.caption(escape_markdown(caveat))


def render_segments(state: AppState, forecast: ShopForecast) -> None:
    """Expected net sales and sales at risk by segment, with ranges."""
    elements.render_heading(
        "Expected net sales by segment",
        f"Hatched bars: net sales in the last {forecast.settings.horizon} days. Solid bars: those expected in the "
        "next, with their range. It is as wide as past forecast errors require and should hold in nine of ten periods.",
    )
    labels = results.get_segmentation(state).segments[["segment_id", "segment_name", "color"]]
    rows = forecast.segments.merge(labels, on="segment_id").sort_values("expected", ascending=False, ignore_index=True)
    numbers = pd.DataFrame(
        {
            "Segment": rows["segment_name"].map(escape_markdown),
            "Last period": rows["last_period"].map(formatting.format_rounded_currency),
            "Expected": rows["expected"].map(formatting.format_rounded_currency),
            "90 % range": list(map(_format_range, rows["low"], rows["high"])),
            "At risk": rows["at_risk"].map(formatting.format_rounded_currency),
            "Range held": [
                f"{covered} of {origins}" if origins else "–"
                for covered, origins in zip(rows["held"], rows["origins"], strict=True)
            ],
            "Typical miss": rows["typical_miss"].map(formatting.format_percent),
            "Lifetime value": [
                formatting.format_rounded_currency(forecast.compute_lifetime_value(int(number))["total"])
                for number in rows["segment_id"]
            ],
        }
    )
    if forecast.loses_to_last_period:
        st.caption(
            "For each segment, expected net sales come from the model; for all customers together, the last period "
            "has been the better forecast."
        )
    elements.render_chart(charts.plot_expected_sales(rows, elements.get_theme()), key="expected_sales", numbers=numbers)


def render_customers(state: AppState, forecast: ShopForecast) -> None:
    """The customers with the most sales at risk, and all of them as a download."""
    days = forecast.settings.horizon
    elements.render_heading(
        "Customers to save",
        f"Customers whose sales of the last {days} days are most at risk: they spent a lot, and will probably not "
        f"order in the next {days} days.",
    )
    rows = forecasts.find_customers_to_save(state, days, SHOWN_CUSTOMERS)
    if rows.empty:
        st.markdown(f"Nobody bought in the last {days} days.")
        return
    shown = pd.DataFrame(
        {
            "Customer": rows["customer_id"],
            "Segment": rows["segment_name"],
            f"Net sales, last {days} days": rows["recent_net_sales"],
            "At risk": rows["at_risk"],
            "Probability active": rows["active_probability"].map(formatting.format_percent),
            "Next order by": [
                formatting.format_short_date(day) if day == day else "None expected" for day in rows["next_order_by"]
            ],
        }
    )
    elements.render_dataframe(shown, alt="Customers with the most sales at risk")
    st.download_button(
        "Download all customers at risk (CSV)",
        data=partial(forecasts.build_customers_to_save_csv, state, days),
        file_name=f"customers-at-risk_{forecast.as_of}_{days}-days.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="download_at_risk",
    )


def render_back_test(forecast: ShopForecast) -> None:
    """Past forecasts compared with what happened, and calibration by decile."""
    from segmentation.forecast.track_record import LAST_PERIOD
    from segmentation.runtime.epoch_days import to_date

    elements.render_heading(
        "How past forecasts performed",
        "Forecasts from past days, each made only from the sales before that day, compared with what actually happened "
        "and with simply repeating the last period.",
    )
    sales, repeated = forecast.get_track_record(), forecast.get_track_record(kind=LAST_PERIOD)
    if not sales.past:
        st.markdown("No past period is complete yet: the data cover too few days.")
        return
    last = dict(zip(repeated.origins, (past.forecast for past in repeated.past), strict=True))
    rows = pd.DataFrame(
        {
            "forecast": [past.forecast for past in sales.past],
            "last_period": [last.get(origin, math.nan) for origin in sales.origins],
            "actual": [past.actual for past in sales.past],
        }
    )
    days = [to_date(origin) for origin in sales.origins]
    theme, deciles = elements.get_theme(), forecast.back_test.deciles
    numbers = rows.map(formatting.format_rounded_currency)
    numbers.columns = pd.Index(["Forecast", "Last period", "Actual"])
    numbers.insert(0, "From", [formatting.format_short_date(day) for day in days])
    elements.render_chart(charts.plot_past_forecasts(days, rows, theme), key="past_forecasts", numbers=numbers)
    elements.render_heading(
        "Calibration",
        "Mean net sales per customer in past periods, by tenths of customers from the highest forecast to the lowest.",
    )
    table = deciles.assign(
        decile=deciles["decile"].map(str),
        customers=deciles["customers"].map(formatting.format_count),
        expected=deciles["expected"].map(formatting.format_currency),
        actual=deciles["actual"].map(formatting.format_currency),
    ).rename(columns=lambda name: "Tenth" if name == "decile" else name.capitalize())
    elements.render_chart(charts.plot_calibration(deciles, theme), key="calibration", numbers=table)
    share = formatting.format_percent(forecast.back_test.ordered_by_date)
    st.caption(
        f"Of customers whose next order was due within a past period, {share} ordered by that date; half would be "
        "exact. Rank correlation of forecast and actual net sales: "
        f"{formatting.format_decimal(forecast.back_test.rank_correlation)}."
    )


def render_customer_forecast(state: AppState, customer_id: str) -> None:
    """The 90-day forecast of one customer, or why there is none."""
    try:
        frame = forecasts.get_forecast(state, 90).customers.frame
    except SegmentationError as error:
        st.caption(f"No forecast: {escape_markdown(error.message)}")
        return
    row = frame.iloc[int(frame["customer_id"].searchsorted(customer_id))]
    sales, risk = (formatting.format_rounded_currency(row[name]) for name in ("expected_net_sales", "at_risk"))
    orders = formatting.format_decimal(row["expected_orders"], 1)
    st.markdown(
        f"**Forecast, next 90 days:** {orders} orders and {sales} net sales expected; "
        f"{risk} of the sales of the last 90 days are at risk. "
        + forecast_text.describe_next_order(row["next_order_by"], row["active_probability"])
    )


def _format_range(low: float, high: float) -> str:
    return forecast_text.format_range(low, high) or "–"
