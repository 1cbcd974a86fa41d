"""Formats of a column that can be read in several ways are asked for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from segmentation.analysis.sales_queries import fetch_rejected_lines
from segmentation.errors import AmbiguousFormatError, DataError
from segmentation.pipeline import load_customers
from segmentation.settings import RunSettings, SalesSettings
from tests.test_cli import run


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
        (["24/01/28", "24/02/03"], date(2024, 1, 28)),  # January 24, 2028 has not been
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
        "day-first": "'01/02/2024' is February 1, 2024",
        "month-first": "'01/02/2024' is January 2, 2024",
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


def test_dates_of_two_orders_are_asked_with_values_that_tell_them_apart(tmp_path: Path) -> None:
    # 01/02/2024 fits both orders, and sorts before the values that fit one only
    path = shop(tmp_path / "a.csv", ["01/02/2024", "13/01/2024", "14/01/2024", "01/15/2024", "02/20/2024"])
    with pytest.raises(AmbiguousFormatError, match="'13/01/2024' and '01/15/2024'"):
        load_customers(SalesSettings(path))


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
    path = shop(tmp_path / "a.csv", ["soon", "later", "2024-01-01"])
    with pytest.raises(DataError, match=r"'Order Date' cannot be read as a date, for example 'later'\. .*usual layout"):
        load_customers(SalesSettings(path))
    path = shop(tmp_path / "b.csv", ["2024-01-01"] * 3, ["a", "b", "1"])
    with pytest.raises(DataError, match="'amount' cannot be read as an amount, for example 'a'"):
        load_customers(SalesSettings(path))
    (tmp_path / "c.csv").write_text("customer;date;amount;discount\n1;2024-01-01;5;ten\n2;2024-01-01;5;two\n")
    table = load_customers(SalesSettings(str(tmp_path / "c.csv")))
    assert "discount_share" in table.unavailable_features
    assert "The column 'discount' was ignored: most of its values, such as 'ten', are not numbers." in table.notices


@pytest.mark.parametrize(
    ("numbers", "way", "meaning"),
    [
        (["45292", "45322.5", "45300"], "spreadsheet-serial", "'45292' is January 1, 2024"),
        (["1704067200", "1706659200", "1704758400"], "epoch-seconds", "'1704067200' is January 1, 2024"),
        (
            ["1704067200000", "1706659200000", "1704758400000"],
            "epoch-milliseconds",
            "'1704067200000' is January 1, 2024",
        ),
    ],
)
def test_dates_that_are_bare_numbers_are_asked(numbers: list[str], way: str, meaning: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"customer": ["1", "2", "3"], "Order Date": numbers, "amount": [5.0, 6.0, 7.0]})
    frame.to_csv(tmp_path / "text.csv", index=False)
    frame.astype({"Order Date": "float64"}).to_parquet(tmp_path / "numbers.parquet")
    for path in (tmp_path / "text.csv", tmp_path / "numbers.parquet"):
        with pytest.raises(AmbiguousFormatError, match="'Order Date' are numbers") as caught:
            load_customers(SalesSettings(str(path)))
        assert {option: text.replace(".0'", "'") for option, text in caught.value.options.items()} == {way: meaning}
        table = load_customers(SalesSettings(str(path), dates=way))
        assert (table.window.first_sale, table.window.last_sale) == (date(2024, 1, 1), date(2024, 1, 31))
        assert table.reconciliation.money_accepted == 18


def test_serials_between_other_dates_are_read(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["45292", "45293", "45294", "13/01/2024"])
    table = load_customers(SalesSettings(path))
    assert (table.window.first_sale, table.window.last_sale) == (date(2024, 1, 1), date(2024, 1, 13))
    assert "'45292' is read as January 1, 2024." in table.notices


def test_the_command_line_asks_with_its_flag(tmp_path: Path) -> None:
    path = shop(tmp_path / "a.csv", ["01/02/2024", "02/03/2024", "03/04/2024", "04/05/2024"])
    outcome = run("train", "--source", path, "--out", tmp_path / "models", "--quiet")
    assert outcome.code == 2
    assert "--dates day-first ('01/02/2024' is February 1, 2024)" in outcome.err
    outcome = run("train", "--source", path, "--out", tmp_path / "models", "--dates", "sideways", "--quiet")
    assert (outcome.code, "'sideways' is not a valid value for dates" in outcome.err) == (2, True)


def test_settings_of_an_earlier_version_still_open() -> None:
    values = RunSettings(SalesSettings("shop.csv", dates="day-first"), k=4).to_dict()
    assert RunSettings.from_dict(values).sales.dates == "day-first"
    del values["sales"]["dates"], values["sales"]["decimal"]
    assert RunSettings.from_dict(values).sales == SalesSettings("shop.csv")


def test_lines_set_aside_are_listed_as_the_file_has_them(tmp_path: Path) -> None:
    table = load_customers(SalesSettings(shop(tmp_path / "a.csv", ["13/01/2024", "x", "14/01/2024"], ["1,50"] * 3)))
    rows = fetch_rejected_lines(table)
    assert rows.to_numpy().tolist() == [["Missing or invalid date", "1", "x", "1,50"]]
