"""Expected orders by a grid in SQL against Gauss-Jacobi quadrature in Python."""

from __future__ import annotations

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest

from segmentation.forecast.beta_geometric import BGModel, MBGModel
from segmentation.forecast.expected_orders_sql import compute_active_orders_sql

HORIZON = 90
HISTORIES = pd.DataFrame({"x": [0.0, 0.0, 1.0, 3.0, 20.0, 150.0], "T": [0.0, 300.0, 100.0, 200.0, 400.0, 360.0]})
PARAMETERS = [
    (0.6, 62.0, 0.5, 1.35),
    (0.6, 62.0, 1.0, 2.4),  # a removable pole of the hypergeometric form
    (0.6, 62.0, 0.02, 0.1),  # densities that do not decay within the grid
    (5.0, 30.0, 0.0009, 0.002),
    (0.9, 5.0, 10.0, 0.5),
    (0.5, 60.0, 50.0, 200.0),
    (1.3, 21.0, 2_752.0, 162_755.0),  # a narrow density, at the bound of the parameters
    (0.5, 60.0, 1e5, 1e5),
]


@pytest.mark.parametrize("kind", [MBGModel, BGModel])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_active_orders_sql_equals_python(kind: type[MBGModel], parameters: tuple[float, ...]) -> None:
    model = kind(*parameters)
    histories = ibis.table({"x": "float64", "T": "float64"}, name="histories")
    query = str(ibis.to_sql(compute_active_orders_sql(histories, model, HORIZON), dialect="duckdb"))
    with duckdb.connect() as connection:
        connection.register("histories", pd.concat([HISTORIES, HISTORIES]))
        answer = connection.execute(query).df()
    assert len(answer) == len(HISTORIES)
    found = HISTORIES.merge(answer, on=["x", "T"], validate="one_to_one")["active_orders"].to_numpy()
    expected, _ = model.compute_order_moments(HISTORIES["x"].to_numpy(), HISTORIES["T"].to_numpy(), HORIZON)
    assert found == pytest.approx(expected, rel=1e-8)
    assert np.all(found > 0)
