"""Segment overrides in the editor: shown literally, validated, saved with the run and reloaded."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from segmentation.runs.load import open_run
from tests.ui.conftest import Open, read_text, save_button


def write(app: AppTest, **texts: str) -> AppTest:
    """Fill in the form's fields and submit it."""
    for field, text in texts.items():
        kind = app.text_input if field == "name" else app.text_area
        next(box for box in kind if str(box.key).startswith(f"own_{field}_")).set_value(text)
    return next(button for button in app.button if button.label == "Save changes").click().run()


def test_overrides_are_shown_saved_and_reloaded(open_page: Open, tmp_path: Path) -> None:
    app = open_page("one", k="4", segment="2")
    generated = app.main.header[0].value
    app = write(app, name="Tea <b>lovers</b> & *friends*", goal="Invite them. [x](http://a.b)")
    assert app.main.header[0].value == "2 Tea \\<b\\>lovers\\</b\\> \\& \\*friends\\*"
    assert "Goal: Invite them. [x](http:color[:]//a.b) :gray[(edited)]" in read_text(app).replace("**", "")
    assert any("last for this session" in box.value for box in app.info)
    app = app.switch_page("app_pages/campaigns/export.py").run()
    save_button(app).click().run()
    saved = open_run(tmp_path / "models")
    row = saved.segments.set_index("segment_id").loc[2]
    assert (row["segment_name"], row["own"]) == ("Tea <b>lovers</b> & *friends*", "name,goal")
    assert saved.read_customers().query("segment_id == 2")["segment_name"].unique().tolist() == [row["segment_name"]]
    other = open_page("one", k="4", segment="2")  # another visitor
    assert "Tea" in other.main.header[0].value
    assert not any("last for this session" in box.value for box in other.info)
    next(button for button in other.button if button.label == "Reset to default").click().run()
    assert other.main.header[0].value == generated


def test_override_at_other_k_is_asked(open_page: Open) -> None:
    app = write(open_page("one", k="4", segment="1"), name="Our best")
    save_button(app.switch_page("app_pages/campaigns/export.py").run()).click().run()
    app = open_page("segments", k="4")
    assert "Our best" in app.header[0].value
    assert not any(button.label == "Keep" for button in app.button)
    app = open_page("segments", k="3")
    assert "Our best" not in app.header[0].value
    assert "Keep the name **Our best** for segment 1?" in read_text(app)
    next(button for button in app.button if button.label == "Keep").click().run()
    assert "Our best" in app.header[0].value
    assert not any(button.label == "Keep" for button in app.button)
    other = open_page("segments", k="3")
    next(button for button in other.button if button.label == "Drop").click().run()
    assert "Our best" not in read_text(other)


def test_invalid_override_shows_error(open_page: Open) -> None:
    app = open_page("one", k="4", segment="1")
    before = app.main.header[0].value
    other = next(row for row in app.radio(key="one_segment").options if row != before).split(" ", 1)[1]
    app = write(app, name=other)
    assert "is already called" in app.error[0].proto.title
    assert app.main.header[0].value == before
    app = write(app, name="=HYPERLINK(1)")
    assert "cannot begin with '='" in app.error[0].proto.title
    app = write(app, name="")
    assert not app.error
    assert app.main.header[0].value == before


def test_unknown_segment_in_url_shows_first(open_page: Open) -> None:
    app = open_page("one", k="4", segment="77")
    assert app.main.header[0].value.startswith("1 ")


def test_segment_selection_is_in_url(open_page: Open) -> None:
    app = open_page("one", k="4")
    labels = app.radio(key="one_segment").options
    assert [label[:2] for label in labels] == ["1 ", "2 ", "3 ", "4 "]
    assert app.main.header[0].value == labels[0]
    assert "segment" not in app.query_params, "what stands first for want of a choice is no step of the way back"
    app.radio(key="one_segment").set_value(3).run()
    assert (app.main.header[0].value, app.query_params["segment"]) == (labels[2], "3")
    app.query_params["segment"] = "2"  # a link
    app.run()
    assert (app.main.header[0].value, app.radio(key="one_segment").value) == (labels[1], 2)
    app.switch_page("app_pages/segments/profiles.py").run()
    app.switch_page("app_pages/segments/details.py").run()
    assert app.main.header[0].value == labels[1]


def test_editor_fields_follow_currency(open_page: Open) -> None:
    app = open_page("one", k="4", segment="1", currency="€", symbol="After the amount")
    sentence = next(box for box in app.text_area if str(box.key).startswith("own_sentence_"))
    assert "\N{NO-BREAK SPACE}€ each" in str(sentence.value)
    app.text_input(key="currency").set_value("CHF").run()
    app = write(app, name="Our best")
    assert app.main.header[0].value == "1 Our best"
    assert "(edited)" not in read_text(app)
    assert "€" not in read_text(app)


def test_segment_page_shows_statistics(open_page: Open) -> None:
    app = open_page("one", k="4", segment="1")
    table = app.table[0].value
    assert table.columns.tolist() == ["Feature", "This segment", "All customers", "Percentile"]
    assert len(table) >= 3
