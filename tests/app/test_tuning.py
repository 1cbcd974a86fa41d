"""Settings are tried only when asked for, and a row is taken over by a click."""

from __future__ import annotations

from segmentation.customers.presets import PRESETS
from tests.app.conftest import Open, said


def test_nothing_runs_before_the_click_and_a_click_takes_a_row(open_page: Open) -> None:
    app = open_page("tuning")
    assert not app.error
    assert not app.table
    app.button(key="try_settings").click().run()
    shown = app.table[0].value
    assert shown["Rank"].tolist() == [str(n) for n in range(1, 97)] or shown["Rank"].tolist() == list(range(1, 97))
    label, k = shown["Compared by"].iloc[1], int(shown["Segments"].iloc[1])
    app.button(key="take_2").click().run()
    assert not app.error
    state = app.session_state["app"]
    preset = next(known for known in PRESETS.values() if known.label == label)
    assert set(state.model.features) == set(preset.features)
    assert state.k == k
    assert f"in {k} segments (chosen)" in said(app)
    assert len(app.table[0].value) == 96  # what was tried is still there
