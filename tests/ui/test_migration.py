"""The Movement page against the history worked out without it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation import pipeline
from segmentation.charts import numbers
from segmentation.analysis.migration import history
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import Open, said


def test_who_moved_since_a_day(open_page: Open, shop: Path) -> None:
    app = open_page("movement", k="4", since="2024-10-01")
    assert not app.exception
    assert not app.error
    table = pipeline.load_customers(SalesSettings(source=str(shop)))
    found = history(table, ModelSettings(), date(2024, 10, 1), 4)
    assert f"bought in both periods, **{numbers.share(found.kept)}** are in the same segment now" in said(app)
    assert f"Both periods are {found.days} days long" in said(app)
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics == {name.capitalize(): str(count) for name, count in found.changes.counts.items()}
    moved = app.table[-1].value
    first = found.figures(("monetary",)).iloc[0]
    assert moved["Net sales (median)"][0] == (
        f"{numbers.money(first['median_monetary_before'])} → {numbers.money(first['median_monetary_now'])}"
    )
