"""Headers, ragged and malformed lines, quoting and encodings: each layout gives the same lines as the plain file."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.analysis.sales_queries import fetch_rejected_lines
from segmentation.errors import ColumnError
from segmentation.pipeline import load_customers
from segmentation.sales.csv_dialect import BACKSLASH, detect_dialect
from segmentation.sales.files import FileSource
from segmentation.sales.malformed_lines import RAW_TEXT
from segmentation.sales.quote_repair import split_line
from segmentation.sales.table_header import find_header
from segmentation.settings import SalesSettings

HEADER = "order_id,order_date,customer_id,net_sales,note"
ROWS = [f"{500 + n},2024-01-{1 + n % 28:02},C{n % 7},{n}.50,gift" for n in range(40)]
TOTAL = sum(n + 0.5 for n in range(40))


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "sales.csv"
    path.write_bytes(text.encode(encoding))
    return path


def fetch_rows(path: Path) -> list[tuple[str | None, ...]]:
    source = FileSource(path)
    return [tuple(row.values()) for row in source.fetch(source.table()).to_pylist()]


PREAMBLES = {
    "bare delimiters": ",,,,\n",
    "padded title": "Sales export,,,,\n,,,,\n",
    "key: value lines": "Shop: Main Street,,,,\nFrom,2024-01-01,To,2024-12-31,\n,,,,\n",
    "names without values": "Report,Sales by customer,,,\nCreated by,Someone,,,\n",
    "unpadded": "Sales of the year\nCreated 2024-12-31\n\n",
    "quoted line break": '"Sales\nof the year",,,,\n',
}


@pytest.mark.parametrize("preamble", PREAMBLES.values(), ids=PREAMBLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_header_is_found_below(preamble: str, delimiter: str, tmp_path: Path) -> None:
    text = "\n".join([preamble.rstrip("\n"), HEADER, *ROWS]) + "\n"
    path = write(tmp_path, text.replace(",", delimiter))
    assert FileSource(path).table().columns == tuple(HEADER.split(","))
    assert fetch_rows(path) == [tuple(row.split(",")) for row in ROWS]


def test_header_in_another_language_is_found_by_the_values_below(tmp_path: Path) -> None:
    text = "売上,,\n期間,2024年,\n顧客,日付,金額\n甲,2024-01-01,3\n乙,2024-01-02,4\n"
    assert FileSource(write(tmp_path, text)).table().columns == ("顧客", "日付", "金額")


def test_repeated_headers_and_footers_are_rejected_with_their_text(tmp_path: Path) -> None:
    lines = [HEADER, *ROWS[:20], HEADER, *ROWS[20:], f",,,{TOTAL},", "Exported by the shop,,,,"]
    table = load_customers(SalesSettings(str(write(tmp_path, "\n".join(lines) + "\n"))))
    assert table.reconciliation.money_accepted == Decimal(str(TOTAL))
    rejected = table.reconciliation.rejected
    assert dict(zip(rejected["reason"], rejected["lines"], strict=True)) == {"no_customer": 2, "no_date": 1}
    shown = fetch_rejected_lines(table).fillna("").agg(",".join, axis=1)
    assert any("Exported by the shop" in line for line in shown)


words = st.text("abcdefgh", min_size=2, max_size=8)
cells = st.one_of(
    st.integers(0, 99_999).map(str),
    st.dates().map(str),
    st.decimals(0, 999, places=2).map(str),
    st.just(""),
    words,
)


@settings(max_examples=60, deadline=None)
@given(
    header=st.lists(words, min_size=2, max_size=6, unique=True),
    above=st.lists(st.sampled_from(["Report", "From: May", "", "Total 12"]), max_size=4),
    body=st.lists(st.lists(cells, min_size=6, max_size=6), min_size=3, max_size=20),
)
def test_find_header_skips_titles_of_one_cell(header: list[str], above: list[str], body: list[list[str]]) -> None:
    width = len(header)
    rows = [[title, *[""] * (width - 1)] for title in above] + [header]
    rows += [["1", *row[1:width]] for row in body]  # a number in each
    assert find_header(rows) == len(above)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 999).map(str), texts, texts, st.just("2024-01-31")), min_size=1, max_size=12
    ),
    delimiter=st.sampled_from(",;\t|"),
    blank=st.booleans(),
)
def test_quoted_cells_keep_their_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], delimiter: str, blank: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["customer", "item", "note", "date"], *rows])
    path = write(tmp_path_factory.mktemp("quoted"), "\n" * blank + out.getvalue())
    assert fetch_rows(path) == [tuple(cell or None for cell in row) for row in rows]


def test_lines_that_end_early_have_empty_last_cells(tmp_path: Path) -> None:
    rows = [row.removesuffix(",gift") if number % 3 else row for number, row in enumerate(ROWS)]
    rows.append('900,2024-02-01,C1,"7.50",\n901,2024-02-01,C1,"8\n.50"')
    path = write(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    found = fetch_rows(path)
    assert found[:2] == [(*ROWS[0].split(","),), (*ROWS[1].split(",")[:4], None)]
    assert found[-1] == ("901", "2024-02-01", "C1", "8\n.50", None)
    late = write(tmp_path, "\n".join([HEADER, *ROWS * 400, "900,2024-02-01,C1,7.50"]) + "\n")  # beyond the sample
    assert ("900", "2024-02-01", "C1", "7.50", None) in fetch_rows(late)


def test_delimiters_at_the_end_of_lines_are_no_cells(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join([HEADER, *(f"{row}," for row in ROWS)]) + "\n")
    assert [row[:5] for row in fetch_rows(path)] == [tuple(row.split(",")) for row in ROWS]
    some = write(tmp_path, "\n".join([HEADER, f"{ROWS[0]},,", *ROWS[1:]]) + "\n")
    assert sorted(fetch_rows(some)) == sorted(tuple(row.split(",")) for row in ROWS)


def test_malformed_lines_keep_their_text_and_their_money_if_readable(tmp_path: Path) -> None:
    broken = ["800,2024-03-01,C1,1,234.50,gift", "801,2024-03-01,C1,9.50,not, quoted", "802,2024-03-02,C2,2,000,x"]
    path = write(tmp_path, "\n".join([HEADER, *ROWS[:20], *broken, *ROWS[20:]]) + "\n")
    table = load_customers(SalesSettings(str(path)))
    assert table.reconciliation.money_accepted == Decimal(str(TOTAL))
    assert table.reconciliation.rejected[["reason", "lines", "money"]].to_numpy().tolist() == [
        ["broken", 3, Decimal("3234.5")]
    ]
    assert any("3 lines have more cells than the header" in notice for notice in table.notices)
    assert sorted(fetch_rejected_lines(table)[RAW_TEXT]) == sorted(broken)
    unreadable = write(tmp_path, "\n".join([HEADER, *ROWS, broken[1]]) + "\n")
    table = load_customers(SalesSettings(str(unreadable)))
    assert table.reconciliation.rejected["money"].iloc[0].is_nan()
    assert table.reconciliation.money_read == table.reconciliation.money_accepted


def test_backslashes_escape_quotation_marks(tmp_path: Path) -> None:
    rows = [r'1,2024-01-01,C1,5.00,"12\" wide, white"', r'2,2024-01-02,C2,6.00,"c:\\dir"', "3,2024-01-03,C3,7.00,plain"]
    path = write(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    assert [row[4] for row in fetch_rows(path)] == ['12" wide, white', r"c:\dir", "plain"]
    assert detect_dialect(path, "sales.csv").escape == BACKSLASH
    late = write(tmp_path, "\n".join([HEADER, *ROWS * 400, *rows]) + "\n")  # beyond the sample
    assert [row[4] for row in fetch_rows(late)][-3:] == ['12" wide, white', r"c:\dir", "plain"]


UNBALANCED = {
    "unclosed": ('"gift', "gift", 1),
    "inch mark": ('"gift 12" wide"', 'gift 12" wide', 0),
    "inch mark at the end": ('"gift, 12" wide, blue"', 'gift, 12" wide, blue', 0),
    "closed too early": ('"gift" wrapped', 'gift" wrapped', 1),
}


@pytest.mark.parametrize(("written", "note", "notices"), UNBALANCED.values(), ids=UNBALANCED)
def test_unbalanced_quotation_marks_cost_no_other_line(written: str, note: str, notices: int, tmp_path: Path) -> None:
    rows = [row.removesuffix("gift") + '"a ""small""\ngift, red"' if n % 9 == 4 else row for n, row in enumerate(ROWS)]
    rows[10] = rows[10].removesuffix("gift") + written
    path = write(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    expected = [(*row.split(",")[:4], 'a "small"\ngift, red' if n % 9 == 4 else "gift") for n, row in enumerate(ROWS)]
    expected[10] = (*expected[10][:4], note)
    assert fetch_rows(path) == expected
    found = [notice for notice in FileSource(path).notices if "quotation mark" in notice]
    assert len(found) == notices
    assert all("line 13" in notice for notice in found)  # a cell above has a line break


def test_split_line_agrees_with_csv_on_balanced_lines() -> None:
    for line in ('a,"b,c",', '"a ""b""",,"c"', '"",""', "", 'a"b,c', '"""",1'):
        (expected,) = csv.reader([line]) if line else ([""],)
        assert split_line(line, ",") == expected


def test_formulas_of_texts_are_their_texts(tmp_path: Path) -> None:
    cells = ['="00{}"', '="2024-02-{}"', '"=""C{}"""', "{}.50", '="gift {}"']
    rows = [",".join(cells).format(*[n] * 5) for n in range(10, 20)]
    path = write(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    assert fetch_rows(path)[0] == ("0010", "2024-02-10", "C10", "10.50", "gift 10")


def test_a_control_character_does_not_refuse_the_file(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *ROWS]) + "\n"
    path = write(tmp_path, text.replace("gift", "gi\x00ft", 1) + "\x1a")
    rows = fetch_rows(path)
    assert rows[0] == (*ROWS[0].split(",")[:4], "gi\ufffdft")
    assert len(rows) == len(ROWS) + 1
    assert any("2 bytes are not valid" in notice and "lines 2, 42" in notice for notice in FileSource(path).notices)


def test_one_invalid_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    rows = [f"{n},2024-01-01,Zoë {n},5.00,Café" for n in range(50)]
    data = "\n".join([HEADER, *rows]).encode()
    path = tmp_path / "sales.csv"
    path.write_bytes(data.replace("Zoë 7,".encode(), b"Zo\xeb 7,"))
    source = FileSource(path)
    customers = [row["customer_id"] for row in source.fetch(source.table()).to_pylist()]
    expected = [f"Zoë {n}" for n in range(50)]
    expected[7] = "Zo\ufffd 7"
    assert customers == expected
    assert source.notices == ("1 byte is not valid in the encoding of the file and shown as \ufffd: line 9.",)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", ["Zoë", "Käufe", "Größe", "niño", "façade"]),
        ("cp1250", ["Zażółć", "gęślą", "jaźń", "Łódź", "żółty kubek"]),
        ("cp1251", ["Иван", "Кружка", "Свеча", "Лампа", "Москва"]),
        ("euc_kr", ["주문", "고객", "양초", "머그컵", "서울"]),
    ],
)
def test_code_pages_are_told_apart(encoding: str, words: list[str], tmp_path: Path) -> None:
    rows = [f"{n},2024-01-01,C{n},5.00,{words[n % len(words)]}" for n in range(60)]
    found = fetch_rows(write(tmp_path, "\n".join([HEADER, *rows]) + "\n", encoding))
    assert [row[4] for row in found] == [words[n % len(words)] for n in range(60)]


def test_a_column_named_twice_is_taken_if_both_are_equal(tmp_path: Path) -> None:
    twice = [f"{HEADER},order_id", *(f"{row},{row.split(',')[0]}" for row in ROWS)]
    path = write(tmp_path, "\n".join(twice) + "\n")
    table = load_customers(SalesSettings(str(path)))
    assert table.columns["transaction_id"] == "order_id"
    assert "2 columns are called 'order_id'; their values are equal." in table.notices
    other = [f"{HEADER},order_id", *(f"{row},SKU{number}" for number, row in enumerate(ROWS))]
    path = write(tmp_path, "\n".join(other) + "\n")
    with pytest.raises(ColumnError, match=r"'order_id \(1\)' and 'order_id \(2\)' both match transaction_id"):
        load_customers(SalesSettings(str(path)))
    chosen = SalesSettings(str(path), columns=(("transaction_id", "order_id (1)"),))
    assert load_customers(chosen).columns["transaction_id"] == "order_id (1)"
