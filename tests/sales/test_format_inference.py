"""Text formats are inferred from the values of a column."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import ibis
import pyarrow as pa
import pytest

from segmentation.sales import currencies, text_parsing


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
    assert read(["30/02/2024", "x", "", "2024-13-01", "1/2/3", "2024-W54-1"], "dates", "day-first") == [None] * 6


@pytest.mark.parametrize("way", ["day-first", "month-first", "year-first"])
def test_parse_date_reads_layouts_that_leave_no_choice(way: str) -> None:
    layouts = [
        "Jan-07-24",
        "07JAN2024:11:34:00",
        "7january2024",
        "20240107T113400",
        "20240107 11:34",
        "20240107113400",
        "2024\u5e741\u67087\u65e5",
        "2024\ub144 1\uc6d4 7\uc77c",
        "07/Jan/2024:11:34:00 +0000",
        "[07/Jan/2024:11:34:00 +0000]",
        "20240107113400123",
        "7th of January 2024",
        "'2024-01-07",
        "2024-W01-7",
        "2024W017",
        "Sun Jan 07 11:34:00 UTC 2024",
        "Sun Jan  7 11:34:00 2024",
        "2024-Jan-07",
        "11:34 2024-01-07",
        "11:34:05 PM, 7 Jan 2024",
        "45298",
        "45298.75",
    ]
    assert read(layouts, "dates", way) == [date(2024, 1, 7)] * len(layouts)


MONTHS = {
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrze\u015bnia pa\u017adziernika listopada "
    "grudnia",
    "Polish, short": "sty lut mar kwi maj cze lip sie wrz pa\u017a lis gru",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Portuguese": "janeiro fevereiro mar\u00e7o abril maio junho julho agosto setembro outubro novembro dezembro",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "German": "Januar Februar M\u00e4rz April Mai Juni Juli August September Oktober November Dezember",
    "French": "janvier f\u00e9vrier mars avril mai juin juillet ao\u00fbt septembre octobre novembre d\u00e9cembre",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Dutch": "januari februari maart april mei juni juli augustus september oktober november december",
}


@pytest.mark.parametrize("language", MONTHS)
def test_parse_date_knows_the_months_of(language: str) -> None:
    layouts = ("5 {} 2024", "5-{}-24", "5 de {} de 2024", "05.{} 2024 10:15", "05{}2024")
    texts = [layout.format(name) for layout in layouts for name in MONTHS[language].split()]
    expected = [date(2024, month, 5) for month in range(1, 13)]
    assert read(texts, "dates", "day-first") == expected * len(layouts)


def test_parse_date_agrees_with_the_calendar_on_week_dates() -> None:
    days = [date(2020, 12, 25) + timedelta(days=n) for n in range(1200)]
    texts = ["{}-W{:02}-{}".format(*day.isocalendar()) for day in days]
    assert read(texts, "dates", "month-first") == days


def test_parse_date_reads_bare_numbers_on_request() -> None:
    day = date(2024, 1, 7)
    assert read(["45298", "45298,6", "1704627240", "x"], "dates", "spreadsheet-serial") == [day, day, None, None]
    assert read(["1704627240", "1704627240.5", "45298"], "dates", "epoch-seconds") == [day, day, None]
    assert read(["1704627240000", "1704627240"], "dates", "epoch-milliseconds") == [day, None]
    assert read(["1704627240000000", "1704627240000"], "dates", "epoch-microseconds") == [day, None]


def test_amounts_by_each_way() -> None:
    values = ["1,234.50", "1.234,50", "12,50", "12.5", "1.234", "1,234", "0.123", "-5", "1e3", "12,-", "7"]
    point = [1234.5, None, None, 12.5, 1.234, 1234, 0.123, -5, 1000, 12, 7]
    comma = [None, 1234.5, 12.5, None, 1234, 1.234, None, -5, 1000, 12, 7]
    for way, expected in (("point", point), ("comma", comma)):
        assert [None if value is None else float(str(value)) for value in read(values, "decimal", way)] == expected
    signs = ["$5.00", "-$5.00", "$-5.00", "(5.00)", "5.00-", "EUR 5", "5 kr", "R$ 5", "1\u00a0005", "1'005.00"]
    assert [float(str(v)) for v in read(signs, "decimal", "point")] == [5, -5, -5, -5, -5, 5, 5, 5, 1005, 1005]
    signs = ["US $1,234.50", "-US $5", "&pound;7.95", "&euro;&nbsp;5.00", "&#163;3", "AU $2"]
    assert [float(str(v)) for v in read(signs, "decimal", "point")] == [1234.5, -5, 7.95, 5, 3, 2]
    assert (
        read(["10 %", "abc", "12 34", "1.23.45", "5-3", "12/3", "2024-01-01", "", "-"], "decimal", "point")
        == [None] * 9
    )


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$(1,234.50)", -1234.5),
        ("$ (1,234.50)", -1234.5),
        ("($1,234.50)", -1234.5),
        ("(1,234.50) \u20ac", -1234.5),
        ("1,234.50-EUR", -1234.5),
        ("1,234.50 EUR-", -1234.5),
        ("\u20131,234.50", -1234.5),
        ("\u20ac \u20131,234.50", -1234.5),
        ("Rs. 12,34,500/-", 1234500),
        ("12,\u2013 \u20ac", 12),
        ("12,-- EUR", 12),
        ("5 kr.", 5),
        ("5\u5186", 5),
        ("1.2k", None),
        ("12.5O", None),
        ("3 M", None),
    ],
)
def test_parse_amount_reads_accounting_notations(text: str, amount: float | None) -> None:
    (value,) = read([text], "decimal", "point")
    assert (None if value is None else float(str(value))) == amount


def test_to_currency_code_of_amounts_as_written() -> None:
    texts = {
        "$5.00": "USD",
        "US $5.00": "USD",
        "-\u20ac5": "EUR",
        "5,00 eur": "EUR",
        "&pound;7.95": "GBP",
        "&#8364;5": "EUR",
        "5&nbsp;&#163;": "GBP",
        "5 kr.": "KR",
        "R$ 5": "BRL",
        "5": None,
    }
    table = ibis.table({"place": "int64", "text": "string"}, name="texts_table")
    query = table.select("place", value=currencies.to_currency_code(table.text)).order_by("place")
    with duckdb.connect() as connection:
        connection.register("texts_table", pa.table({"place": range(len(texts)), "text": list(texts)}))
        found = connection.execute(str(ibis.to_sql(query, dialect="duckdb"))).fetchall()
    assert [row[1] for row in found] == list(texts.values())


def test_the_expressions_compile_for_the_warehouse() -> None:
    table = ibis.table({"TEXT": "string"}, name="FCT_SALES")
    for value in (text_parsing.parse_date(table.TEXT, "day-first"), text_parsing.parse_amount(table.TEXT, "comma")):
        sql = str(ibis.to_sql(table.select(value=value), dialect="snowflake"))
        assert "TRY_CAST" in sql  # a value that cannot be read is none, not an error
        assert "(?" not in sql  # groups that the warehouse does not know
