"""What the data pages ask of the sales, computed once for all visitors who ask for the same; keys as in `cached`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ui.data import results as cached, scoped_cache as kept
from ui.data.jobs import Job, Progress
from ui.state.app_state import AppState
from segmentation.settings import SalesSettings

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.analysis.customer_base import Concentration, Habits
    from segmentation.analysis.sales_queries import OverTime
    from segmentation.analysis.customer_lookup import Standing
    from segmentation.results import CustomerTable


def customers(state: AppState) -> CustomerTable:
    """One row per customer, with the balance of lines."""
    return cached.customers(state.sales, state.version)


def over_time(state: AppState) -> OverTime:
    """Sales, orders and customers by week or month; shows progress while they are added up."""
    return cached.finish(_over_time, state.sales, state.version)


def concentration(state: AppState) -> Concentration | None:
    """How few customers bring how much of sales."""
    return _concentration(state.sales, state.version)


def habits(state: AppState) -> Habits:
    """One-time buyers, and regulars who stay away."""
    return _habits(state.sales, state.version)


def spread(state: AppState, feature: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Customers by value of a feature, as it is and after scaling (None where all customers are alike)."""
    return _spread(state.sales, state.version, state.model.scaling, feature)


def correlations(state: AppState) -> pd.DataFrame:
    """Which of the features that these data allow move together."""
    return _correlations(state.sales, state.version)


def outliers(state: AppState) -> pd.DataFrame:
    """Who lies outside the usual in each feature."""
    return _outliers(state.sales, state.version)


def unusual(state: AppState) -> pd.DataFrame:
    """The customers who fit their segment least."""
    from segmentation.analysis import customer_lookup as people

    return people.unusual(cached.segmentation(state))


def standing(state: AppState, customer_id: str) -> Standing:
    """One customer among all."""
    from segmentation.analysis import customer_lookup as people

    return people.standing(cached.segmentation(state), customer_id)


def days(state: AppState, customer_id: str) -> pd.DataFrame:
    """The days on which one customer bought or gave back."""
    from segmentation.analysis import sales_queries as lines

    return lines.customer_days(customers(state), customer_id)


def lines_aside_csv(state: AppState) -> bytes:
    """The lines that were set aside, as a file for people; built at the click."""
    from segmentation.analysis import sales_queries as lines

    return _people_csv(lines.set_aside(customers(state)))


def late_regulars_csv(state: AppState) -> bytes:
    """The regulars who stay away, as a file for people; built at the click."""
    from segmentation.analysis import customer_base as reading

    return _people_csv(reading.late_regulars(customers(state).frame))


def _people_csv(frame: pd.DataFrame) -> bytes:
    from segmentation.runtime.tabular_files import write_csv

    out = io.BytesIO()
    write_csv(frame, out, people=True)
    return out.getvalue()


@kept.resource(max_entries=6, ttl=cached.TTL)
def _over_time(sales: SalesSettings, version: str) -> Job[OverTime]:
    table = cached.table(sales, version)

    def work(tell: Progress) -> OverTime:
        from segmentation.analysis import sales_queries as lines

        tell(0.3, "Adding up sales over time")
        return lines.sales_over_time(table)

    return Job(work, "sales over time")


@kept.data(max_entries=12, ttl=cached.TTL)
def _concentration(sales: SalesSettings, version: str) -> Concentration | None:
    from segmentation.analysis import customer_base as reading

    return reading.concentration(cached.table(sales, version).frame["monetary"].to_numpy())


@kept.data(max_entries=12, ttl=cached.TTL)
def _habits(sales: SalesSettings, version: str) -> Habits:
    from segmentation.analysis import customer_base as reading

    return reading.habits(cached.table(sales, version).frame)


@kept.data(max_entries=60, ttl=cached.TTL)
def _spread(sales: SalesSettings, version: str, scaling: str, feature: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    from segmentation.analysis import distributions as shapes
    from segmentation.features.scaling import fit_scaler

    frame = cached.table(sales, version).frame
    raw = shapes.counts(frame[feature].to_numpy())
    if frame[feature].min() == frame[feature].max():
        return raw, None
    scaler, _ = fit_scaler(frame, [feature], [feature] if cached.registry()[feature].is_share else [], scaling)
    return raw, shapes.counts(scaler.transform(frame)[:, 0])


@kept.data(max_entries=12, ttl=cached.TTL, show_spinner="Comparing the figures with each other")
def _correlations(sales: SalesSettings, version: str) -> pd.DataFrame:
    from segmentation.analysis import distributions as shapes

    frame = cached.table(sales, version).frame
    return shapes.correlations(frame, [name for name in cached.registry() if name in frame])


@kept.data(max_entries=12, ttl=cached.TTL)
def _outliers(sales: SalesSettings, version: str) -> pd.DataFrame:
    from segmentation.analysis import distributions as shapes

    frame = cached.table(sales, version).frame
    return shapes.outliers(frame, [name for name in cached.registry() if name in frame])
