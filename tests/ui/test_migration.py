"""The Segment migration page against a separate computation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation import pipeline
from segmentation.analysis.migration import compute_migration
from segmentation.presentation import formatting
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import Open, read_text


def test_migration_since_a_date(open_page: Open, shop: Path) -> None:
    app = open_page("movement", k="4", since="2024-10-01")
    assert not app.exception
    assert not app.error
    table = pipeline.load_customers(SalesSettings(source=str(shop)))
    migration = compute_migration(table, ModelSettings(), date(2024, 10, 1), 4)
    assert (
        f"**{formatting.format_percent(migration.retention)}** of customers who bought in both periods "
        "stayed in the same segment" in read_text(app)
    )
    assert f"Both periods are {migration.days} days long" in read_text(app)
    metrics = {metric.label: metric.value for metric in app.metric}
    labels = {"stayed": "Retained", "moved": "Migrated", "joined": "New", "left": "Churned"}
    assert metrics == {labels[name]: str(count) for name, count in migration.changes.counts.items()}
    moved = app.table[-1].value
    first = migration.compare_medians(("monetary",)).iloc[0]
    assert moved["Net sales (median)"][0] == (
        f"{formatting.format_currency(first['median_monetary_before'])} → "
        f"{formatting.format_currency(first['median_monetary_now'])}"
    )
