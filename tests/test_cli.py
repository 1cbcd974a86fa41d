"""The command line: written files, output, and errors for bad input."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import Mock

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.__main__ import main
from segmentation.analysis.apply_overrides import apply_overrides
from segmentation.cli.parser import parse_arguments
from segmentation.export import customer_list
from segmentation.features.registry import REGISTRY
from segmentation.results import SweepResult
from segmentation.runs.catalog import list_run_ids
from segmentation.runs.customer_columns import CUSTOMER_COLUMNS
from segmentation.runs.load import ARTIFACT_NAMES, open_run
from segmentation.runs.save import save_run
from segmentation.segments.overrides import SegmentOverride
from segmentation.settings import ModelSettings, SalesSettings
from tests.frames import select_customers

ROOT = Path(__file__).parents[1]


@dataclass
class Outcome:
    code: int
    out: str
    err: str


def run(*arguments: object) -> Outcome:
    """One call of the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Outcome(code, out.getvalue(), err.getvalue())


def read_rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A folder with one run of four segments of the synthetic shop, and the command's output."""
    models = tmp_path_factory.mktemp("trained") / "models"
    return models, run("train", "--source", shop, "--k", 4, "--out", models)


@pytest.fixture
def models(trained: tuple[Path, Outcome]) -> Path:
    return trained[0]


def test_train_saves_run_and_prints_summary(trained: tuple[Path, Outcome]) -> None:
    models, outcome = trained
    saved = open_run(models)
    saved.check_files()
    assert (outcome.code, outcome.err, saved.k) == (0, "", 4)
    for name in [*ARTIFACT_NAMES, "manifest.json"]:
        assert (saved.folder / name).exists()
    metrics = json.loads((models / "evaluation_metrics.json").read_text("utf-8"))
    assert [row["k"] for row in metrics["scores_by_k"]] == list(range(2, 13))
    assert sum(metrics["segment_counts"].values()) == 400 == len(read_rows(models / "customer_segments.csv"))
    for name, customers in saved.segments[["segment_name", "customers"]].itertuples(index=False):
        assert f"│ {name} " in outcome.out
        assert f" {customers} │" in outcome.out
    for text in (
        "shop.parquet: 400 customers",
        "rejected",
        "Recommendation: ",
        "4 segments, as requested",
        str(saved.folder),
    ):
        assert text in outcome.out
    assert "/" not in saved.source_name


def test_pickles_predict_saved_segments_without_project(models: Path) -> None:
    command = [sys.executable, "-W", "error", str(ROOT / "tests" / "runs" / "predict_alone.py")]
    done = subprocess.run(command, cwd=models / "current", capture_output=True, text=True, timeout=120)
    assert (done.stdout.split(), done.stderr) == (["KMeans", "400"], "")


def test_train_again_matches_previous_run(shop: Path, tmp_path: Path) -> None:
    first = run("train", "--source", shop, "--k", "auto", "--out", tmp_path)
    before = open_run(tmp_path)
    assert f"{before.k} segments, as recommended" in first.out
    assert "Compared with" not in first.out
    again = run("train", "--source", shop, "--k", before.k, "--seed", 7, "--out", tmp_path)
    after = open_run(tmp_path)
    assert "Matched to the previous run" in again.out
    assert after.segments[["segment_id", "segment_name", "color"]].equals(
        before.segments[["segment_id", "segment_name", "color"]]
    )
    assert {row["how"] for row in after.matching} == {"kept"}
    (before.folder / "customer_segments.csv").write_text("")
    (after.folder / "customer_segments.csv").write_text("")
    damaged = run("train", "--source", shop, "--k", 3, "--out", tmp_path, "--features", "monetary,recency_days")
    assert damaged.code == 0
    assert "is damaged" in damaged.out
    assert open_run(tmp_path).features == ("recency_days", "monetary")


def test_train_reports_names_that_it_drops(shop: Path, shop_training: SweepResult, tmp_path: Path) -> None:
    mine = apply_overrides(pipeline.build_segmentation(shop_training, 4), [SegmentOverride(1, name="VIPs")])
    save_run(mine.to_run_record(), tmp_path)
    kept = run("train", "--source", shop, "--k", 4, "--out", tmp_path, "--quick")
    assert "VIPs" in open_run(tmp_path).segments["segment_name"].tolist()
    assert "not carried over" not in kept.out
    dropped = run("train", "--source", shop, "--k", 3, "--out", tmp_path, "--quick")
    assert 'These edits were not carried over, because the segments have changed: "VIPs".' in " ".join(
        dropped.out.split()
    )


def test_score_same_customers_get_same_segments(models: Path, tmp_path: Path) -> None:
    outcome = run("score", "--run", models, "--out", tmp_path / "scored.csv")
    assert (outcome.code, outcome.err) == (0, "")
    assert "400 customers" in outcome.out
    scored, saved = read_rows(tmp_path / "scored.csv", "utf-8-sig"), read_rows(models / "customer_segments.csv")
    assert [*scored[0]] == [*CUSTOMER_COLUMNS, "run_id", "certainty"]
    assert [*saved[0]] == [*CUSTOMER_COLUMNS, "certainty"]
    assert {row["run_id"] for row in scored} == {open_run(models).run_id}
    assert {row["customer_id"]: (row["segment_id"], row["certainty"]) for row in scored} == {
        row["customer_id"]: (row["segment_id"], row["certainty"]) for row in saved
    }


def test_score_new_customers_keep_text_ids(models: Path, tmp_path: Path) -> None:
    ids = ["00123", "9007199254740993", "Zoë", "=1+1"]
    new = pd.DataFrame({"who": ids, "date": "2025-01-05", "receipt_no": range(4), "amount": [1, 20, 300, 4000]})
    new.to_csv(tmp_path / "new.csv", index=False)
    outcome = run(
        "score",
        "--run",
        models / "current",
        "--source",
        tmp_path / "new.csv",
        "--map",
        "customer_id=who",
        "--raw",
        "--out",
        tmp_path / "scored.csv",
    )
    assert outcome.code == 0, outcome.err
    scored = read_rows(tmp_path / "scored.csv")
    assert sorted(row["customer_id"] for row in scored) == sorted(ids)
    assert {row["rfm_recency"] for row in scored} == {"1"}
    names = set(open_run(models).segments["segment_name"])
    assert {row["segment_name"] for row in scored} <= names


def test_export_equals_page_list(shop: Path, tmp_path: Path) -> None:
    """The page writes from the frames in memory, the command from the saved run: the bytes are the same."""
    sales, model = SalesSettings(str(shop)), ModelSettings()
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(pipeline.load_customers(sales), model), 5)
    record = segmentation.to_run_record()
    save_run(record, tmp_path)
    names = segmentation.segments["segment_name"].tolist()[1:3]
    origin = customer_list.build_provenance(record.run_id, record.window, record.settings, record.versions)
    for columns in (None, [*CUSTOMER_COLUMNS, *customer_list.PROVENANCE_COLUMNS]):
        selected = [] if columns is None else ["--columns", ",".join(columns)]
        outcome = run("export", "--run", tmp_path, "--segment", *names, *selected, "--out", tmp_path / "list.csv")
        assert outcome.code == 0, outcome.err
        page = customer_list.render_list(
            select_customers(segmentation.list_customers(), names), columns, provenance=origin
        )
        assert (tmp_path / "list.csv").read_bytes() == page


def test_export_escapes_unless_raw(models: Path, tmp_path: Path) -> None:
    first = open_run(models).segments.iloc[0]
    for segment in (first["segment_name"], first["segment_name"].upper(), first["segment_id"]):
        outcome = run("export", "--run", models, "--segment", segment, "--out", tmp_path / "list.csv")
        assert f"{first['customers']} customers" in outcome.out
        customers = read_rows(tmp_path / "list.csv", "utf-8-sig")
        assert len(customers) == first["customers"]
        assert [*customers[0]] == list(customer_list.DEFAULT_COLUMNS)
    assert (tmp_path / "list.csv").read_bytes().startswith(b"\xef\xbb\xbfcustomer_id,")
    run("export", "--run", models, "--raw", "--columns", "customer_id, segment_id", "--out", tmp_path / "raw.csv")
    assert (tmp_path / "raw.csv").read_bytes().startswith(b"customer_id,segment_id\nC0")
    assert len(read_rows(tmp_path / "raw.csv")) == 400


def test_export_into_folder_uses_page_file_name(models: Path, tmp_path: Path) -> None:
    assert run("export", "--run", models, "--out", tmp_path, "--quiet") == Outcome(0, "", "")
    as_of, run_id = open_run(models).window["as_of"], open_run(models).run_id
    assert [path.name for path in tmp_path.iterdir()] == [f"segments_shop-parquet_{as_of}_{run_id}.csv"]


def test_source_defaults_to_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, source in [
        ("Shop=a.csv; b.csv", "a.csv"),
        ("duckdb:///x?table=y", "duckdb:///x?table=y"),
        ("", "demo:complete-journey"),
    ]:
        monkeypatch.setenv("SEGMENTS_SOURCE", text)
        assert parse_arguments(["train"]).source == source
    assert parse_arguments(["train", "--source", "c.csv"]).source == "c.csv"


def assert_refused(outcome: Outcome, complaint: str) -> None:
    lines = outcome.err.splitlines()
    assert outcome.code == 2
    assert outcome.out == ""
    assert lines[0].startswith("Error: ")
    assert any(part in lines[0] for part in complaint.split("|")), lines[0]
    assert all(line.startswith("Hint: ") for line in lines[1:])
    assert len(lines) == 2 or "seed" in complaint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["export", "--run", "{empty}", "--out", "x.csv"], "no saved run"),
        (["export", "--run", "{empty}/none", "--out", "x.csv"], "no folder"),
        (["export", "--run", "{models}", "--segment", "VIP", "--out", "x.csv"], "Unknown segment 'VIP'"),
        (["export", "--run", "{models}", "--columns", "age", "--out", "x.csv"], "Unknown column 'age'"),
        (["export", "--run", "{models}", "--out", "none/x.csv"], "no folder"),
        (["score", "--run", "{models}", "--out", "none/x.csv"], "no folder"),
        (["score", "--run", "{models}", "--out", "{empty}"], "is not a file"),
        (["score", "--run", "{models}", "--source", "missing.csv", "--out", "x.csv"], "File 'missing.csv' not found"),
        (["train", "--out", "{models}/current"], "is a single run"),
        (["export", "--run", "{models}", "--out", "/dev/stdout"], "not a file"),
    ],
)
def test_commands_report_missing_input_before_writing(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(run(*(text.format(models=models, empty=tmp_path) for text in arguments)), complaint)
    assert list(tmp_path.iterdir()) == []
    assert len(list_run_ids(models)) == 1


def test_train_keeps_conflicting_file(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "customer_segments.csv").write_text("mine")
    assert_refused(run("train", "--source", shop, "--out", tmp_path), "already exists and is not a link")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("customer_segments.csv", "mine")]


def test_main_propagates_unexpected_errors(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(customer_list, "write_list", Mock(side_effect=ZeroDivisionError))
    with pytest.raises(ZeroDivisionError):
        run("export", "--run", models, "--out", tmp_path / "x.csv")
    monkeypatch.setattr(customer_list, "write_list", Mock(side_effect=KeyboardInterrupt))
    assert run("export", "--run", models, "--out", tmp_path / "x.csv").code == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [[], ["train"], ["score"], ["export"], ["check"], ["prepare"]])
def test_help_shows_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    text = capsys.readouterr().out
    assert stopped.value.code == 0
    assert "examples:" in text or command == ["prepare"]
    if command == ["train"]:
        assert all(name in text for name in REGISTRY)
    assert command != ["export"] or all(name in text for name in customer_list.LABELS)


@pytest.mark.parametrize("arguments", [["train", "--source", "none.csv"], ["train", "--source"], ["fly"]])
def test_main_subprocess_exits_with_code_2(arguments: list[str]) -> None:
    command = [sys.executable, "-W", "error", "-m", "segmentation", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "rror: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "alias", "value"),
    [
        ("--leave-out", "--exclude-period", "2024-05-01:2024-05-31"),
        ("--leave-out-category", "--exclude-category", "Tea"),
    ],
)
def test_parse_arguments_exclude_aliases(option: str, alias: str, value: str) -> None:
    assert parse_arguments(["train", option, value]) == parse_arguments(["train", alias, value])
