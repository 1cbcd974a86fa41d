"""The URL holds the settings in use, accepts only valid values, and never holds a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Open, read_text
from ui.state.app_state import OTHER_FILE, YOUR_FILE, get_configured_sources


def test_link_opens_the_same_view(open_page: Open) -> None:
    app = open_page(k="6", discount_share="true", recency_days="false", scaling="As they are")
    state = app.session_state["app"]
    assert state.k == 6
    assert state.model.features == ("frequency", "monetary", "discount_share")
    assert state.model.scaling == "standard"
    assert "compared by orders, net sales, share given as discount, standardized" in read_text(app)


def test_every_widget_except_the_path_is_bound_to_the_url(open_page: Open) -> None:
    """The browser writes the URL; tests/browser checks what it writes."""
    app = open_page(source=OTHER_FILE)
    assert app.text_input(key="path").proto.query_param_key == ""
    app = open_page()
    widgets = [
        *app.select_slider,
        *app.selectbox,
        *app.checkbox,
        *app.multiselect,
        *app.date_input,
        *app.get("button_group"),
    ]
    widgets = [widget for widget in widgets if widget.key != "preset"]  # derived from the boxes below it
    assert len(widgets) == 34, "a widget that is not in the URL"
    assert all(widget.proto.query_param_key == widget.key for widget in widgets)


@pytest.mark.parametrize(
    "address", [{"k": "99"}, {"k": "<script>"}, {"scaling": "wild"}, {"source": "/etc/passwd"}, {"monetary": "perhaps"}]
)
def test_invalid_query_parameters_are_ignored(open_page: Open, address: dict[str, str]) -> None:
    app = open_page(**address)
    assert not app.exception
    assert not app.error
    assert "Our shop · 400 customers" in read_text(app)


def test_source_that_is_not_offered_is_refused(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A widget's list of options binds only honest browsers."""
    monkeypatch.setattr("streamlit.selectbox", lambda *args, key, **kwargs: "/etc/passwd")
    app = open_page()
    assert app.error[0].proto.title == "This source is not available."


def test_typed_path_is_read_and_stays_out_of_the_url(open_page: Open, six_customers: Path) -> None:
    app = open_page(source=OTHER_FILE)
    assert "No file path given" in app.error[0].proto.title
    app.text_input(key="path").set_value(str(six_customers)).run()
    assert not app.error
    assert "six.parquet · 5 customers" in read_text(app)
    assert str(six_customers.parent) not in str(dict(app.query_params))
    assert str(six_customers.parent) not in read_text(app)


@pytest.mark.parametrize(
    ("switch", "options"),
    [
        (None, {}),
        ("0", {}),
        ("1", {"server.address": "0.0.0.0"}),
        ("1", {"server.allowedHosts": ["localhost", "segments.example.com"]}),
        ("1", {"server.allowedHosts": []}),
    ],
    ids=["unset", "off", "other address", "other host", "any host"],
)
def test_local_paths_need_the_switch_and_a_local_server(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, switch: str | None, options: dict[str, object]
) -> None:
    import streamlit as st

    monkeypatch.delenv("SEGMENTS_LOCAL_FILES")
    if switch is not None:
        monkeypatch.setenv("SEGMENTS_LOCAL_FILES", switch)
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: options[key] if key in options else real(key))
    app = open_page(source=OTHER_FILE, path="/etc/passwd")
    assert app.selectbox(key="source").options == ["Our shop", YOUR_FILE]
    assert "path" not in [widget.key for widget in app.text_input]
    assert "Our shop · 400 customers" in read_text(app)


def test_get_configured_sources_names_and_numbers_them_without_folders(tmp_path: Path) -> None:
    odd = tmp_path / "a=b.csv"
    odd.touch()
    text = f"/data/x/sales.parquet\n/data/y/sales.parquet;; Web = demo:complete-journey ;{odd}"
    assert get_configured_sources(text) == {
        "sales.parquet": "/data/x/sales.parquet",
        "sales.parquet (2)": "/data/y/sales.parquet",
        "Web": "demo:complete-journey",
        "a=b.csv": str(odd),
    }
    demos = {"Complete Journey (demo)": "demo:complete-journey", "Web shop (demo)": "demo:web-shop"}
    assert get_configured_sources("") == demos


def test_page_links_keep_the_settings_in_use(open_page: Open) -> None:
    app = open_page("segments", k="6", monetary="false")
    assert app.session_state["app"].k == 6
    assert dict(app.query_params) == {"k": "6", "monetary": "false"}


@pytest.mark.parametrize("fragment", [True, False])
def test_rerun_page_reverts_no_choice(fragment: bool) -> None:
    """A fragment's request may carry values from before an undo; a full rerun always has the newest."""

    def script() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from ui.server import warmup

        ended = st.session_state.pop("background_work_ended", "")
        if ended:  # before any widget is drawn, as where a fragment runs alone
            if ended == "fragment":
                context = get_script_run_ctx()
                assert context is not None
                context.fragment_ids_this_run = ["the background check"]
            warmup.rerun_page()
        st.selectbox("Scaling", ["log", "standard", "ranks"], key="scaling", bind="query-params")
        st.multiselect("Left out", ["Tea", "Wine", "Bread"], key="categories", bind="query-params")
        st.text(" ".join([st.query_params.get("scaling", ""), *st.query_params.get_all("categories")]))
        warmup.mark_page_ready()

    app = AppTest.from_function(script)
    app.query_params["scaling"] = "ranks"
    app.query_params["categories"] = ["Tea", "Wine"]
    app.run()
    assert app.text[0].value == "ranks Tea Wine"
    app.selectbox[0].set_value("standard")
    app.multiselect[0].set_value(["Bread"])
    app.query_params["scaling"] = "standard"
    app.query_params["categories"] = ["Bread"]
    app.session_state["background_work_ended"] = "fragment" if fragment else "page"
    app.run()
    assert app.text[0].value == ("ranks Tea Wine" if fragment else "standard Bread")
    scaling, left_out = ("ranks", ["Tea", "Wine"]) if fragment else ("standard", ["Bread"])
    assert (app.selectbox[0].value, app.multiselect[0].value) == (scaling, left_out)
