"""SQL injection: fifty hostile names in every argument of `sql`, and as segment names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from segmentation import pipeline
from segmentation.__main__ import main
from segmentation.export import model_sql
from segmentation.export.model_sql import render_model_sql
from segmentation.results import SweepResult
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.save import save_run
from tests.injection_strings import HOSTILE


@pytest.fixture(scope="module")
def models(shop_training: SweepResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    save_run(pipeline.build_segmentation(shop_training, 9).to_run_record(), folder)
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_model_sql_literals_cannot_escape(models: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    base = ["sql", "--run", str(models), "--dialect", "snowflake"]
    dynamic = [*base, "--dynamic-table", "--warehouse", "WH"]
    for arguments in (
        [*base, f"--table={name}"],
        # for argparse -- is no name: the default one is taken
        *([[*base, f"--view={name}"], [*dynamic, f"--dynamic-table={name}"]] if name != "--" else []),
        [*base, "--dynamic-table", f"--warehouse={name}"],
        [*dynamic, f"--lag={name}"],
        ["sql", "--run", str(models), f"--dialect={name}"],
    ):
        assert main(arguments) == 2, arguments
        output = capsys.readouterr()
        assert output.out == ""
        assert "Traceback" not in output.err
        assert output.err.strip()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--lag=soon", "'soon' is not a valid lag."),
        ("--warehouse=a.b", "a.b"),
        ("--dialect=duckdb", "Only Snowflake has dynamic tables."),
    ],
)
def test_model_sql_checks_the_statement_before_reading_sales(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str, sentence: str
) -> None:
    monkeypatch.setattr(model_sql, "prepare_lines", None)
    command = ["sql", "--run", str(models), "--dialect", "snowflake", "--dynamic-table", "--warehouse=WH", option]
    assert main(command) == 2
    assert sentence in capsys.readouterr().err


def test_model_sql_accepts_any_segment_name(models: Path, shop: Path) -> None:
    run = open_run(models)
    names = [text for text in HOSTILE if text.strip() and "\x00" not in text]
    with duckdb.connect() as connection:
        connection.execute(f"create table fct_sales as from '{shop}'")
        for at in range(0, len(names), 9):
            called = (names[at:] + names)[:9]
            renamed: SavedRun = replace(run, segments=run.segments.assign(segment_name=called))
            result = connection.sql(render_model_sql(renamed, "duckdb")).df()
            assert set(result["segment_name"]) == set(called)
        assert connection.sql("select count(distinct customer_id) from fct_sales").fetchall() == [(400,)]
