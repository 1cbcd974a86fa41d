"""Bad input on the command line: one sentence, a hint, exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_cli import assert_refused, run

LINES = "customer_id,transaction_id,transaction_date,net_sales_amount\n"


TWO_KINDS = LINES + "".join(f"C{n},{n},2024-01-{10 + n % 2},{10 + n % 2}\n" for n in range(40))


FILES = {
    "rubbish.parquet": b"PAR1 not really \x00\xff" * 99,
    "rubbish.csv": bytes(range(256)) * 40,
    "empty.csv": b"",
    "header.csv": LINES.encode(),
    "column.csv": b"customer_id,shoe_size\nA,42\n",
    "one.csv": f"{LINES}A,1,2024-01-01,10\n".encode(),
    "kinds.csv": TWO_KINDS.encode(),
    "report.xlsx": b"PK\x03\x04",
}


BAD_SOURCES = [
    ("missing.csv", [], "File 'missing.csv' not found"),
    ("rubbish.parquet", [], "not a readable Parquet file"),
    ("rubbish.csv", [], "rubbish.csv|No column"),
    ("empty.csv", [], "is empty"),
    ("header.csv", [], "no lines"),
    ("column.csv", [], "No column for transaction_date"),
    ("one.csv", [], "1 customer"),
    ("kinds.csv", ["--k", "3"], "3 segments|customers differ"),
    ("report.xlsx", [], "but it is damaged"),
    (".", [], "is a folder"),
    ("kinds.csv", ["--features", "recency_days,shoe_size"], "no feature 'shoe_size'"),
    ("kinds.csv", ["--features", "discount_share"], "discount_share cannot be computed"),
    ("kinds.csv", ["--features", ","], "No feature"),
    ("kinds.csv", ["--k", "1"], "1 is not a possible number"),
    ("kinds.csv", ["--k", "13"], "13 is not a possible number"),
    ("kinds.csv", ["--k", "many"], "'many' is not a number of segments"),
    ("kinds.csv", ["--scaling", "sqrt"], "Unknown scaling 'sqrt'"),
    ("kinds.csv", ["--as-of", "2024-02-30"], "'2024-02-30' is not a date"),
    ("kinds.csv", ["--as-of", "2023-01-01"], "None of the 40 lines"),
    ("kinds.csv", ["--map", "household"], "'household' is not a mapping"),
    ("kinds.csv", ["--map", "customer_id=household"], "no column 'household'"),
    ("kinds.csv", ["--seed", "x"], "'x' is not a whole number"),
    ("kinds.csv", ["--seed", "-1"], "seed must be"),
]


@pytest.mark.parametrize(("name", "options", "complaint"), BAD_SOURCES)
def test_train_bad_input_prints_error_and_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in FILES:
        (tmp_path / name).write_bytes(FILES[name])
    before = sorted(tmp_path.rglob("*"))
    assert_refused(run("train", "--source", name, *options), complaint)
    assert sorted(tmp_path.rglob("*")) == before
