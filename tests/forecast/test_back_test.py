"""Rolling origins and ranges: worked by hand, on simulated shops, and their coverage on real ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmentation.forecast.back_test import TOTAL, list_origins, run_back_test
from segmentation.forecast.beta_geometric import MBGModel
from segmentation.forecast.purchase_histories import PurchaseDays
from segmentation.forecast.ranges import PastForecast, compute_model_range, compute_range
from segmentation.forecast.run_forecast import SourceForecast, forecast_segmentation, forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings, ShopForecast
from segmentation.forecast.simulation import simulate_purchases
from segmentation.forecast.track_record import NET_SALES, TrackRecord
from segmentation.pipeline import build_segmentation, load_customers, train_every_k
from segmentation.settings import ModelSettings, SalesSettings


def test_compute_range_adds_the_excess_of_past_errors() -> None:
    """Errors log 1.2 and log 0.9, each with a variance of 0.0025 of its own; 2 x 90 / 90 = 2 degrees of freedom."""
    past = [PastForecast(100.0, 25.0, 120.0), PastForecast(200.0, 100.0, 180.0)]
    excess = (math.log(1.2) ** 2 + math.log(0.9) ** 2) / 2 - 0.0025
    width = 2.91998558 * math.sqrt(0.01 + excess)
    limits = compute_range(50.0, 25.0, past, 90, 90)
    assert limits is not None
    assert (limits.low, limits.high) == pytest.approx((50 * math.exp(-width), 50 * math.exp(width)))
    wider = compute_range(50.0, 25.0, past * 20, 90, 90)
    assert wider is not None
    assert wider.high < limits.high  # 40 degrees of freedom
    overlapping = compute_range(50.0, 25.0, past * 20, 1, 90)
    assert overlapping is not None
    assert overlapping.high == pytest.approx(limits.high)  # 40 / 90 is less than 2


def test_compute_range_is_never_narrower_than_the_model() -> None:
    """Past errors smaller than the model's own variance explain do not reduce it."""
    past = [PastForecast(100.0, 400.0, 101.0)] * 50
    limits, own = compute_range(100.0, 400.0, past, 90, 90), compute_model_range(100.0, 400.0)
    assert limits is not None
    assert own is not None
    assert limits.high > own.high


@pytest.mark.parametrize("forecast", [3e-8, 1e-200])
def test_range_of_next_to_nothing_is_finite(forecast: float) -> None:
    """Long after the last sale next to nothing is expected, with a variance beyond any logarithmic scale."""
    past = [PastForecast(1e-3, 0.35, 0.0), PastForecast(forecast, 3e-4, 0.0)]
    for limits in (compute_range(forecast, 8e-6, past, 90, 90), compute_model_range(forecast, 8e-6)):
        assert limits is not None
        assert 0 < limits.low < forecast < limits.high <= forecast * 1.000001e6


@pytest.mark.parametrize("past", [[], [PastForecast(100.0, 1.0, 90.0)], [PastForecast(0.0, 1.0, 90.0)] * 5])
def test_compute_range_needs_two_past_periods(past: list[PastForecast]) -> None:
    assert compute_range(100.0, 1.0, past, 7, 90) is None
    assert compute_range(0.0, 1.0, [PastForecast(100.0, 1.0, 90.0)] * 5, 7, 90) is None


def test_list_origins_end_with_the_last_finished_period() -> None:
    origins, step = list_origins(1000, 2000, 90)
    assert origins[-1] + 90 == 2000
    assert origins[0] >= 1090
    assert set(np.diff(origins)) == {step}
    assert len(origins) <= 30
    assert list_origins(0, 400, 365)[0] == []


def test_track_record_uses_only_periods_that_are_over() -> None:
    """With a step of 30 and a horizon of 60, the third origin has one finished period and no range, the fourth two."""
    periods = pd.DataFrame(
        {
            "origin": [0, 30, 60, 90, 120],
            "segment_id": 3,
            "expected": 100.0,
            "variance": 1.0,
            "actual": [110.0, 95.0, 100.0, 104.0, 900.0],
        }
    )
    record = TrackRecord.from_periods(periods, 3, NET_SALES, 30, 60)
    assert record.check_past_ranges() == [True, False]
    assert record.typical_miss == pytest.approx(0.05)
    assert not TrackRecord.from_periods(periods, 4, NET_SALES, 30, 60).past


def simulate_days(model: MBGModel, customers: int, length: int, seed: int) -> PurchaseDays:
    """Purchase days of a shop whose customers arrive evenly, spend 20 a day, and behave as the model says."""
    rng = np.random.default_rng(seed)
    arrival, zeros = np.sort(rng.integers(0, length, customers)), np.zeros(customers)
    drawn = simulate_purchases(model, zeros, zeros, zeros, float(length), rng)
    day = arrival[drawn.customer] + np.ceil(drawn.days).astype(np.int64)
    rows = pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in (*range(customers), *drawn.customer)],
            "day": np.concatenate([arrival, day]),
        }
    )
    rows = rows[rows["day"] < length].drop_duplicates()
    return PurchaseDays.from_frame(rows.assign(net=rng.gamma(2.0, 10.0, len(rows)), is_purchase=1))


def test_back_test_of_a_shop_that_behaves_as_modeled() -> None:
    """Unbiased totals, every decile calibrated, and half of the customers order by their date."""
    days = simulate_days(MBGModel(r=1.2, alpha=40.0, a=1.0, b=4.0), 4000, 365, 2)
    test = run_back_test(days, 0, 365, 90)
    totals = test.periods[test.periods["segment_id"] == TOTAL]
    assert len(totals) == 27
    late = totals[totals["origin"] > 180]
    assert (late["actual"] / late["expected"]).mean() == pytest.approx(1, abs=0.04)
    assert (late["at_risk_actual"] / late["at_risk"]).mean() == pytest.approx(1, abs=0.06)
    assert test.ordered_by_date == pytest.approx(0.5, abs=0.05)
    assert test.rank_correlation > 0.3
    top = test.deciles.head(5)
    assert top["actual"].to_numpy() == pytest.approx(top["expected"].to_numpy(), rel=0.15)


def test_back_test_of_a_sample_scales_money_up() -> None:
    days = simulate_days(MBGModel(r=1.2, alpha=40.0, a=1.0, b=4.0), 1000, 300, 2)
    half = PurchaseDays(days.customer_ids, days.customer, days.day, days.net, days.is_purchase, share=0.5)
    full, scaled = (run_back_test(one, 0, 300, 90).periods.iloc[-1] for one in (days, half))
    assert scaled["expected"] == pytest.approx(2 * full["expected"])
    assert scaled["variance"] == pytest.approx(4 * full["variance"])


def test_back_test_by_segments_of_the_past() -> None:
    """Customers count where they were at the origin; those without a segment only in the total."""
    days = simulate_days(MBGModel(r=1.2, alpha=40.0, a=1.0, b=4.0), 1000, 300, 2)

    def label_customers(as_of_days: Sequence[int], share: float) -> dict[int, pd.Series]:
        assert share == 1
        ids = pd.Series(days.customer_ids)
        return {
            day: pd.Series(np.where(ids < "C00500", 1, 2 + day % 2), index=ids).drop("C00000") for day in as_of_days
        }

    periods = run_back_test(days, 0, 300, 90, label_customers=label_customers).periods
    for origin, rows in periods.groupby("origin"):
        assert set(rows["segment_id"]) <= {TOTAL, 1, 2 + int(str(origin)) % 2}
        parts, total = rows[rows["segment_id"] != TOTAL], rows[rows["segment_id"] == TOTAL].iloc[0]
        assert parts["actual"].sum() <= total["actual"] + 1e-6
        assert parts["actual"].sum() == pytest.approx(total["actual"], rel=0.05)


@pytest.fixture(scope="module", params=["demo:complete-journey", "demo:web-shop", "real"])
def by_segment(request: pytest.FixtureRequest) -> ShopForecast:
    """The 90-day forecast of five segments of one source."""
    uri = str(request.getfixturevalue("real_sales")) if request.param == "real" else request.param
    training = train_every_k(load_customers(SalesSettings(source=uri)), ModelSettings())
    return forecast_segmentation(build_segmentation(training, 5), ForecastSettings())


def list_outcomes(forecast: ShopForecast, *, with_past_errors: bool) -> Iterator[tuple[int, list[bool]]]:
    for segment_id in (TOTAL, *forecast.segments["segment_id"]):
        record = forecast.get_track_record(int(segment_id))
        yield int(segment_id), record.check_past_ranges(with_past_errors=with_past_errors)


def test_range_holds_in_nine_of_ten_past_periods(by_segment: ShopForecast) -> None:
    """85 to 100 % for the shop and over its segments; the range of the model alone holds far less often."""
    outcomes = dict(list_outcomes(by_segment, with_past_errors=True))
    assert min(map(len, outcomes.values())) >= 10
    assert np.mean(outcomes.pop(TOTAL)) >= 0.85
    assert np.mean([*chain(*outcomes.values())]) >= 0.85
    own = dict(list_outcomes(by_segment, with_past_errors=False))
    assert np.mean([*chain(*own.values())]) < 0.85


def test_half_of_the_customers_order_by_their_date(by_segment: ShopForecast) -> None:
    assert 0.4 <= by_segment.back_test.ordered_by_date <= 0.6


def test_segments_add_up_to_the_total(by_segment: ShopForecast) -> None:
    total, rows = by_segment.total, by_segment.segments
    for name in ("expected", "last_period", "at_risk"):
        assert rows[name].sum() == pytest.approx(total[name])
    assert by_segment.customers.frame["expected_net_sales"].sum() == pytest.approx(total["expected"])
    values = [by_segment.compute_lifetime_value(int(number))["total"] for number in rows["segment_id"]]
    assert sum(values) == pytest.approx(by_segment.compute_lifetime_value()["total"])
    assert (rows["at_risk_high"] <= rows["last_period"] + 1e-6).all()


def test_forecast_of_a_year_has_no_range_on_a_year_of_data(real_sales: object) -> None:
    result: SourceForecast = forecast_source(SalesSettings(source=str(real_sales)), ForecastSettings(365))
    total = result.forecast.total
    assert math.isnan(total["low"])
    assert (total["origins"], total["held"]) == (0, 0)
    assert total["expected"] > 0
    assert not result.forecast.loses_to_last_period


def test_forecast_at_launch_knows_nothing_of_later_sales(real_sales: object) -> None:
    """On fct_sales, forecasts of single customers carry little; 439 purchases followed the forecast of October 1."""
    settings = SalesSettings(source=str(real_sales), as_of=date(2019, 10, 1))
    result = forecast_source(settings, ForecastSettings(91, "bg_nbd")).forecast
    orders = result.customers.frame["expected_orders"]
    assert (len(orders), round(float(orders.sum()), 1)) == (1207, 561.1)
    assert result.has_weak_customer_forecasts
    lines = pd.read_parquet(str(real_sales))
    lines["day"] = pd.to_datetime(lines["transaction_date"])
    recent = lines[(lines["day"] >= "2019-07-02") & (lines["day"] < "2019-10-01")]
    spent = recent.groupby(recent["customer_id"].astype("str"))["net_sales_amount"].sum()
    assert result.total["last_period"] == pytest.approx(spent.sum())
    at_risk = result.customers.frame.set_index("customer_id")["at_risk"]
    assert (at_risk <= spent.reindex(at_risk.index).fillna(0) + 1e-9).all()


def test_quantile_of_the_range() -> None:
    """The t quantile of two degrees of freedom, written out above."""
    assert stats.t.ppf(0.95, 2) == pytest.approx(2.91998558)
