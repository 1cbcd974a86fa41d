"""File formats on the Export page."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from tests.ui.conftest import Open


@pytest.mark.parametrize(("form", "label", "suffix"), [("xlsx", "XLSX", ".xlsx"), ("parquet", "Parquet", ".parquet")])
def test_export_file_format(open_page: Open, form: str, label: str, suffix: str) -> None:
    app = open_page("export", k="4")
    assert app.download_button(key="download").label == "Download list (CSV)"
    app.radio(key="format").set_value(form).run()
    assert app.download_button(key="download").label == f"Download list ({label})"
    from ui.data import results
    from ui.views import export

    segmentation = results.get_segmentation(app.session_state["app"])
    names = segmentation.segments["segment_name"].tolist()
    assert export.build_file_name(segmentation, names, form).endswith(suffix)
    app.switch_page("app_pages/segments/profiles.py").run()
    app.switch_page("app_pages/campaigns/export.py").run()
    assert app.radio(key="format").value == form


def test_export_warns_of_split_sheets(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from segmentation.export import xlsx

    app = open_page("export", k="4")
    monkeypatch.setattr(xlsx, "MAX_SHEET_ROWS", 50)
    assert not app.warning
    app.radio(key="format").set_value("xlsx").run()
    assert "split across" in app.warning[0].value


def test_export_includes_recommended_actions(open_page: Open) -> None:
    from ui.data import results
    from ui.views import export

    app = open_page("export", k="4")
    assert not {"goal", "offer", "channel"} & set(app.multiselect(key="columns").value)
    app.multiselect(key="columns").set_value(["customer_id", "segment_name", "offer", "channel"]).run()
    assert app.dataframe[0].value.columns.tolist() == ["Customer", "Segment", "Offer", "Channel"]
    segmentation = results.get_segmentation(app.session_state["app"])
    expected = segmentation.segments.set_index("segment_name")[["offer", "channel"]]
    for form, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        names = expected.index.tolist()
        data = export.render_file(segmentation, names, ["customer_id", "segment_name", "offer", "channel"], form)
        table = read(io.BytesIO(data))
        assert len(table) == segmentation.segments["customers"].sum()
        text = table.groupby("segment_name")[["offer", "channel"]].agg(["nunique", "first"])
        assert (text.xs("nunique", axis=1, level=1) == 1).all(axis=None)
        assert text.xs("first", axis=1, level=1).loc[names].equals(expected)
