"""Pages with a sampled population: all render, and totals cover all customers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmentation.customers import load
from segmentation.presentation import formatting
from segmentation.settings import SalesSettings
from tests.ui.conftest import PAGES, Open, read_text
from ui.data import publishing
from ui.views import publish


@pytest.fixture
def above(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop of 400 customers is above the limit, and half of them are a sample."""
    provided = SalesSettings.__init__.__defaults__
    monkeypatch.setattr(
        SalesSettings.__init__, "__defaults__", tuple(100 if value == 1_000_000 else value for value in provided)
    )
    monkeypatch.setattr(load, "SAMPLE_ROWS", 200)


def test_pages_render_with_sampled_population(open_page: Open, above: None) -> None:
    app = open_page("overview", k="4")
    for page, path in PAGES.items():
        app.switch_page(path).run()
        assert not app.exception, page
        assert [(page, box.proto.title, box.value) for box in app.error] == []
        if page == "segments":
            assert "Segments are found on a uniform sample of about 50" in read_text(app)


def test_publish_and_histogram_cover_all_customers(
    open_page: Open, above: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.duckdb"
    monkeypatch.setenv(publish.TARGET_VARIABLE, f"duckdb://{path}")
    publishing.fetch_published_run.clear()
    app = open_page("publish", k="4")
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    assert "400 customers in 4 segments** of shop.parquet" in read_text(app)
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.sql("select customer_id, segment_id, rfm_recency from ml_results.customer_segments").df()
    assert rows["customer_id"].nunique() == len(rows) == 400
    shown = open_page("segments", k="4").table
    spread = next(result.value for result in shown if "5th percentile" in result.value)
    for title, share in {"5th percentile": 0.05, "Median": 0.5, "95th percentile": 0.95}.items():
        expected = rows.groupby("segment_id")["rfm_recency"].quantile(share)
        assert spread[title].tolist() == [formatting.format_value(value, "days") for value in expected]
