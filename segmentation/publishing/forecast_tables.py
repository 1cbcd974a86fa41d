"""The tables customer_forecasts and segment_forecasts of a run."""

from __future__ import annotations

from segmentation.forecast.forecast_files import build_customer_rows, build_segment_rows
from segmentation.forecast.run_forecast import SourceForecast
from segmentation.publishing.run_tables import RunTable

CUSTOMER_TYPES = {
    "run_id": "text",
    "customer_id": "text",
    "horizon_days": "integer",
    "expected_orders": "double",
    "expected_net_sales": "double",
    "active_probability": "double",
    "next_order_by": "date",
    "at_risk": "double",
}
SEGMENT_TYPES = {
    "run_id": "text",
    "segment_id": "integer",
    "horizon_days": "integer",
    "expected": "double",
    "low": "double",
    "high": "double",
    "last_period": "double",
    "at_risk": "double",
    "at_risk_low": "double",
    "at_risk_high": "double",
    "origins": "integer",
    "held": "integer",
    "typical_miss": "double",
}
KEY = ("run_id", "horizon_days")


def build_forecast_tables(result: SourceForecast) -> list[RunTable]:
    """The forecast of a saved run as tables; publishing another horizon of the run keeps this one."""
    return [
        RunTable("customer_forecasts", CUSTOMER_TYPES, build_customer_rows(result), KEY),
        RunTable("segment_forecasts", SEGMENT_TYPES, build_segment_rows(result), KEY),
    ]
