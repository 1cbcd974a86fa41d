"""Writes a forecast: customer_forecasts.csv, segment_forecasts.csv and forecast.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from segmentation.forecast.back_test import TOTAL
from segmentation.forecast.forecast import FORECAST_COLUMNS
from segmentation.forecast.run_forecast import SourceForecast
from segmentation.forecast.shop_forecast import LIFETIME_DAYS, SEGMENT_COLUMNS, ShopForecast
from segmentation.forecast.track_record import AT_RISK, LAST_PERIOD
from segmentation.runs.manifest import dump_json, to_json_value
from segmentation.runtime.atomic_files import atomic_write, create_output_folder
from segmentation.runtime.epoch_days import to_date
from segmentation.runtime.tabular_files import write_csv

CUSTOMERS, SEGMENTS, SUMMARY = "customer_forecasts.csv", "segment_forecasts.csv", "forecast.json"


def build_customer_rows(result: SourceForecast) -> pd.DataFrame:
    """FORECAST_COLUMNS by customer_id, with dates as dates; run_id first if there is a run."""
    frame = result.forecast.customers.frame[list(FORECAST_COLUMNS)]
    frame = frame.assign(next_order_by=frame["next_order_by"].dt.strftime("%Y-%m-%d"))
    return _add_run_id(frame, result.run_id)


def build_segment_rows(result: SourceForecast) -> pd.DataFrame:
    """SEGMENT_COLUMNS by segment_id; run_id first if there is a run."""
    return _add_run_id(result.forecast.segments[list(SEGMENT_COLUMNS)], result.run_id)


def write_forecast(result: SourceForecast, folder: Path, *, raw: bool = False) -> None:
    """Write the three files into a folder, which is created if it does not exist.

    Args:
        result: the forecast.
        folder: where to write.
        raw: do not escape formulas in CSV; for programs other than spreadsheets.

    Raises:
        SettingsError: the folder or a file cannot be written.
    """
    create_output_folder(folder)
    for name, rows in ((CUSTOMERS, build_customer_rows(result)), (SEGMENTS, build_segment_rows(result))):
        with atomic_write(folder / name) as out:
            write_csv(rows, out, escape_formulas=not raw)
    with atomic_write(folder / SUMMARY) as out:
        out.write(format_summary(result).encode())


def format_summary(result: SourceForecast) -> str:
    """The content of forecast.json."""
    return dump_json(to_json_value(summarize_forecast(result))).decode()


def summarize_forecast(result: SourceForecast) -> dict[str, Any]:
    """The content of forecast.json as plain values; unknown numbers are NaN."""
    forecast = result.forecast
    fit, settings = forecast.purchase_fit, forecast.settings
    total = forecast.total
    return {
        "source": result.source_name,
        "run_id": result.run_id,
        "as_of": forecast.as_of.isoformat(),
        "first_sale": result.first_sale.isoformat(),
        "horizon_days": settings.horizon,
        "customers": len(forecast.histories),
        "repeat_purchases": int(forecast.histories["x"].sum()),
        "purchase_model": {
            "name": fit.model.name,
            **fit.model.parameters,
            "parameters": fit.model.parameters,
            "log_likelihood": fit.log_likelihood,
            "customers": fit.customers,
            "standard_errors": fit.standard_errors,
        },
        "spend_model": {
            "name": "gamma_gamma",
            **forecast.spend_model.parameters,
            "log_likelihood": forecast.spend_log_likelihood,
        },
        "total": {
            "expected_orders": float(forecast.customers.frame["expected_orders"].sum()),
            "expected_net_sales": total["expected"],
            **{name: total[name] for name in ("low", "high", "last_period")},
            **{name: total[name] for name in ("at_risk", "at_risk_low", "at_risk_high")},
        },
        "lifetime_value": _describe_lifetime(forecast, TOTAL),
        "segments": [
            {
                **row,
                "segment_name": result.segment_names[int(row["segment_id"])],
                "lifetime_value": _describe_lifetime(forecast, int(row["segment_id"])),
            }
            for row in forecast.segments.to_dict("records")
            if result.segment_names
        ],
        "back_test": _describe_back_test(forecast),
        "left_truncated": forecast.is_left_truncated,
        "share_of_customers_first_seen_in_30_days": forecast.share_first_seen_early,
    }


def _describe_lifetime(forecast: ShopForecast, segment_id: int) -> dict[str, float]:
    value = forecast.compute_lifetime_value(segment_id)
    return {
        "historic": value["historic"],
        f"expected_next_{LIFETIME_DAYS}_days": value["expected"],
        "total": value["total"],
        "discount_rate": forecast.settings.discount_rate,
    }


def _describe_back_test(forecast: ShopForecast) -> dict[str, Any]:
    test, sales = forecast.back_test, forecast.get_track_record()
    repeated, at_risk = forecast.get_track_record(kind=LAST_PERIOD), forecast.get_track_record(kind=AT_RISK)
    return {
        "origins": forecast.total["origins"],
        "held": forecast.total["held"],
        "held_by_model_range": sum(sales.check_past_ranges(with_past_errors=False)),
        "typical_miss": sales.typical_miss,
        "typical_miss_of_last_period": repeated.typical_miss,
        "mean_log_error": sales.mean_log_error,
        "mean_log_error_of_last_period": repeated.mean_log_error,
        "loses_to_last_period": forecast.loses_to_last_period,
        "finished_periods": len(sales.past),
        "step_days": test.step,
        "periods": [
            {"as_of": to_date(origin).isoformat(), "forecast": past.forecast, "actual": past.actual}
            for origin, past in zip(sales.origins, sales.past, strict=True)
        ],
        "sales_at_risk": {
            "origins": len(at_risk.check_past_ranges()),
            "held": sum(at_risk.check_past_ranges()),
            "typical_miss": at_risk.typical_miss,
        },
        "rank_correlation": test.rank_correlation,
        "customer_forecasts_carry_little": forecast.has_weak_customer_forecasts,
        "ordered_by_date": test.ordered_by_date,
        "deciles": test.deciles.to_dict("records"),
    }


def _add_run_id(frame: pd.DataFrame, run_id: str | None) -> pd.DataFrame:
    if run_id is None:
        return frame
    frame = frame.copy()
    frame.insert(0, "run_id", run_id)
    return frame
