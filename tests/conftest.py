"""Shared fixtures: a shop small enough to compute by hand, and the real sales if present."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from segmentation.pipeline import CustomerTable, SweepResult, load_customers, train_every_k
from segmentation.runtime.garbage_collection import collect_less_often
from segmentation.settings import ModelSettings, SalesSettings
from tests.run_records import later, models, new_record, record
from tests.snowflake_client.local import no_settings, on_snowflake, snowflake_server

__all__ = ["later", "models", "new_record", "no_settings", "on_snowflake", "record", "snowflake_server"]  # fixtures
collect_ignore = [
    "snowflake_client/server.py",
    "snowflake_client/strict.py",
    "snowflake_client/translation.py",
    "snowflake_client/hosted_connection_legacy.py",
    "browser/markdown_page.py",
]  # these run in an environment of their own


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options of this project."""
    parser.addoption("--update-statements", action="store_true", help="write the golden file of Snowflake statements")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start slow files first, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


# The same examples at every run, and no time limit on a busy machine: a flaky test is a defect.
settings.register_profile("segments", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("segments")
collect_less_often()  # as the command line and the server do

REAL_SALES = Path(__file__).parents[2] / "shared" / "data" / "fct_sales.parquet"

# 14 lines, 6 customers; every number in tests/features/test_features.py was computed from these by hand.
SIX_CUSTOMERS = pd.DataFrame(
    [
        # customer, order, day, category, quantity, gross, discount, net, coupon
        ("00123", "A1", "2024-01-01", "Tea", 1, 10.00, 0.00, 10.00, "Not Used"),
        ("00123", "A1", "2024-01-01", "Cups", 2, 20.00, 5.00, 15.00, "Used"),
        ("00123", "A2", "2024-01-11", "Tea", 1, 10.00, 0.00, 10.00, "Clicked"),
        ("00123", "A3", "2024-01-31", "Tea", 3, 30.00, 3.00, 27.00, "Used"),
        ("9007199254740993", "B1", "2024-02-10", "Cups", 1, 100.00, 0.00, 100.00, "Not Used"),
        ("9007199254740993", "B1", "2024-02-10", "Cups", -1, -40.00, 0.00, -40.00, "Not Used"),  # half of it returned
        ("Zoë", "C1", "2024-01-05", "Tea", 1, 0.00, 0.00, 0.00, "Not Used"),  # a gift is a purchase
        ("Zoë", "C2", "2024-01-05", "Pots", 1, 50.00, 10.00, 40.00, "Used"),
        ("Zoë", "C3", "2024-01-25", "Pots", 1, 50.00, 50.00, 0.00, "Used"),
        ("D", "A1", "2024-03-01", "Tea", 1, 12.34, 0.00, 12.34, "Not Used"),  # the order id of another customer
        ("E", "E1", "2024-02-01", "Tea", 1, 10.00, 1.00, 9.00, "Not Used"),
        ("E", "E2", "2024-02-20", "Tea", 1, 10.00, 1.00, 9.00, "Not Used"),
        ("E", "E3", "2024-02-25", "Tea", -1, -10.00, -1.00, -9.00, "Not Used"),  # an order of a return only
        ("F", "F1", "2024-02-02", "Cups", -2, -20.00, 0.00, -20.00, "Not Used"),  # returns only
    ],
    columns=[
        "customer_id",
        "transaction_id",
        "transaction_date",
        "product_category",
        "quantity",
        "gross_sales_amount",
        "discount_amount",
        "net_sales_amount",
        "coupon_status",
    ],
)


@pytest.fixture
def six_customers(tmp_path: Path) -> Path:
    """The hand-worked shop as a Parquet file; its last sale is on 2024-03-01, so the as-of date is 2024-03-02."""
    path = tmp_path / "six.parquet"
    frame = SIX_CUSTOMERS.assign(transaction_date=pd.to_datetime(SIX_CUSTOMERS["transaction_date"]))
    frame.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="session")
def real_sales() -> Path:
    """The real fct_sales, where it is present."""
    if not REAL_SALES.exists():
        pytest.skip("the real fct_sales is not on this machine (../shared/data/fct_sales.parquet)")
    return REAL_SALES


@pytest.fixture(scope="session")
def real_customers(real_sales: Path) -> CustomerTable:
    """One row per customer of the real fct_sales."""
    return load_customers(SalesSettings(source=str(real_sales)))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic shop of 400 customers with four behaviors, as a Parquet file: fast to segment, deterministic."""
    rng = np.random.default_rng(7)
    lines = []
    for customer in range(400):
        habit = customer % 4
        orders = int(rng.poisson((25, 8, 2, 4)[habit])) + 1
        last = int(rng.integers(*((0, 20), (5, 60), (150, 300), (0, 30))[habit]))
        days = last + np.sort(rng.integers(0, max(1, 330 - last), orders))
        days[0] = last
        for order, day in enumerate(days):
            when = pd.Timestamp(2024, 12, 31) - pd.Timedelta(days=int(day))
            for _ in range(int(rng.integers(1, 4))):
                gross = round(float(rng.lognormal((4.0, 3.2, 4.5, 2.5)[habit], 0.5)), 2)
                discount = round(gross * (0.3 if habit == 3 and rng.random() < 0.8 else 0.0), 2)
                category = str(rng.choice(["Tea", "Cups", "Pots"]))
                net, coupon = round(gross - discount, 2), "Used" if discount else "Not Used"
                order_id = f"{customer}-{order}"
                lines.append((f"C{customer:04d}", order_id, when, category, 1, gross, discount, net, coupon))
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    pd.DataFrame(lines, columns=SIX_CUSTOMERS.columns).to_parquet(path, index=False)
    return path


@pytest.fixture(scope="session")
def shop_customers(shop: Path) -> CustomerTable:
    """One row per customer of the synthetic shop. Tests must not modify it."""
    return load_customers(SalesSettings(str(shop)))


@pytest.fixture(scope="session")
def shop_training(shop_customers: CustomerTable) -> SweepResult:
    """K-means of the synthetic shop for every k, with default settings. Tests must not modify it."""
    return train_every_k(shop_customers, ModelSettings())


AS_OF_SIX = date(2024, 3, 2)
