"""Results shared by sessions are computed once for simultaneous requests."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from segmentation.settings import SalesSettings
from ui.data import scoped_cache


def test_scoped_cache_computes_once_for_simultaneous_callers() -> None:
    start, calls = threading.Barrier(10), []

    @scoped_cache.cache_data()
    def compute(sales: SalesSettings, k: int) -> list[int]:
        calls.append(k)
        time.sleep(0.2)
        return [k]

    def visit(_: int) -> list[int]:
        start.wait(10)
        return compute(SalesSettings(source="demo:web-shop"), 5)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(visit, range(10)))
    assert calls == [5]
    assert answers == [[5]] * 10
    assert len({id(answer) for answer in answers}) == 10  # each caller has a copy
    compute.clear()
