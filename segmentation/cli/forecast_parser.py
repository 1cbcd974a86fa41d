"""Options of the command `forecast`."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.argument_types import float_arg, int_arg
from segmentation.cli.arguments import AddCommand, add_mapping_argument, add_sales_arguments, add_seed_argument

FORECAST = """\
examples:
  python -m segmentation forecast --source sales.parquet --out forecast
  python -m segmentation forecast --run models --horizon 30 --out forecast
  python -m segmentation forecast --source sales.parquet --as-of 2019-10-01 --model bg_nbd --out forecast --json

Forecasts the net sales of today's customers in the next days, who will probably not order again, and when each
customer's next order is due. Purchases are counted in days: orders of one day are one purchase; a return is not a
purchase, and lowers net sales. Writes to the folder OUT:

  customer_forecasts.csv  customer_id, horizon_days, expected_orders, expected_net_sales, active_probability,
                          next_order_by (an order by this date is as likely as not; empty: none is expected), at_risk
                          (net sales of the last days x probability of no order in the next ones)
  segment_forecasts.csv   segment_id, horizon_days, expected, low, high (90 % range), last_period, at_risk, at_risk_low,
                          at_risk_high, origins, held, typical_miss; without a run, one row with segment_id 0: everyone
  forecast.json           models, total, lifetime value, segments, and the back-test; --json prints it
  customer_forecasts.sql  with --sql: the customers' forecasts as a query on sales lines; not with pareto_nbd

With --run, run_id is the first column, and forecasts are by segment of the run. Ranges need two completed past
periods. A forecast needs 500 customers, 180 days, and a customer who bought on three days; otherwise the command ends
with exit code 2 and the reason."""


def add_forecast_command(add_command: AddCommand) -> None:
    """Add `forecast`."""
    forecast = add_command("forecast", "forecast net sales, next orders and sales at risk", FORECAST)
    forecast.add_argument(
        "--source", metavar="URI", help="sales source (default: the run's, or the default of `train`)"
    )
    forecast.add_argument("--run", type=Path, metavar="FOLDER", help="folder of runs, or one run: forecast by segment")
    forecast.add_argument(
        "--horizon", type=int_arg, default=90, metavar="DAYS", help="days to forecast (default: %(default)s)"
    )
    forecast.add_argument(
        "--model",
        default="mbg_nbd",
        metavar="mbg_nbd|bg_nbd|pareto_nbd",
        help="purchase model (default: %(default)s)",
    )
    forecast.add_argument(
        "--discount-rate",
        type=float_arg,
        default=0.1,
        metavar="RATE",
        help="annual discount rate of lifetime value (default: %(default)s)",
    )
    forecast.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write to")
    forecast.add_argument("--json", action="store_true", help="print forecast.json instead of a summary")
    forecast.add_argument(
        "--sql", metavar="duckdb|snowflake", help="also write customer_forecasts.sql: the forecast as one query"
    )
    forecast.add_argument(
        "--table", default="fct_sales", metavar="NAME", help="table of sales lines in this query (default: %(default)s)"
    )
    forecast.add_argument("--raw", action="store_true", help="do not escape formulas in CSV; for other programs")
    add_seed_argument(forecast)
    add_mapping_argument(forecast)
    add_sales_arguments(forecast)
