"""The subcommands of `campaign` on the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from segmentation.campaigns.assignment import assign_arms
from segmentation.campaigns.storage import open_campaign
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.runs.load import open_run
from tests.test_cli import read_rows, run


@pytest.fixture(scope="module")
def drawn(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of runs with the campaign `november` over all segments, 30 % held back for 45 days; and its lists."""
    folder = tmp_path_factory.mktemp("campaign")
    models, out = folder / "models", folder / "lists"
    arguments = ("--source", shop, "--as-of", "2024-11-01", "--k", 4, "--quick", "--quiet", "--out", models)
    assert run("train", *arguments).code == 0
    draw = ("--id", "november", "--hold-out", 0.3, "--days", 45, "--out", out)
    outcome = run("campaign", "draw", "--run", models, *draw)
    assert outcome.code == 0, outcome.err
    assert "contacted, " in outcome.out
    return models, out


def test_campaign_draw_writes_the_groups_of_the_run(drawn: tuple[Path, Path]) -> None:
    models, out = drawn
    customers = open_run(models).read_customers()
    expected = assign_arms("november", customers, 300)
    for name in ("contacted", "held_back"):
        rows = read_rows(out / f"{name}.csv", "utf-8-sig")
        assert [*rows[0]] == ["customer_id", "segment_id", "segment_name", "group", "campaign_id"]
        assert {row["group"] for row in rows} == {name}
        assert sorted(row["customer_id"] for row in rows) == sorted(
            expected.loc[expected["arm"] == name, "customer_id"]
        )
    campaign = open_campaign(models / "campaigns", "november")
    assert str(campaign.design.launch) == "2024-11-01"
    assert campaign.assignments["net_before"].sum() > 0


def test_campaign_draw_refuses_a_second_draw(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    models, _ = drawn
    again = run(
        "campaign", "draw", "--run", models, "--id", "november", "--hold-out", 0.1, "--days", 9, "--out", tmp_path
    )
    assert (again.code, "already been drawn" in again.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_campaign_draw_of_one_segment_with_exclusions(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    models, _ = drawn
    first = open_run(models).segments.iloc[0]
    options = ("--segment", first["segment_name"], "--exclude-running", "--launch", "2024-12-20")
    draw = ("--id", "december", "--hold-out", 0.5, "--days", 7, "--out", tmp_path / "new")
    outcome = run("campaign", "draw", "--run", models, *draw, *options)
    assert outcome.code == 0, outcome.err
    assert open_campaign(models / "campaigns", "december").segments["segment_id"].tolist() == [first["segment_id"]]
    overlapping = run(
        "campaign",
        "draw",
        "--run",
        models,
        "--id",
        "x",
        "--hold-out",
        0.5,
        "--days",
        7,
        "--out",
        tmp_path,
        "--exclude-running",
    )
    assert (overlapping.code, "are left out before the draw" in overlapping.err) == (2, True)


def test_campaign_draw_above_the_customer_limit(
    drawn: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, _ = drawn
    options = ("--run", models, "--hold-out", 0.25, "--days", 30, "--global-hold-out", 0.05, "--id", "limit")
    campaigns = []
    for name, limit in (("below", 10**6), ("above", 10)):
        monkeypatch.setattr(
            "segmentation.cli.campaign_drawing.build_sales_settings",
            lambda *settings, limit=limit: replace(build_sales_settings(*settings), sample_above=limit),
        )
        outcome = run("campaign", "draw", *options, "--out", tmp_path / name)
        assert outcome.code == 0, outcome.err
        campaigns.append(open_campaign(models / "campaigns", "limit"))
        shutil.rmtree(models / "campaigns" / "limit")
    for file in ("contacted.csv", "held_back.csv"):
        assert (tmp_path / "above" / file).read_bytes() == (tmp_path / "below" / file).read_bytes()
    below, above = campaigns
    assert (above.design, above.excluded) == (below.design, below.excluded)
    pd.testing.assert_frame_equal(
        above.assignments.drop(columns="forecast"), below.assignments.drop(columns="forecast")
    )
    assert above.assignments["net_before"].sum() > 0
    assert above.assignments["forecast"].isna().all()


def test_campaign_read_reports_what_it_brought(drawn: tuple[Path, Path], shop: Path) -> None:
    models, _ = drawn
    outcome = run(
        "campaign", "read", "--run", models, "--id", "november", "--source", shop, "--json", "--cost-per-message", 0.5
    )
    assert outcome.code == 0, outcome.err
    values = json.loads(outcome.out)
    assert values["status"] == "read"
    sales = pd.read_parquet(shop)
    period = sales[sales["transaction_date"].between("2024-11-01", "2024-12-15")]
    groups = open_campaign(models / "campaigns", "november").assignments
    for arm in ("contacted", "held_back"):
        rows = period[period["customer_id"].isin(groups.loc[groups["arm"] == arm, "customer_id"])]
        assert values["arms"][arm]["net"] == pytest.approx(rows["net_sales_amount"].sum(), abs=0.005)
        assert values["arms"][arm]["gross"] == pytest.approx(rows["gross_sales_amount"].sum(), abs=0.005)
        assert values["arms"][arm]["orders"] == rows["transaction_id"].nunique()
        assert values["arms"][arm]["buyers"] == rows["customer_id"].nunique()
    assert values["after_messages"]["net"] == pytest.approx(values["total"]["net"] - 0.5 * values["contacted"])
    text = run("campaign", "read", "--run", models / "current", "--id", "november")
    assert "All segments" in text.out
    assert values["sentences"][0] in text.out


def test_campaign_read_shows_no_lift_before_the_reading_day(drawn: tuple[Path, Path], shop: Path) -> None:
    models, _ = drawn
    read = ("campaign", "read", "--run", models, "--id", "november", "--source", shop, "--as-of")
    outcome = run(*read, "2024-12-01")
    assert outcome.code == 0
    assert "Day 30 of 45; reading on December 16, 2024; groups as drawn." in outcome.out
    assert "15 more days of sales are needed" in outcome.out
    values = json.loads(run(*read, "2024-12-15", "--json").out)
    assert (values["status"], values["days_missing"]) == ("running", 1)
    assert not {"verdict", "per_contacted", "total", "arms", "segments"} & values.keys()
    assert json.loads(run(*read, "2024-12-16", "--json").out)["status"] == "read"


def test_campaign_read_notices_renamed_customers(drawn: tuple[Path, Path], shop: Path, tmp_path: Path) -> None:
    models, _ = drawn
    sales = pd.read_parquet(shop)
    groups = open_campaign(models / "campaigns", "november").assignments
    renamed = groups.loc[groups["net_before"] > 0, "customer_id"].head(3)
    sales["customer_id"] = sales["customer_id"].where(~sales["customer_id"].isin(renamed), "merged")
    sales.to_parquet(tmp_path / "sales.parquet", index=False)
    read = ("campaign", "read", "--run", models, "--id", "november", "--source")
    assert "3 customers who bought before the launch cannot be found" in run(*read, tmp_path / "sales.parquet").out
    assert json.loads(run(*read, shop, "--json").out)["missing_customers"] == 0


def test_campaign_read_checks_the_list_sent(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    models, out = drawn
    read = ("campaign", "read", "--run", models, "--id", "november", "--sent")
    assert "The list matches the groups as drawn." in run(*read, out / "contacted.csv").out
    ids = pd.Series([row["customer_id"] for row in read_rows(out / "contacted.csv", "utf-8-sig")])
    pd.DataFrame({"Kundennummer": ids.str.lower(), "n": 1}).to_csv(tmp_path / "sent.csv", index=False)
    outcome = run(*read, tmp_path / "sent.csv")
    assert "IDs were altered" in outcome.out, outcome.err
    for text in ("\n".join(ids), "Kunde\r\n" + "\r\n".join(ids)):  # ids alone, without and with a header
        (tmp_path / "ids.txt").write_text(text)
        assert "The list matches the groups as drawn." in run(*read, tmp_path / "ids.txt").out
    pd.DataFrame({"a": ["x", "y"], "b": ["z", "z"]}).to_csv(tmp_path / "foreign.csv", index=False)
    assert "No column holds the IDs" in run(*read, tmp_path / "foreign.csv").err


def test_campaign_plan_says_what_is_detected(drawn: tuple[Path, Path]) -> None:
    models, _ = drawn
    outcome = run("campaign", "plan", "--run", models, "--days", 60, "--hold-out", 0.2)
    assert outcome.code == 0, outcome.err
    held_back = len(open_run(models).get_labels()) // 5
    assert f"Held back 20\xa0% ({held_back} customers): " in outcome.out
    values = json.loads(run("campaign", "plan", "--run", models, "--segment", "1", "--days", 60, "--json").out)
    assert [option["hold_out"] for option in values["options"]] == [0.05, 0.1, 0.2, 0.3, 0.5]
    assert values["customers"] == open_run(models).segments.set_index("segment_id").loc[1, "customers"]


def test_campaign_list_and_forget(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    models, _ = drawn
    listed = json.loads(run("campaign", "list", "--run", models, "--json").out)["campaigns"]
    assert "november" in [row["campaign_id"] for row in listed]
    assert "november: The reading period" in run("campaign", "list", "--run", models).out
    victim = open_campaign(models / "campaigns", "november").assignments["customer_id"].iloc[0]
    assert run("campaign", "forget", "--run", models, "--customer", victim, "--id", "november").code == 0
    assert victim not in open_campaign(models / "campaigns", "november").assignments["customer_id"].tolist()
    assert run("campaign", "forget", "--run", models, "--customer", victim, "--id", "november").code == 2
    assert run("campaign", "export", "--run", models, "--id", "november", "--out", tmp_path).code == 0
    ids = {
        row["customer_id"]
        for name in ("contacted", "held_back")
        for row in read_rows(tmp_path / f"{name}.csv", "utf-8-sig")
    }
    assert (len(ids), victim in ids) == (len(open_run(models).get_labels()) - 1, False)
    assert "There are no campaigns" in run("campaign", "list", "--run", tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("draw", "--id", "a/b", "--hold-out", "0.1", "--days", "9", "--out", "x"), "not a campaign ID"),
        (("draw", "--id", "a", "--hold-out", "0", "--days", "9", "--out", "x"), "cannot be held back|can be held back"),
        (("draw", "--id", "a", "--hold-out", "0.1", "--days", "0", "--out", "x"), "is not possible"),
        (
            ("draw", "--id", "a", "--hold-out", "0.1", "--days", "9", "--out", "x", "--segment", "None"),
            "Unknown segment",
        ),
        (("plan", "--days", "9", "--lift", "-1"), "cannot be planned"),
        (("read", "--id", "none"), "There is no campaign none"),
        (("read", "--id", "november", "--cost-per-message", "-1"), "cannot be below 0"),
        (("forget", "--customer", "nobody"), "not in any campaign"),
    ],
)
def test_campaign_errors_are_sentences(drawn: tuple[Path, Path], arguments: tuple[str, ...], message: str) -> None:
    outcome = run("campaign", arguments[0], "--run", drawn[0], *arguments[1:])
    assert outcome.code == 2
    assert any(part in outcome.err for part in message.split("|")), outcome.err
    assert "Hint: " in outcome.err


def test_campaign_draw_joins_contacts_and_consent(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    models, _ = drawn
    ids = open_run(models).read_customers()["customer_id"]
    contacts = pd.DataFrame({"customer_id": ids, "email": "c" + ids + "@example.com", "phone": "650 253 0000"})
    contacts["consent"] = ["yes" if number % 4 else "no" for number in range(len(ids))]
    is_wrong = contacts.index % 7 == 0
    contacts.loc[is_wrong, ["email", "phone"]] = "wrong"
    contacts.to_csv(tmp_path / "contacts.csv", index=False)
    options = ("--contacts", tmp_path / "contacts.csv", "--contact-format", "klaviyo", "--consent", "consent")
    draw = ("--id", "consent", "--hold-out", 0.2, "--days", 30, "--out", tmp_path / "lists", "--country", "US")
    outcome = run("campaign", "draw", "--run", models, *draw, *options)
    assert outcome.code == 0, outcome.err
    groups = open_campaign(models / "campaigns", "consent").assignments
    allowed = set(contacts.loc[contacts["consent"] == "yes", "customer_id"])
    assert set(groups["customer_id"]) == allowed
    assert f"{len(ids) - len(allowed)} without consent" in outcome.out
    rows = read_rows(tmp_path / "lists" / "contacted.csv")
    assert rows[0]["Phone Number"] == "+16502530000"
    contacted = set(groups.loc[groups["arm"] == "contacted", "customer_id"])
    wrong_ids = set(ids[is_wrong]) & contacted
    assert len(wrong_ids) > 5
    assert {row["customer_id"] for row in rows} == contacted - wrong_ids
    assert "@" not in (models / "campaigns" / "consent" / "campaign_assignments.csv").read_text()
    invalid = read_rows(tmp_path / "lists" / "invalid_addresses.csv", "utf-8-sig")
    assert {(row["customer_id"], row["column"], row["value"]) for row in invalid} == {
        (customer_id, column, "wrong") for customer_id in wrong_ids for column in ("email", "phone")
    }
    assert f"{len(wrong_ids)} invalid values of email." in outcome.out
    wrong = run("campaign", "export", "--run", models, "--id", "consent", "--out", tmp_path, "--consent", "x")
    assert (wrong.code, "no contact table" in wrong.err) == (2, True)


def test_campaign_sql_draws_the_same_groups_from_published_customers(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    models, _ = drawn
    assert run("publish", "--run", models, "--to", f"duckdb://{tmp_path / 'shop.duckdb'}").code == 0
    outcome = run("campaign", "sql", "--id", "winter", "--hold-out", 0.15, "--dialect", "duckdb")
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
        answer = connection.sql(outcome.out).df()
        published = connection.sql("select campaign_id from ml_results.campaigns").fetchall()
    assert ("november",) in published
    expected = assign_arms("winter", open_run(models).read_customers(), 150)
    assert dict(zip(answer["customer_id"], answer["arm"], strict=True)) == dict(
        zip(expected["customer_id"], expected["arm"], strict=True)
    )
    text = run("campaign", "sql", "--id", "winter", "--hold-out", 0.15, "--dialect", "snowflake").out
    assert "SHA2(" in text
    assert '"ML_RESULTS"."CUSTOMER_SEGMENTS"' in text
