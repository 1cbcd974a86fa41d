"""Texts in rare encodings and layouts give the rows of the plain file, or are refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from segmentation.errors import SourceError
from segmentation.sales.files import FileSource

WORDS = ["M\u00fcller", "Lef\u00e8vre", "Gr\u00f6\u00dfe", "ni\u00f1o", "fa\u00e7ade"]
HEADER = ["order_id", "order_date", "customer_id", "net_sales", "note"]
ROWS = [[str(500 + n), f"2024-01-{1 + n % 28:02}", f"C{n % 7}", f"{n}.50", WORDS[n % 5]] for n in range(60)]
BLANKS = [[*row[:2], "" if n % 3 else row[2], row[3], "" if n % 4 else row[4]] for n, row in enumerate(ROWS)]


def join_lines(rows: list[list[str]], join: Callable[[list[str]], str] = ",".join) -> str:
    return "".join(join(row) + "\n" for row in [HEADER, *rows])


def read_file(folder: Path, data: bytes) -> tuple[list[list[str]], tuple[str, ...]]:
    path = folder / "sales.csv"
    path.write_bytes(data)
    source = FileSource(path)
    return [[value or "" for value in row.values()] for row in source.fetch(source.table()).to_pylist()], source.notices


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1252", "cp437", "cp850", "mac_roman"])
def test_western_encodings_are_told_apart(encoding: str, tmp_path: Path) -> None:
    rows, notices = read_file(tmp_path, join_lines(ROWS).encode(encoding))
    assert rows == ROWS
    assert len(notices) == (encoding in {"cp437", "cp850", "mac_roman"})


@pytest.mark.parametrize(("encoding", "words"), [("cp1252", WORDS), ("cp850", WORDS), ("cp1251", ["Иван", "Москва"])])
@pytest.mark.parametrize("is_utf8_first", [True, False])
def test_a_file_of_two_encodings_is_decoded_line_by_line(
    encoding: str, words: list[str], is_utf8_first: bool, tmp_path: Path
) -> None:
    expected = [[*row[:4], words[n % len(words)]] for n, row in enumerate(ROWS)]
    lines = join_lines(expected).splitlines(keepends=True)
    encodings = ["utf-8", encoding] if is_utf8_first else [encoding, "utf-8"]
    data = "".join(lines[:31]).encode(encodings[0]) + "".join(lines[31:]).encode(encodings[1])
    rows, notices = read_file(tmp_path, data)
    assert rows == expected
    first = "32, 33" if is_utf8_first else "2, 3"
    assert notices[0].startswith(f"30 lines are not in UTF-8 like the others and were read as {encoding}: {first}")


@pytest.mark.parametrize("delimiter", ["^", "~", "||", "\xa6", "\x01", "\x1f"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_rare_delimiters_are_found(delimiter: str, encoding: str, tmp_path: Path) -> None:
    rows, notices = read_file(tmp_path, join_lines(ROWS, delimiter.join).encode(encoding))
    assert rows == ROWS
    assert len(notices) == 1
    assert "separated" in notices[0]


def test_single_quotation_marks_hold_delimiters(tmp_path: Path) -> None:
    expected = [[*row[:4], f"{row[4]}, it's"] for row in ROWS]
    text = join_lines(expected, lambda row: ",".join("'{}'".format(cell.replace("'", "''")) for cell in row))
    assert read_file(tmp_path, text.encode())[0] == expected


def test_apostrophes_are_no_quotation_marks(tmp_path: Path) -> None:
    expected = [[*row[:4], ["O'Neil", "l'Or", "'s"][n % 3]] for n, row in enumerate(ROWS)]
    assert read_file(tmp_path, join_lines(expected).encode()) == (expected, ())


def pad_left(row: list[str]) -> str:
    return "".join(cell.ljust(15) for cell in row).rstrip()


def pad_numbers(row: list[str]) -> str:
    return f"{row[0]:>10}  {row[1]:<12}{row[2]:<14}{row[3]:>12}   {row[4]}".rstrip()


@pytest.mark.parametrize("rows", [ROWS, BLANKS], ids=["full", "blanks"])
@pytest.mark.parametrize("pad", [pad_left, pad_numbers])
@pytest.mark.parametrize("has_ruler", [True, False])
def test_aligned_columns_keep_their_blank_cells(
    rows: list[list[str]], pad: Callable[[list[str]], str], has_ruler: bool, tmp_path: Path
) -> None:
    lines = join_lines(rows, pad).splitlines()
    text = "\n".join([lines[0], *["-" * 12 + "  " + "-" * 40] * has_ruler, *lines[1:]])
    assert read_file(tmp_path, text.encode())[0] == rows


def test_several_spaces_separate_cells_only_where_every_line_has_all(tmp_path: Path) -> None:
    assert read_file(tmp_path, join_lines(ROWS, "   ".join).encode())[0] == ROWS
    late = join_lines(ROWS * 20, pad_left) + "9  2024-01-01  a long customer id over the edge of its column  5.00  x\n"
    with pytest.raises(SourceError, match="separated by spaces"):
        read_file(tmp_path, late.encode())


def test_prose_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="only one column"):
        read_file(tmp_path, b"The customer of this order\npaid the amount\nlong ago\n")


def test_usual_text_is_not_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *([*row[:4], "a  b ^ c ~ 'd'"] for row in ROWS)])
    assert FileSource(path).notices == ()
