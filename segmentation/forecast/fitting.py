"""Maximum likelihood of the purchase models, with their analytic gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation.errors import DataError, SettingsError
from segmentation.forecast.beta_geometric import BGModel, MBGModel
from segmentation.forecast.optimization import Objective, minimize_from_starts
from segmentation.forecast.pareto import ParetoModel
from segmentation.forecast.purchase_model import PurchaseHistories, PurchaseModel
from segmentation.runtime.array_types import FloatArray

MODELS: dict[str, type[PurchaseModel]] = {model.name: model for model in (MBGModel, BGModel, ParetoModel)}
"""Name -> purchase model; the first is the default."""
DEFAULT_MODEL = MBGModel.name
MODEL_LABELS = {"mbg_nbd": "MBG/NBD", "bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD"}
MAX_PARETO_CUSTOMERS = 50_000
"""The Pareto/NBD, whose likelihood is costly, is fitted to at most this many customers."""
_STARTS = ((0.5, 0.5, 0.8, 2.0), (1.0, 0.2, 1.0, 0.5))


@dataclass(frozen=True, eq=False)
class PurchaseFit:
    """A purchase model fitted to purchase histories."""

    model: PurchaseModel
    log_likelihood: float
    """Of the histories in days; without constants that do not depend on the parameters."""
    customers: int
    """Number of customers it was fitted to."""
    covariance: FloatArray
    """(4, 4), of the logarithms of the parameters; from the inverse Hessian at the maximum."""

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of the parameters, by the delta method; NaN where the maximum has no curvature."""
        spread = np.sqrt(np.where(np.diag(self.covariance) > 0, np.diag(self.covariance), np.nan))
        return {name: float(value * s) for (name, value), s in zip(self.model.parameters.items(), spread, strict=True)}


def get_model_class(name: str) -> type[PurchaseModel]:
    """The class of the purchase model with this name, a key of MODELS.

    Raises:
        SettingsError: there is none.
    """
    if name not in MODELS:
        raise SettingsError(f"Unknown purchase model {name!r}.", hint=f"Choose one of: {', '.join(MODELS)}.")
    return MODELS[name]


def fit_purchase_model(histories: PurchaseHistories, name: str = DEFAULT_MODEL, seed: int = 42) -> PurchaseFit:
    """Fit a purchase model by maximum likelihood.

    Time is divided by the mean length of the histories, because the optimizer needs parameters of similar size; the
    log-likelihood of days is that of the scaled histories less the sum of x times the logarithm of the scale.

    Args:
        histories: one row per customer, or per group of equal histories.
        name: a key of MODELS.
        seed: draws the customers to which the Pareto/NBD is fitted, if there are more than MAX_PARETO_CUSTOMERS.

    Raises:
        SettingsError: there is no such model.
        DataError: no customer has a repeat purchase, or the likelihood has no maximum that can be found.
    """
    kind = get_model_class(name)
    if kind is ParetoModel and histories.n_customers > MAX_PARETO_CUSTOMERS:
        histories = _sample_customers(histories, seed)
    if not (histories.x > 0).any():
        raise DataError("No customer bought on a second day.", hint="A forecast needs customers who came back.")
    scale = float(np.average(histories.T, weights=histories.customers)) or 1.0
    scaled = PurchaseHistories(histories.x, histories.t_x / scale, histories.T / scale, histories.customers)
    n = histories.n_customers

    def evaluate(log_parameters: FloatArray) -> tuple[float, FloatArray]:
        parameters = np.exp(log_parameters)
        value, gradient = kind.compute_log_likelihood(parameters, scaled)
        return -value / n, -gradient * parameters / n

    best, value = minimize_from_starts(evaluate, _STARTS, "purchase model")
    parameters = kind.scale_time(np.exp(best), scale)
    return PurchaseFit(
        model=kind(*map(float, parameters)),
        log_likelihood=float(-value * n - np.log(scale) * (histories.x @ histories.customers)),
        customers=round(n),
        covariance=_invert_hessian(evaluate, best, n),
    )


def _invert_hessian(evaluate: Objective, at: FloatArray, n: float) -> FloatArray:
    """The inverse of the Hessian of the negative log-likelihood, by central differences of its gradient."""
    step = 1e-4
    rows = []
    for i in range(len(at)):
        shift = np.zeros(len(at))
        shift[i] = step
        rows.append((evaluate(at + shift)[1] - evaluate(at - shift)[1]) / (2 * step))
    hessian = n * (np.array(rows) + np.array(rows).T) / 2
    return np.asarray(np.linalg.pinv(hessian), np.float64)


def _sample_customers(histories: PurchaseHistories, seed: int) -> PurchaseHistories:
    """A uniform sample of MAX_PARETO_CUSTOMERS customers without replacement, drawn from the groups by their sizes."""
    counts = np.random.default_rng(seed).multivariate_hypergeometric(
        histories.customers.astype(np.int64), MAX_PARETO_CUSTOMERS, method="marginals"
    )
    kept = counts > 0
    return PurchaseHistories(histories.x[kept], histories.t_x[kept], histories.T[kept], counts[kept].astype(np.float64))
