"""Expected orders as an expression for every engine: quadrature over a grid that is joined to the distinct histories.

Expected orders have no closed form in SQL (`beta_geometric` has the integral over the dropout probability p). In s =
log(p / (1 - p)) the integrand is smooth and decays exponentially on both sides, so that the trapezoidal rule converges
exponentially too; where the grid ends before the decay, the rest is a geometric series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from segmentation.forecast.beta_geometric import MBGModel

_MAX_STEP = 0.4
"""Error of the rule below 1e-10 for densities that are wider than the grid step."""
_NEGLIGIBLE = 37.0
"""exp(-37) is below the precision of a double."""
_MAX_LOG_ODDS = 40.0
"""The grid ends here on either side, even where a density has not decayed yet."""
_MAX_REPEATS = 5_000.0
"""Grids are fine enough for customers with up to this many repeat purchases."""
_BASE = 6
"""Grid points are numbered by cross joins of digits in this base: three digits count to 216, enough for most grids."""


@dataclass(frozen=True)
class _Grid:
    """Log odds of the dropout probability: low + step * i for i from 0 to points - 1."""

    low: float
    step: float
    points: int

    @classmethod
    def from_model(cls, model: MBGModel) -> _Grid:
        """The grid on which all posterior densities of p, beta distributed with a and b + x, can be integrated."""
        a, least, most = model.a, model.b, model.b + _MAX_REPEATS

        def measure_tail(slope: float, b: float) -> float:
            """From the peak, at log(a / b), to where the density is exp(-37) of it."""
            return _NEGLIGIBLE / slope + math.sqrt(2 * _NEGLIGIBLE * (1 / a + 1 / b))

        low = max(min(math.log(a / b) - measure_tail(a, b) for b in (least, most)), -_MAX_LOG_ODDS)
        high = min(math.log(a / least) + measure_tail(least, least), _MAX_LOG_ODDS)
        narrowest = math.sqrt(1 / a + 1 / most)
        step = min(_MAX_STEP, 0.8 * narrowest)
        return cls(low, step, math.ceil((high - low) / step) + 1)

    def to_expression(self) -> ibis.Table:
        """One row per grid point: i (0, 1, ...)."""
        digits = reduce(
            lambda rows, digit: rows.union(ibis.literal(digit, "int64").name("digit").as_table()),
            range(1, _BASE),
            ibis.literal(0, "int64").name("digit").as_table(),
        )
        numbers = digits.select(i=digits.digit)
        power = _BASE
        while power < self.points:
            higher = digits.select(high=digits.digit * power)
            joined = numbers.cross_join(higher)
            numbers = joined.select(i=joined.i + joined.high)
            power *= _BASE
        return numbers.filter(numbers.i < self.points)


def compute_active_orders_sql(histories: ibis.Table, model: MBGModel, horizon: int) -> ibis.Table:
    """Purchases that an active customer is expected to make, for each distinct pair of x and T: x, T, active_orders.

    Args:
        histories: with the columns x and T (days).
        model: a fitted MBG/NBD or BG/NBD.
        horizon: days to forecast.
    """
    grid = _Grid.from_model(model)
    points = histories.select("x", "T").distinct().cross_join(grid.to_expression())
    odds = points.i.cast("float64") * grid.step + grid.low  # integer times literal is a decimal in DuckDB
    occasions = points.x + (model.b + model.extra_dropouts)
    # Relative to the highest density, which may be beyond the range of a double.
    whole = occasions + model.a
    peak = (model.a / whole).ln() * model.a + occasions * (occasions / whole).ln()
    # Both logarithms are exact in the limit: of p where p is small, of 1 - p where p is large.
    log_density = -((-odds).exp() + 1).ln() * model.a - occasions * (odds.exp() + 1).ln() - peak
    points = points.mutate(
        dropout=1 / ((-odds).exp() + 1),
        density=_clip_exp(log_density) * _weigh_ends(points.i, occasions, grid, model.a),
        shape=points.x + model.r,
        scaled_horizon=horizon / (points["T"] + model.alpha),
    )
    z = points.dropout * points.scaled_horizon
    exact = (1 - _clip_exp(-points.shape * (z + 1).ln())) / points.dropout
    # The difference cancels where z is small; two terms of its series.
    series = points.shape * points.scaled_horizon * (1 - (points.shape + 1) * z / 2)
    orders = (z * (points.shape + 1) < 1e-5).ifelse(series, exact)
    points = points.mutate(weighted_orders=points.density * orders)
    return points.group_by("x", "T").aggregate(active_orders=points.weighted_orders.sum() / points.density.sum())


def _weigh_ends(i: ir.Value, occasions: ir.Value, grid: _Grid, a: float) -> ir.Value:
    """1, and at each end the sum of a geometric series: of all points beyond it."""
    first = 1 / -math.expm1(-a * grid.step)
    last = 1 / (1 - (-occasions * grid.step).exp())
    return ibis.cases((i == 0, ibis.literal(first)), (i == grid.points - 1, last), else_=1.0)


def _clip_exp(exponent: ir.Value) -> ir.Value:
    """exp, with exponents below -700 as -700, so that the result is in the range of a double."""
    return ibis.greatest(exponent, -700.0).exp()
