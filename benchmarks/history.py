"""Time of a segment history of 24 months compared with a loop of loads, one for each month.

Generated sales of three years: customers with constant purchase rates, up to four lines an order. Both sides compute
the same sizes of segments at every month-end, which is checked; wall-clock and CPU time, one run each.

    python benchmarks/history.py [--lines 5000000] [--months 24]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FIRST, DAYS, WINDOW = date(2022, 1, 1), 1_096, 365


def write_sales(path: Path, lines: int) -> None:
    """Write a Parquet file of about this many lines; a customer has 40 on average."""
    import duckdb

    sql = f"""
        select 'C' || hash(i) % {lines // 40} as customer_id, 'T' || i as transaction_id,
            date '{FIRST}' + cast(hash(i + 7) % {DAYS} as integer) as transaction_date,
            cast(exp(hash(i * 10 + j) % 4000 / 1000.0) as decimal(12, 2)) as net_sales_amount
        from range({int(lines / 2.5)}) as o(i), range(4) as l(j)
        where j <= hash(i + 3) % 4
    """
    duckdb.sql(f"copy ({sql}) to '{path}' (format parquet)")


def main() -> None:
    from timing import wait_until_idle

    from segmentation import pipeline
    from segmentation.analysis.history.labeled_months import HistorySales, LabeledMonths
    from segmentation.analysis.history.months import choose_window
    from segmentation.sales.open_source import open_source
    from segmentation.settings import ModelSettings, SalesSettings

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--months", type=int, default=24)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.parquet"
        write_sales(path, arguments.lines)
        settings = SalesSettings(str(path))
        table = pipeline.load_customers(replace(settings, window_days=WINDOW))
        segmentation = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 5)
        run = segmentation.to_run_record(with_customers=False)

        wait_until_idle()
        start, cpu_start = time.perf_counter(), time.process_time()
        sales = HistorySales.open(open_source(str(path)), settings)
        window = choose_window(sales.window.first_sale, sales.window.as_of, WINDOW)
        months = LabeledMonths(sales, run, window.days, window.month_ends[-arguments.months :])
        sizes, _ = months.count_flows()
        ours, ours_cpu = time.perf_counter() - start, time.process_time() - cpu_start

        wait_until_idle()
        start, cpu_start = time.perf_counter(), time.process_time()
        for month_end in months.month_ends:
            as_of = month_end + timedelta(days=1)
            frame = pipeline.load_customers(replace(settings, as_of=as_of, window_days=WINDOW)).frame
            counts = dict(zip(*_count(months.model.assign(frame)), strict=True))
            expected = sizes[sizes["month_end"] == month_end]
            assert counts == dict(zip(expected["segment_id"], expected["customers"], strict=True)), month_end
        loop, loop_cpu = time.perf_counter() - start, time.process_time() - cpu_start
    print(f"  ours            {ours:7.1f} s, {ours_cpu:7.1f} s CPU")
    print(f"  loop of loads   {loop:7.1f} s, {loop_cpu:7.1f} s CPU")
    print(
        f"{arguments.lines} lines: {loop / ours:.1f}x a loop of loads over {len(months.month_ends)} months "
        f"({loop_cpu / ours_cpu:.1f}x by CPU time)"
    )


def _count(segment_ids: object) -> tuple[list[int], list[int]]:
    import numpy as np

    ids, counts = np.unique(np.asarray(segment_ids), return_counts=True)
    return ids.tolist(), counts.tolist()


if __name__ == "__main__":
    main()
