"""The synthetic web shop as raw tables, from which the example in dbt/ builds `fct_sales`.

| table | one row per | |
|---|---|---|
| online_sales | sold line | with unit price before discounts, and delivery charges |
| discount_coupon | month and category | the discount of a coupon, in percent |
| tax_amount | category | the tax, as a share |
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from segmentation.errors import SourceError
from segmentation.runtime.disk_space import describe_write_error
from segmentation.runtime.duckdb_retry import check_catalog_name, describe_duckdb_error, retry_while_locked
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.demo import synthetic_shop

SCHEMA = "raw"
_SALES = """
create or replace table raw.online_sales as
select
    cast(customer_id as varchar) as customer_id, cast(transaction_id as varchar) as transaction_id, transaction_date,
    cast(product_category as varchar) as product_category, quantity,
    cast(gross_sales_amount / nullif(quantity, 0) as decimal(18, 2)) as avg_price,
    cast(coupon_status as varchar) as coupon_status,
    cast(
        case when row_number() over (partition by transaction_id order by file_row_number) = 1 then 4.9 else 0 end
        as decimal(18, 2)
    ) as delivery_charges
from read_parquet(?, file_row_number => true)
where gross_sales_amount is not null and quantity <> 0
order by file_row_number
"""
_DISCOUNTS = """
create or replace table raw.discount_coupon as
select
    strftime(make_date(2025, month, 1), '%b') as month, product_category,
    10.0 * (1 + (month + rank() over (partition by month order by product_category)) % 3) as discount_pct
from (select distinct product_category from raw.online_sales where product_category is not null)
cross join (select cast(range as int) as month from range(1, 13))
order by product_category, make_date(2025, month, 1)
"""
_TAXES = """
create or replace table raw.tax_amount as
select product_category, ([0.05, 0.10, 0.12, 0.18])[1 + (rank() over (order by product_category)) % 4] as gst
from (select distinct product_category from raw.online_sales where product_category is not null)
order by product_category
"""


def write_raw_tables(
    path: Path,
    customers: int = synthetic_shop.CUSTOMERS,
    seed: int = synthetic_shop.SEED,
    on_progress: StepProgress = no_progress,
) -> int:
    """Write the three tables to the schema `raw` of a DuckDB database, replacing existing ones.

    Returns:
        the number of lines of online_sales, which are the lines with an amount.

    Raises:
        SettingsError: as in `synthetic_shop.write_shop`.
        SourceError: the database cannot be written to.
    """
    if not path.absolute().parent.is_dir():
        raise SourceError(f"The folder of {path.name!r} does not exist.", hint="Create it, or check the path.")
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "lines.parquet"
        try:
            with parquet.open("wb") as out:
                synthetic_shop.write_shop(out, customers, seed, on_progress=on_progress)
            with retry_while_locked(lambda: duckdb.connect(str(path)), for_writing=True) as connection:
                check_catalog_name(connection, SCHEMA)
                connection.execute(f"create schema if not exists {SCHEMA}")
                connection.execute("begin transaction")
                connection.execute(_SALES, [str(parquet)])
                connection.execute(_DISCOUNTS)
                connection.execute(_TAXES)
                counted = connection.execute("select count(*) from raw.online_sales").fetchall()
                connection.execute("commit")
        except OSError as error:
            raise SourceError(
                f"{path.name!r} could not be written to: {describe_write_error(error)}.",
                hint="Nothing was changed there.",
            ) from error
        except duckdb.Error as error:
            raise SourceError(
                f"{path.name!r} could not be written to.", hint=describe_duckdb_error(error, path)
            ) from error
    return int(counted[0][0])
