"""Customer lists: rows, columns, and file names."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SettingsError
from segmentation.export.customer_list import (
    ACTION_COLUMNS,
    DEFAULT_COLUMNS,
    FORECAST_COLUMNS,
    LABELS,
    PROVENANCE_COLUMNS,
    build_file_name,
    build_provenance,
    render_list,
    resolve_segment_ids,
    write_list,
)
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.load import open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.settings import RunSettings
from tests.frames import select_customers

ROWS = pd.DataFrame(
    {
        "customer_id": ["b", "c", "00123", "a"],
        "segment_id": [2, 1, 2, 10],
        "segment_name": ["New Customers", "Loyal", "New Customers", "=Rest"],
        "monetary": [-1.5, 2.0, 3.25, 4.0],
    }
)
ABOUT = build_provenance(
    "20260101T120000Z-ab12cd34",
    {"first_sale": "2019-01-01", "last_sale": "2019-12-31", "as_of": "2020-01-01"},
    RunSettings(k=3),
    {"python": "3.11.7", "numpy": "2.4.6"},
)


@pytest.mark.parametrize("segments", [["new customers"], [" New Customers "], ["2"], [2], ["2", "New Customers"]])
def test_resolve_segment_ids_accepts_name_or_id(segments: list[str | int]) -> None:
    assert resolve_segment_ids(ROWS, segments) == [2]


def test_resolve_segment_ids_ascending() -> None:
    assert resolve_segment_ids(ROWS, ["=Rest", "Loyal"]) == [1, 10]
    assert resolve_segment_ids(ROWS, []) == []


def test_resolve_segment_ids_unknown_segment_lists_available() -> None:
    with pytest.raises(SettingsError, match=r"Unknown segment 'VIP'.*Loyal, New Customers, =Rest"):
        resolve_segment_ids(ROWS, ["VIP"])


def test_render_list_default_columns_include_run_and_window() -> None:
    text = render_list(select_customers(ROWS, ["Loyal"]), provenance=ABOUT).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert header == ["customer_id", "segment_id", "segment_name", "run_id", "data_window"]
    assert row == ["c", "1", "Loyal", ABOUT["run_id"], "sales 2019-01-01 to 2019-12-31, as of 2020-01-01"]


def test_render_list_columns_in_requested_order() -> None:
    text = render_list(
        select_customers(ROWS), ["settings", "monetary", "versions"], provenance=ABOUT, raw=True
    ).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["settings", "monetary", "versions"]
    assert rows[1] == [
        "features recency_days frequency monetary; scaling log; k 3; seed 42",
        "2",
        "python 3.11.7; numpy 2.4.6",
    ]
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [(["age"], "Unknown column 'age'"), ([], "No column"), (["monetary", "monetary"], "twice")],
)
def test_write_list_invalid_columns_write_nothing(columns: list[str], complaint: str) -> None:
    out = io.BytesIO()
    with pytest.raises(SettingsError, match=complaint):
        write_list(ROWS, out, columns)
    assert out.getvalue() == b""


def test_render_list_raw_does_not_escape() -> None:
    customers, raw = (render_list(select_customers(ROWS), ["segment_name"], raw=flag) for flag in (False, True))
    assert customers == "\ufeffsegment_name\r\nLoyal\r\nNew Customers\r\nNew Customers\r\n'=Rest\r\n".encode()
    assert raw == b"segment_name\nLoyal\nNew Customers\nNew Customers\n=Rest\n"


def test_render_list_saved_run_equals_frame(record: RunRecord, models: Path) -> None:
    saved = open_run(save_run(record, models))
    for columns in (None, [*CUSTOMER_COLUMNS, *PROVENANCE_COLUMNS]):
        before, after = (
            render_list(
                select_customers(frame, ["Promising"]),
                columns,
                provenance=build_provenance(record.run_id, record.window, record.settings, record.versions),
            )
            for frame in (record.customers.assign(lines=1.0), saved.read_customers())
        )
        assert before == after


def test_labels_cover_every_column() -> None:
    assert (
        set(LABELS)
        == {*CUSTOMER_COLUMNS, CERTAINTY_COLUMN, *ACTION_COLUMNS, *FORECAST_COLUMNS, *PROVENANCE_COLUMNS}
        >= set(DEFAULT_COLUMNS)
    )


@given(st.text(), st.lists(st.text(), min_size=1, max_size=3))
def test_build_file_name_is_portable(source: str, segments: list[str]) -> None:
    name = build_file_name(source, "2020-01-01", "20260101T120000Z-ab12cd34", segments)
    assert re.fullmatch(r"[0-9a-z-]+_[0-9a-z-]+_2020-01-01_20260101T120000Z-ab12cd34\.csv", name)
    assert len(name) < 160
    assert not name.startswith("-")


def test_build_file_name_counts_segments() -> None:
    assert build_file_name("s", "d", "r", ["A", "B"]).startswith("2-segments_")
