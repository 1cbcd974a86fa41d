"""The version of a table in Snowflake, where Snowflake tells it and where it does not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import SourceError
from segmentation.sales.open_source import open_source
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.local import DATABASE, Server

CHANGES = {
    "a line more": pd.concat([SIX_CUSTOMERS, SIX_CUSTOMERS.iloc[:1]]),
    "another date": SIX_CUSTOMERS.assign(
        transaction_date=SIX_CUSTOMERS["transaction_date"].replace("2024-03-01", "2024-04-01")
    ),
    "another amount": SIX_CUSTOMERS.assign(net_sales_amount=SIX_CUSTOMERS["net_sales_amount"] + 0.01),
}


@pytest.mark.parametrize("fault", ["NULL", "000603", "001003"])
def test_version_without_change_time(on_snowflake: Server, tmp_path: Path, fault: str) -> None:
    """An imported table answers NULL, a view may raise an error: rows, dates and amounts identify the version."""
    table = "UNTOLD_DB.SALES.FCT_SALES" if fault == "NULL" else f"{DATABASE}.UNTOLD.FCT_SALES"
    dated = SIX_CUSTOMERS.assign(transaction_date=pd.to_datetime(SIX_CUSTOMERS["transaction_date"]))
    on_snowflake.load(dated, tmp_path, table)
    if fault == "NULL":
        on_snowflake.call("share", database="UNTOLD_DB")
    else:
        on_snowflake.fail(fault, "SQL compilation error:\nnot possible", "SYSTEM$LAST_CHANGE", times=100)
    source = open_source(f"snowflake:{table}")
    before = source.version()
    assert before == source.version()
    versions = {before}
    for frame in CHANGES.values():
        dates = pd.to_datetime(frame["transaction_date"])
        on_snowflake.load(frame.assign(transaction_date=dates), tmp_path, table)
        versions.add(source.version())
    assert len(versions) == 1 + len(CHANGES)
    on_snowflake.fail("0", "", times=0)


def test_version_of_a_table_that_is_not_there(on_snowflake: Server) -> None:
    with pytest.raises(SourceError, match="table does not exist"):
        open_source("snowflake:NEVER_MADE").version()


def test_version_summarized_less_often(on_snowflake: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary scans columns, so it is kept for longer than the time of the last change."""
    monkeypatch.setattr("segmentation.sales.snowflake.SUMMARY_SECONDS", 60)
    on_snowflake.load(SIX_CUSTOMERS, tmp_path, "UNTOLD_DB.SALES.FCT_SALES")
    on_snowflake.call("share", database="UNTOLD_DB")
    on_snowflake.statements()
    versions = {open_source("snowflake:UNTOLD_DB.SALES.FCT_SALES").version() for _ in range(5)}
    assert len(versions) == 1
    assert len(on_snowflake.statements()) == 4, "the time of the change, the size, the columns, the summary"
