"""Maximum likelihood against published values, numerical gradients and simulated customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import DataError, SettingsError
from segmentation.forecast import fitting
from segmentation.forecast.beta_geometric import BGModel, MBGModel
from segmentation.forecast.fitting import MODELS, fit_purchase_model
from segmentation.forecast.pareto import ParetoModel
from segmentation.forecast.purchase_model import PurchaseHistories, PurchaseModel
from tests.forecast.conftest import simulate_histories


def to_histories(frame: pd.DataFrame) -> PurchaseHistories:
    return PurchaseHistories.from_customers(*(frame[name].to_numpy(np.float64) for name in ("x", "t_x", "T")))


@pytest.mark.parametrize(
    ("name", "published", "log_likelihood"),
    [
        ("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9582.4),
        ("pareto_nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9595.0),
    ],
)
def test_fit_purchase_model_matches_published_values(
    cdnow: pd.DataFrame, name: str, published: dict[str, float], log_likelihood: float
) -> None:
    """Fader, Hardie and Lee (2005), Counting Your Customers the Easy Way, table 2; weeks."""
    fit = fit_purchase_model(to_histories(cdnow), name)
    assert fit.customers == 2357
    for parameter, value in published.items():
        assert fit.model.parameters[parameter] == pytest.approx(value, abs=0.0016), parameter
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.06)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_fit_purchase_model_matches_lifetimes(cdnow: pd.DataFrame) -> None:
    lifetimes = pytest.importorskip("lifetimes")
    other = lifetimes.ModifiedBetaGeoFitter()
    other.fit(cdnow["x"], cdnow["t_x"], cdnow["T"])
    fit = fit_purchase_model(to_histories(cdnow), "mbg_nbd")
    for parameter, value in other.params_.items():
        assert fit.model.parameters[parameter] == pytest.approx(value, rel=2e-3)
    arguments = [cdnow[name].to_numpy(np.float64) for name in ("x", "t_x", "T")]
    model = MBGModel(**other.params_)
    assert model.compute_active_probability(*arguments) == pytest.approx(
        other.conditional_probability_alive(*arguments), rel=1e-9
    )
    expected = other.conditional_expected_number_of_purchases_up_to_time(39.0, *arguments)
    assert model.compute_expected_orders(*arguments, 39.0) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("parameters", [(0.5, 7.0, 0.9, 3.0), (1.4, 3.0, 1.0, 20.0), (0.1, 60.0, 5.0, 0.4)])
def test_log_likelihood_gradient(cdnow: pd.DataFrame, name: str, parameters: tuple[float, ...]) -> None:
    histories, at = to_histories(cdnow), np.array(parameters)
    _, gradient = MODELS[name].compute_log_likelihood(at, histories)
    for i, step in enumerate(np.eye(4) * 1e-5 * at):
        low, high = (MODELS[name].compute_log_likelihood(at + sign * step, histories)[0] for sign in (-1, 1))
        assert gradient[i] == pytest.approx((high - low) / (2 * step[i]), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("name", list(MODELS))
def test_log_likelihood_of_grouped_histories(cdnow: pd.DataFrame, name: str) -> None:
    """Equal histories in one row give the same value and gradient as a row for each customer."""
    grouped = to_histories(cdnow)
    x, t_x, T = (cdnow[column].to_numpy(np.float64) for column in ("x", "t_x", "T"))
    single = PurchaseHistories(x, t_x, T, np.ones(len(x)))
    assert len(grouped.x) < len(x)
    at = np.array([0.6, 8.0, 0.7, 2.5])
    values = [MODELS[name].compute_log_likelihood(at, histories) for histories in (grouped, single)]
    assert values[0][0] == pytest.approx(values[1][0], rel=1e-12)
    assert values[0][1] == pytest.approx(values[1][1], rel=1e-9)


def test_fit_purchase_model_does_not_depend_on_the_unit_of_time(cdnow: pd.DataFrame) -> None:
    """With t in other units, the density changes by the unit per repeat purchase, and alpha by the unit."""
    weeks = fit_purchase_model(to_histories(cdnow), "bg_nbd")
    days = fit_purchase_model(to_histories(cdnow.assign(t_x=cdnow["t_x"] * 7, T=cdnow["T"] * 7)), "bg_nbd")
    assert isinstance(days.model, BGModel)
    assert days.model.alpha == pytest.approx(7 * weeks.model.alpha, rel=1e-3)
    assert days.model.a == pytest.approx(weeks.model.a, rel=1e-3)
    difference = np.log(7) * cdnow["x"].sum()
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - difference, abs=1e-3)


@pytest.mark.parametrize(
    "truth",
    [
        MBGModel(r=0.8, alpha=40.0, a=1.5, b=4.0),
        BGModel(r=0.8, alpha=40.0, a=1.5, b=4.0),
        ParetoModel(r=0.8, alpha=40.0, s=0.7, beta=80.0),
    ],
    ids=lambda model: model.name,
)
def test_fit_purchase_model_recovers_parameters(truth: PurchaseModel) -> None:
    """On average over seeds, an estimate is one standard error from the truth; 3.5 of them are never reached here."""
    T = np.tile(np.arange(200.0, 700.0), 16)
    for seed in range(3):
        x, t_x = simulate_histories(truth, T, seed)
        fit = fit_purchase_model(PurchaseHistories.from_customers(x, t_x, T), truth.name)
        for parameter, value in truth.parameters.items():
            error = abs(fit.model.parameters[parameter] - value)
            assert error < 3.5 * fit.standard_errors[parameter], (seed, parameter)
            assert fit.standard_errors[parameter] < value / 2


def test_fit_purchase_model_of_sampled_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = ParetoModel(r=0.8, alpha=40.0, s=0.7, beta=80.0)
    T = np.tile(np.arange(200.0, 700.0), 4)
    histories = PurchaseHistories.from_customers(*simulate_histories(truth, T, 1), T)
    monkeypatch.setattr(fitting, "MAX_PARETO_CUSTOMERS", 1500)
    fits = [fit_purchase_model(histories, "pareto_nbd", seed=5) for _ in range(2)]
    assert fits[0].customers == 1500
    assert fits[0].model == fits[1].model


def test_fit_purchase_model_reads_the_real_shop(real_sales: object) -> None:
    """Purchase days of the 1,207 customers before October, T counted to the last day of September."""
    lines = pd.read_parquet(str(real_sales))
    lines["day"] = pd.to_datetime(lines["transaction_date"])
    days = lines[lines["day"] < "2019-10-01"].groupby("customer_id")["day"]
    x = days.nunique().to_numpy(np.float64) - 1
    t_x = (days.max() - days.min()).dt.days.to_numpy(np.float64)
    T = (pd.Timestamp("2019-09-30") - days.min()).dt.days.to_numpy(np.float64)
    fit = fit_purchase_model(PurchaseHistories.from_customers(x, t_x, T), "bg_nbd")
    assert (fit.customers, x.sum()) == (1207, 1227)
    expected = {"r": 0.59373, "alpha": 62.328, "a": 0.48831, "b": 1.3480}
    assert fit.model.parameters == pytest.approx(expected, rel=2e-4)
    assert fit.log_likelihood == pytest.approx(-7110.37, abs=0.01)
    assert fit.model.compute_expected_orders(x, t_x, T, 91).sum() == pytest.approx(561.1, abs=0.1)


def test_fit_purchase_model_needs_repeat_purchases() -> None:
    zeros, T = np.zeros(5), np.arange(10.0, 15.0)
    with pytest.raises(DataError, match="second day"):
        fit_purchase_model(PurchaseHistories.from_customers(zeros, zeros, T))
    with pytest.raises(SettingsError, match="Unknown purchase model"):
        fit_purchase_model(PurchaseHistories.from_customers(zeros, zeros, T), "nbd")
