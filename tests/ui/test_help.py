"""The glossary and the getting-started guide."""

from __future__ import annotations

from segmentation.features.registry import REGISTRY
from segmentation.segments.names.catalog import DEFINITIONS, NAMES
from tests.ui.conftest import Open, read_text

GLOSSARY = "app_pages/help/glossary.py"


def test_glossary_defines_every_segment_name() -> None:
    assert list(DEFINITIONS) == [name.text for name in NAMES]


def test_glossary_defines_every_feature_score_and_name(open_page: Open) -> None:
    app = open_page("choose_k", k="4").switch_page(GLOSSARY).run()
    text = read_text(app)
    for feature in REGISTRY.values():
        assert f"**{feature.label}**: {feature.meaning}" in text
    used = (
        "k",
        "RFM",
        "Scaling",
        "RFM by lines",
        "Hatched bars",
        "Inertia",
        "Separate groups",
        "Dip test",
        "Bootstrap resampling",
        "Run",
        "Current run",
    )
    kinds = ("CSV", "Parquet", "DuckDB", "Calinski-Harabasz", "Davies-Bouldin", "Inertia", "Silhouette")
    for word in (*used, *kinds, "Elbow", "As-of date", *DEFINITIONS):
        assert f"**{word}**: " in text


def test_glossary_search_is_in_the_url(open_page: Open) -> None:
    app = open_page("choose_k", k="4", word="silhou").switch_page(GLOSSARY).run()
    app.text_input(key="word").set_value("SILHOU").run()
    assert "**Silhouette**" in read_text(app)
    assert "**RFM**" not in read_text(app)
    app.text_input(key="word").set_value("<script>").run()
    assert "No matching terms" in app.info[0].value


STEPS = ("### 1. Choose the number of segments", "### 2. Explore the segments", "### 3. Export a list")


def test_getting_started_can_be_hidden(open_page: Open) -> None:
    app = open_page("overview", k="4")
    assert all(step in read_text(app) for step in STEPS)
    assert "Turn your sales into customer segments" in read_text(app)
    app.button(key="hide_guide").click().run()
    assert "### 1." not in read_text(app)
    assert "Turn your sales" not in read_text(app)
    assert "### Get to know your best customers" in read_text(app)
    assert [header.value for header in app.main.header].count("Recommended next steps") == 1
    assert app.toggle(key="guide").value is False
    app.toggle(key="guide").set_value(True).run()
    assert all(step in read_text(app) for step in STEPS)


def test_getting_started_is_on_the_first_page_only(open_page: Open) -> None:
    assert "### 1." not in read_text(open_page("segments", k="4"))
    assert "### 1." not in read_text(open_page("overview", k="4", guide="false"))
