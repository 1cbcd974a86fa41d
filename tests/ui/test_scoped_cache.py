"""Results shared by sessions are computed once for simultaneous requests."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from segmentation.presentation.number_format import NumberFormat
from segmentation.segments.overrides import SegmentOverride
from segmentation.settings import ModelSettings, SalesSettings
from ui.data import scoped_cache
from ui.data.figures import FigureKey
from ui.data.result_key import ResultKey


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


def test_scoped_cache_separates_keys_that_differ_in_one_field() -> None:
    calls = []

    @scoped_cache.cache_resource(hash_funcs={FigureKey: repr})
    def compute(key: SalesSettings | ResultKey | FigureKey) -> object:
        calls.append(key)
        return key

    sales = [
        SalesSettings(),
        SalesSettings(source="demo:web-shop"),
        SalesSettings(start=date(2024, 1, 1)),
        SalesSettings(as_of=date(2024, 1, 1)),
        SalesSettings(excluded_categories=("a", "b")),
        SalesSettings(excluded_categories=("a', 'b",)),
        SalesSettings(columns=(("customer_id", "as_of=None"),)),
    ]
    first = ResultKey(SalesSettings(), "1", ModelSettings(), 4, None, None)
    results = [replace(first, sales=settings) for settings in sales] + [
        replace(first, version="2"),
        replace(first, model=ModelSettings(weights=(("monetary", 2.0),))),
        replace(first, k=5),
        replace(first, current_run="r"),
        replace(first, opened_run="r"),
    ]
    figure = FigureKey(first, (), "light", NumberFormat())
    figures = [
        figure,
        replace(figure, theme="dark"),
        replace(figure, overrides=(SegmentOverride(1, name="Tea lovers"),)),
        replace(figure, number_format=NumberFormat("1.234,50")),
    ]
    keys = [*sales, *results, *figures]
    for _ in range(2):
        assert [compute(replace(key)) for key in keys] == keys  # equal keys are one, whichever object they are
    assert calls == keys
    compute.clear()
