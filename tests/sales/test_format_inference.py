"""Text formats are inferred where one is possible, and asked for where there are several."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pytest

from segmentation.analysis.sales_queries import fetch_rejected_lines
from segmentation.errors import AmbiguousFormatError, DataError
from segmentation.pipeline import load_customers
from segmentation.sales import text_parsing
from segmentation.settings import RunSettings, SalesSettings
from tests.test_cli import run


def read(values: list[str], setting: str, way: str) -> list[object]:
    """What each text means, read one way by the engine."""
    table = ibis.table({"place": "int64", "text": "string"}, name="texts_table")
    read_one = text_parsing.parse_date if setting == "dates" else text_parsing.parse_amount
    query = table.select("place", value=read_one(table.text, way)).order_by("place")
    with duckdb.connect() as connection:
        connection.register("texts_table", pa.table({"place": range(len(values)), "text": values}))
        return [row[1] for row in connection.execute(str(ibis.to_sql(query, dialect="duckdb"))).fetchall()]


def test_dates_by_each_way() -> None:
    values = ["13/01/2024", "01/13/2024", "2.3.24", "24-01-13", "13 Jan 2024", "Saturday, January 13, 2024 10:15 PM"]
    d, m, y = (read(values, "dates", way) for way in ("day-first", "month-first", "year-first"))
    same = date(2024, 1, 13)
    assert d == [same, None, date(2024, 3, 2), date(2013, 1, 24), same, same]
    assert m == [None, same, date(2024, 2, 3), None, same, same]
    assert y == [None, None, None, same, same, same]
    words = [
        "13. März 2024",
        "13 de enero de 2024",
        "1er juin 2024",
        "15 juil. 2024",
        "3-Okt-98",
        "2024/1/3",
        "20240113",
    ]
    assert read(words, "dates", "day-first") == [
        date(2024, 3, 13),
        same,
        date(2024, 6, 1),
        date(2024, 7, 15),
        date(1998, 10, 3),
        date(2024, 1, 3),
        same,
    ]
    assert read(["30/02/2024", "x", "", "45292", "2024-13-01", "1/2/3"], "dates", "day-first") == [None] * 6


def test_amounts_by_each_way() -> None:
    values = ["1,234.50", "1.234,50", "12,50", "12.5", "1.234", "1,234", "0.123", "-5", "1e3", "12,-", "7"]
    point = [1234.5, None, None, 12.5, 1.234, 1234, 0.123, -5, 1000, 12, 7]
    comma = [None, 1234.5, 12.5, None, 1234, 1.234, None, -5, 1000, 12, 7]
    for way, expected in (("point", point), ("comma", comma)):
        assert [None if value is None else float(str(value)) for value in read(values, "decimal", way)] == expected
    signs = ["$5.00", "-$5.00", "$-5.00", "(5.00)", "5.00-", "EUR 5", "5 kr", "R$ 5", "1\u00a0005", "1'005.00"]
    assert [float(str(v)) for v in read(signs, "decimal", "point")] == [5, -5, -5, -5, -5, 5, 5, 5, 1005, 1005]
    assert (
        read(["10 %", "abc", "12 34", "1.23.45", "5-3", "12/3", "2024-01-01", "", "-"], "decimal", "point")
        == [None] * 9
    )


def test_the_expressions_compile_for_the_warehouse() -> None:
    table = ibis.table({"TEXT": "string"}, name="FCT_SALES")
    for value in (text_parsing.parse_date(table.TEXT, "day-first"), text_parsing.parse_amount(table.TEXT, "comma")):
        sql = str(ibis.to_sql(table.select(value=value), dialect="snowflake"))
        assert "TRY_CAST" in sql  # a value that cannot be read is none, not an error
        assert "(?" not in sql  # groups that the warehouse does not know


def shop(path: Path, days: list[str], amounts: list[str] | None = None) -> str:
    amounts = amounts or ["5.00"] * len(days)
    rows = [f"{number};{day};{amount}" for number, (day, amount) in enumerate(zip(days, amounts, strict=True))]
    path.write_text("customer;Order Date;amount\n" + "\n".join(rows) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["13/01/2024", "02/03/2024"], date(2024, 1, 13)),
        (["01/13/2024", "02/03/2024"], date(2024, 1, 13)),
        (["05/05/2024", "06/06/2024"], date(2024, 5, 5)),  # the same day in both ways
        (["24/01/28", "24/02/03"], date(2024, 1, 28)),  # 24 January 2028 has not been
        (["2024-01-13", "14/01/2024"], date(2024, 1, 13)),
    ],
)
def test_what_can_be_read_one_way_only_is_found(days: list[str], first: date, tmp_path: Path) -> None:
    assert load_customers(SalesSettings(shop(tmp_path / "a.csv", days))).window.first_sale == first


def test_what_can_be_read_in_two_ways_is_asked(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["01/02/2024", "02/03/2024"])
    with pytest.raises(AmbiguousFormatError, match="'Order Date' is ambiguous") as caught:
        load_customers(SalesSettings(path))
    assert caught.value.setting == "dates"
    assert caught.value.options == {
        "day-first": "'01/02/2024' is 1 February 2024",
        "month-first": "'01/02/2024' is 2 January 2024",
    }
    assert load_customers(SalesSettings(path, dates="day-first")).window.last_sale == date(2024, 3, 2)
    assert load_customers(SalesSettings(path, dates="month-first")).window.last_sale == date(2024, 2, 3)


def test_dates_that_speak_against_each_other_are_asked(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["13/01/2024", "14/01/2024", "01/15/2024"])
    with pytest.raises(AmbiguousFormatError, match="'13/01/2024' and '01/15/2024'"):
        load_customers(SalesSettings(path))
    table = load_customers(SalesSettings(path, dates="day-first"))
    assert table.reconciliation.rejected[["reason", "lines"]].to_numpy().tolist() == [["no_date", 1]]
    with pytest.raises(DataError, match="with the month first, for example '13/01/2024'"):
        load_customers(SalesSettings(path, dates="month-first"))


def test_amounts_with_three_digits_are_asked(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["2024-01-13"] * 2, ["1.234", "7"])
    with pytest.raises(AmbiguousFormatError) as caught:
        load_customers(SalesSettings(path))
    assert caught.value.options == {"point": "'1.234' is 1.234", "comma": "'1.234' is 1,234"}
    assert load_customers(SalesSettings(path, decimal="comma")).frame["monetary"].sum() == 1241
    assert load_customers(SalesSettings(path, decimal="point")).frame["monetary"].sum() == 8.234
    found = shop(tmp_path / "b.csv", ["2024-01-13"] * 2, ["1.234", "7,50"])
    assert load_customers(SalesSettings(found)).frame["monetary"].sum() == 1241.5


def test_a_column_that_is_mostly_unreadable_is_told_with_an_example(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["45292", "45293", "2024-01-01"])
    with pytest.raises(DataError, match=r"'Order Date' cannot be read as a date, for example '45292'\. .*serial dates"):
        load_customers(SalesSettings(path))
    path = shop(tmp_path / "b.csv", ["2024-01-01"] * 3, ["a", "b", "1"])
    with pytest.raises(DataError, match="'amount' cannot be read as an amount, for example 'a'"):
        load_customers(SalesSettings(path))
    (tmp_path / "c.csv").write_text("customer;date;amount;discount\n1;2024-01-01;5;10 %\n2;2024-01-01;5;20 %\n")
    table = load_customers(SalesSettings(str(tmp_path / "c.csv")))
    assert "discount_share" in table.unavailable_features
    assert "The column 'discount' was ignored: most of its values, such as '10 %', are not numbers." in table.notices


def test_the_command_line_asks_with_its_flag(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["01/02/2024", "02/03/2024", "03/04/2024", "04/05/2024"])
    outcome = run("train", "--source", path, "--out", tmp_path / "models", "--quiet")
    assert outcome.code == 2
    assert "--dates day-first ('01/02/2024' is 1 February 2024)" in outcome.err
    outcome = run("train", "--source", path, "--out", tmp_path / "models", "--dates", "sideways", "--quiet")
    assert (outcome.code, "no way 'sideways' to read dates" in outcome.err) == (2, True)


def test_settings_of_an_earlier_version_still_open() -> None:
    values = RunSettings(SalesSettings("shop.csv", dates="day-first"), k=4).to_dict()
    assert RunSettings.from_dict(values).sales.dates == "day-first"
    del values["sales"]["dates"], values["sales"]["decimal"]
    assert RunSettings.from_dict(values).sales == SalesSettings("shop.csv")


def test_lines_set_aside_are_listed_as_the_file_has_them(tmp_path: Path) -> None:
    table = load_customers(SalesSettings(shop(tmp_path / "a.csv", ["13/01/2024", "x", "14/01/2024"], ["1,50"] * 3)))
    rows = fetch_rejected_lines(table)
    assert rows.to_numpy().tolist() == [["Missing or invalid date", "1", "x", "1,50"]]
