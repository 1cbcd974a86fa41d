"""Every widget keeps its value when its page is left and reopened."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import ROOT, Open

PAGES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "app_pages").glob("[a-z]*/*.py"))
KINDS = (
    "selectbox",
    "multiselect",
    "radio",
    "checkbox",
    "toggle",
    "text_input",
    "text_area",
    "number_input",
    "date_input",
    "slider",
    "select_slider",
    "segmented_control",
    "pills",
    "data_editor",
)
MAY = {"preset", "source", "acknowledged_values"}
"""The first mirrors other widgets in every view; the second would change the sales; the third is hidden."""
DAYS = {"start": 1, "as_of": 200, "out_from_1": 10, "out_to_1": 20, "out_from_2": 30, "out_to_2": 40}


def test_widgets_are_in_url_or_session() -> None:
    """Read from the code, so that one in a corner that no test reaches is found too."""
    forgotten = []
    for file in sorted((ROOT / "app_pages").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in KINDS:
                provided = {word.arg: word.value for word in call.keywords}
                key = provided.get("key")
                fixed = key.value if isinstance(key, ast.Constant) else None
                if (
                    not provided.keys() & {"bind", "persist_state", None} and fixed not in MAY
                ):  # None: from a dictionary
                    forgotten.append(f"{file.relative_to(ROOT)}:{call.lineno} {call.func.attr}")
    assert forgotten == []


def choose_other_value(widget: Any) -> Any:
    """A value that the widget may take and does not have."""
    value = widget.value
    if isinstance(value, bool):
        return not value
    if widget.type in ("text_input", "text_area"):
        return "9" if widget.key == "customer" else f"{value or ''}x"[:4]
    if widget.type == "date_input":
        if widget.key.startswith("campaign_launch_"):
            return widget.value + timedelta(7)
        return widget.min + timedelta(DAYS[widget.key])
    if isinstance(value, list):  # one less, or one more
        return value[:-1] if len(value) > 1 else [widget.options[0]]
    return next((option for option in widget.options if option != widget.format_func(value)), None)


def list_widgets(block: Any) -> dict[str, Any]:
    kinds = (
        "selectbox",
        "multiselect",
        "radio",
        "checkbox",
        "toggle",
        "text_input",
        "text_area",
        "date_input",
        "select_slider",
        "button_group",
    )
    return {widget.key: widget for kind in kinds for widget in block.get(kind) if widget.key not in MAY}


def change_widgets(app: AppTest, block: str) -> dict[str, Any]:
    """Give every widget of a part of the page another value, one after the other; key -> value."""
    expected = {}
    for key in list_widgets(getattr(app, block)):
        widget = list_widgets(getattr(app, block)).get(key)
        if widget is None or widget.disabled or widget.proto.form_id:
            continue
        value = choose_other_value(widget)
        if value is not None:
            widget.set_value(value)
            app.run()
            assert not app.exception, key
            expected[key] = list_widgets(getattr(app, block))[key].value
    return expected


@pytest.mark.parametrize("page", PAGES)
def test_page(open_page: Open, page: str) -> None:
    app = open_page("choose_k", k="4", guide="false").switch_page(page).run()
    expected = change_widgets(app, "main")
    app.switch_page("app_pages/help/glossary.py" if "glossary" not in page else "app_pages/campaigns/export.py").run()
    app.switch_page(page).run()
    now = list_widgets(app.main)
    assert {key: now[key].value for key in expected} == expected


def test_sidebar(open_page: Open) -> None:
    app = open_page("choose_k", k="4")
    expected = change_widgets(app, "sidebar")
    assert len(expected) > 25
    for page in (Path("app_pages/help/glossary.py"), Path("app_pages/segments/profiles.py")):
        app.switch_page(str(page)).run()
        now = list_widgets(app.sidebar)
        assert {key: now[key].value for key in expected} == expected
