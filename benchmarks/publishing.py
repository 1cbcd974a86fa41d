"""Publishing above the limit of customers in memory: bytes between the command and the warehouse, and time.

A run of synthetic customers with three sales lines each is trained and published on the local Snowflake server of the
tests (the real connector over HTTP; the engine is DuckDB), once assigned within the warehouse, once loaded from the
list of the run. The published customers, segments and net sales must be those of the run.

    python benchmarks/publishing.py [--customers 1000000]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SALES = """
copy (
    select
        cast(range % {customers} as varchar) as CUSTOMER_ID, cast(range as varchar) as TRANSACTION_ID,
        date '2024-12-31' - cast(
            floor(360 * pow(random(), 0.3 + 2.0 * (hash(range % {customers}) % 1000) / 1000)) as int
        ) as TRANSACTION_DATE,
        cast(exp(2.0 + 2.5 * (hash(range % {customers}, 3) % 1000) / 1000 + 0.7 * random()) as decimal(18, 2))
            as NET_SALES_AMOUNT
    from range(3 * {customers})
) to '{path}'
"""


def train(models: Path, sample_above: int) -> Any:
    """A saved run of five segments from the sales on the server."""
    from segmentation import pipeline
    from segmentation.runs.load import open_run
    from segmentation.runs.save import save_run
    from segmentation.settings import ModelSettings, SalesSettings

    table = pipeline.load_customers(SalesSettings("snowflake:", sample_above=sample_above))
    found = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 5)
    return open_run(save_run(found.to_run_record(), models))


def measure(run: Any, port: int, schema: str) -> tuple[int, float]:
    """Bytes in both directions, and seconds, of publishing a run."""
    from segmentation.publishing.publish import publish_run
    from tests.snowflake_client.faults import Proxy

    proxy = Proxy(port)
    os.environ["SNOWFLAKE_PORT"] = str(proxy.port)
    start = time.perf_counter()
    publish_run(run, f"snowflake:{schema}")
    seconds = time.perf_counter() - start
    os.environ["SNOWFLAKE_PORT"] = str(port)
    return proxy.bytes_sent, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers

    import duckdb
    import pandas as pd

    from segmentation.snowflake_client.session import close_sessions, get_session
    from tests.snowflake_client.local import DATABASE, SCHEMA, run_server, settings_for

    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder) / "server.log") as server:
        os.environ |= settings_for(server.port) | {"SNOWFLAKE_HOME": folder}
        path = Path(folder) / "sales.parquet"
        with duckdb.connect() as connection:
            connection.execute("set threads = 1; select setseed(0.5)")
            connection.execute(SALES.format(customers=customers, path=path))
        server.call("load", table=f"{DATABASE}.{SCHEMA}.FCT_SALES", file=path)
        run = train(Path(folder) / "models", customers // 100)
        expected = run.segments.set_index("segment_id")["customers"].to_dict()
        for name in ("WITHIN", "AS_LIST"):
            if name == "AS_LIST":  # other sales than those of the run
                get_session().fetch_rows(f"DELETE FROM {DATABASE}.{SCHEMA}.FCT_SALES WHERE CUSTOMER_ID = '0'")
            sent, seconds = measure(run, server.port, f"{DATABASE}.{name}")
            published = pd.DataFrame(
                get_session().fetch_rows(
                    f"SELECT segment_id, COUNT(*) FROM {DATABASE}.{name}.CUSTOMER_SEGMENTS GROUP BY segment_id"
                ),
                columns=["segment_id", "customers"],
            )
            agrees = published.set_index("segment_id")["customers"].to_dict() == expected
            how = "within the warehouse" if name == "WITHIN" else "as a list"
            print(
                f"{customers:,} customers published {how}: {sent / 1e6:,.2f} MB, {seconds:,.0f} s, "
                f"{'equal to the run' if agrees else 'DIFFERENT from the run'}",
                flush=True,
            )
        close_sessions()


if __name__ == "__main__":
    main()
