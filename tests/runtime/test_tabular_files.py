"""CSV output: read back unchanged by every reader, and safe against formulas in spreadsheets."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.runtime import tabular_files
from segmentation.runtime.formula_injection import FORMULA_SIGNS, INVISIBLE
from segmentation.runtime.tabular_files import write_csv


def is_possible_formula(letter: str) -> bool:
    """Whether a character is one of the signs, or is folded to one, or is any hyphen or dash."""
    forms = {letter, *(unicodedata.normalize(form, letter)[:1] for form in ("NFKC", "NFKD"))}
    return not forms.isdisjoint("=+-@|%\t\r\n") or unicodedata.category(letter) == "Pd"


FOLDED = "".join(filter(is_possible_formula, map(chr, range(0x110000))))
SIGNS = "".join(sorted({*FOLDED, *FORMULA_SIGNS}))
UNSEEN = "\u034f\u115f\u1160\u17b4\u180b\u180f\u2800\u3164\ufe0f\uffa0\ufffc\U000e0100"
"""Shown as nothing, though Unicode has them as letters, marks or symbols."""
BLANKS = UNSEEN + " \u00a0\u3000\u2009\u200b\u200d\u2060\ufeff\u00ad\u202e\x00\x0b\x1f\x85\u2028"
texts = st.one_of(
    st.text(),
    st.builds("{}{}{}".format, st.text(BLANKS, max_size=3), st.sampled_from(SIGNS), st.text(max_size=8)),
    st.text("'\",;=\r\n a", max_size=6),
)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take it for one, letter by letter."""
    for letter in text:
        if letter in SIGNS:
            return True
        blank = unicodedata.category(letter) in {"Zs", "Zl", "Zp", "Cc", "Cf"} or letter.isspace()
        if not blank and not re.match(f"[{INVISIBLE}]", letter):
            return False
    return False


def write_and_read(frame: pd.DataFrame, *, escape: bool) -> list[list[str]]:
    out = io.BytesIO()
    write_csv(frame, out, escape_formulas=escape)
    text = out.getvalue().decode("utf-8-sig" if escape else "utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(st.lists(texts), texts, st.sampled_from(["str", "object", "category"]))
def test_write_csv_for_people_escapes_only_formulas(ids: list[str], header: str, dtype: str) -> None:
    frame = pd.DataFrame({header: pd.Series(ids, dtype=dtype), "money": np.full(len(ids), -1.5)})
    rows = write_and_read(frame, escape=True)
    assert [cells[0] for cells in rows] == [f"'{text}" if is_formula(text) else text for text in [header, *ids]]
    assert all(cells[1] == "-1.5" for cells in rows[1:])


@given(st.lists(texts), texts)
def test_write_csv_for_machines_keeps_text(ids: list[str], header: str) -> None:
    frame = pd.DataFrame({header: pd.Series(ids, dtype="str")})
    assert [cells[0] for cells in write_and_read(frame, escape=False)] == [header, *ids]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_write_csv_floats_round_trip(values: list[float]) -> None:
    rows = write_and_read(pd.DataFrame({"x": values}), escape=False)
    assert [float(cells[0]).hex() for cells in rows[1:]] == [value.hex() for value in values]


def test_write_csv_every_formula_sign() -> None:
    cells = [f"{before}{sign}x" for sign in SIGNS for before in ("", "\u200b ", "\u3164\xa0\t", "\ufe0f\r\n")]
    assert write_and_read(pd.DataFrame({"a": cells}), escape=True)[1:] == [[f"'{cell}"] for cell in cells]


LOOK_ALIKES = (
    "\ufe62\ufe63\ufe64\ufe65\ufe66\uff1d\uff0b\uff0d\uff20\u207a\u207b\u207c\u208a\u208b"
    "\u2212\u2010\u2011\u2012\u2013\u2014\u2796\u2e40"
)


@pytest.mark.parametrize("sign", LOOK_ALIKES)
def test_write_csv_formula_look_alikes(sign: str) -> None:
    """Small, full-width, raised and lowered forms, minus signs, hyphens and dashes."""
    frame = pd.DataFrame({f"{sign}a": [f"{sign}1", "x"], "money": [-1.5, -2.0]})
    assert write_and_read(frame, escape=True) == [[f"'{sign}a", "money"], [f"'{sign}1", "-1.5"], ["x", "-2"]]


@pytest.mark.parametrize("values", [[b"=1+1", b"\xff"], [["=1"], ["b"]]], ids=["bytes", "nested"])
def test_write_csv_bytes_and_nested_values(values: list[object]) -> None:
    rows = write_and_read(pd.DataFrame({"a": pd.Series(values, dtype="object")}), escape=True)[1:]
    assert not any(is_formula(cells[0]) for cells in rows)
    assert len(rows) == 2


def test_write_csv_exact_bytes() -> None:
    frame = pd.DataFrame({"customer_id": ["Zoë", 'a"b'], "orders": [2.0, np.nan], "@share": [0.1, 1e-7]})
    customers, machines = io.BytesIO(), io.BytesIO()
    write_csv(frame, customers, escape_formulas=True)
    write_csv(frame, machines, escape_formulas=False)
    lines = ["customer_id,orders,'@share", "Zoë,2,0.1", '"a""b",,1e-7', ""]
    assert customers.getvalue() == "\r\n".join(["\ufeff" + lines[0], *lines[1:]]).encode()
    assert machines.getvalue() == "\n".join([lines[0].replace("'", ""), *lines[1:]]).encode()


def test_write_csv_column_types() -> None:
    frame = pd.DataFrame(
        {
            "exact": pd.array([9007199254740993, None], dtype="Int64"),
            "money": [Decimal("1.50"), None],
            "day": [date(2020, 1, 1), None],
            "moment": pd.to_datetime(["2020-01-01T01:00:00+01:00", None]),
            "half": pd.to_datetime(["2020-01-01T00:00:00.5Z", None]),
            "mixed": pd.Series([1, "=2"], dtype="object"),
            "yes": [True, False],
        }
    )
    first, second = write_and_read(frame, escape=True)[1:]
    assert first[:4] == ["9007199254740993", "1.50", "2020-01-01", "2020-01-01T00:00:00Z"]
    assert first[4].startswith("2020-01-01T00:00:00.5")
    assert first[5:] == ["1", "true"]
    assert second == ["", "", "", "", "", "'=2", "false"]


def test_write_csv_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"id": [f"C{number}" for number in range(25)], "n": range(25)})
    full = write_and_read(frame, escape=True)
    monkeypatch.setattr(tabular_files, "BATCH_ROWS", 10)
    assert write_and_read(frame, escape=True) == full
    assert len(full) == 26
