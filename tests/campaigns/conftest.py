"""The golden campaign on the real fct_sales, and a shop with a campaign of known effect."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.campaigns.outcomes import fetch_outcomes, join_outcomes
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.settings import SalesSettings

GOLDEN_LAUNCH, GOLDEN_DAYS = date(2019, 10, 1), 61


@pytest.fixture(scope="session")
def golden(real_sales: Path) -> pd.DataFrame:
    """Customers of fct_sales with a sale before 2019-10-01; segments are quartiles of their net sales until then."""
    sales = pd.read_parquet(real_sales)
    before = sales[sales["transaction_date"] < pd.Timestamp(GOLDEN_LAUNCH)]
    net = before.groupby(before["customer_id"].astype("str"))["net_sales_amount"].sum().sort_index()
    strata = np.searchsorted(np.quantile(net, [0.25, 0.5, 0.75]), net)
    return pd.DataFrame({"customer_id": net.index, "segment_id": strata, "segment_name": [f"Q{s + 1}" for s in strata]})


@pytest.fixture(scope="session")
def golden_outcomes(golden: pd.DataFrame, real_sales: Path) -> pd.DataFrame:
    """The golden customers with their sales in the 61 days before and after the launch."""
    settings = SalesSettings(source=str(real_sales))
    source = open_source(settings.source)
    outcomes = fetch_outcomes(source, prepare_lines(source, settings), GOLDEN_LAUNCH, GOLDEN_DAYS)
    return join_outcomes(golden.assign(net_before=np.nan), outcomes, has_history=True)
