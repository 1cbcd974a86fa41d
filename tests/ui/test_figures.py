"""Figures are built once for all sessions with the same result, and again for another one."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from segmentation import charts
from tests.ui.conftest import Open
from tests.ui.test_overrides import write

HEAT_MAP = 1


def get_specs(app: AppTest) -> list[str]:
    return [chart.proto.spec for chart in app.get("plotly_chart")]


def test_figures_are_shared_by_sessions_with_the_same_settings(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get_specs(open_page("segments", k="6"))
    assert len(first) >= 4

    def fail(*args: object) -> charts.Figure:
        raise AssertionError("the figure was built again")

    for name in ("plot_size_vs_sales", "plot_index_heatmap", "plot_boxes", "plot_segment_map"):
        monkeypatch.setattr(charts, name, fail)
    monkeypatch.setattr(go.Figure, "to_dict", fail)  # nor copied and encoded again
    again = open_page("segments", k="6")
    assert not again.exception
    assert get_specs(again) == first


def test_figures_follow_the_number_format(open_page: Open) -> None:
    plain, german = open_page("segments", k="6"), open_page("segments", k="6", numbers="1.234,50")
    assert all('"separators":",."' in spec for spec in get_specs(german))
    assert not any('"separators":",."' in spec for spec in get_specs(plain))


def test_figures_show_unsaved_edits_to_their_session_only(open_page: Open) -> None:
    edited = write(open_page("one", k="6", segment="2"), name="Tea lovers")
    edited.switch_page("app_pages/segments/profiles.py").run()
    assert "Tea lovers" in get_specs(edited)[HEAT_MAP]
    assert "Tea lovers" not in get_specs(open_page("segments", k="6"))[HEAT_MAP]
