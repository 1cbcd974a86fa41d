"""The commands compare and retrain, as a scheduled job calls them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from segmentation.analysis import retrain as retraining
from segmentation.analysis.retrain_gate import RetrainDecision
from segmentation.errors import SourceError
from segmentation.runs.catalog import list_run_ids
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from tests.fixed_habits import build_fixed_habits
from tests.test_cli import Outcome, run

KEYS = ["status", "run_id", "reasons", "model_share"]
CUT = "2024-06-01"


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A shop with fixed habits up to a day, a month longer, and a month longer with faults."""
    folder = tmp_path_factory.mktemp("sales")
    lines = build_fixed_habits(customers=600)
    lines = lines[lines["transaction_date"] < "2024-07-01"]
    random = np.random.default_rng(5)
    shops = {
        "before": lines[lines["transaction_date"] < CUT],
        "later": lines,
        "lost": lines[random.random(len(lines)) < 0.5],
        "stale": lines[lines["transaction_date"] < "2024-05-01"],
    }
    for name, shop in shops.items():
        shop.to_parquet(folder / f"{name}.parquet", index=False)
    return {name: folder / f"{name}.parquet" for name in shops}


@pytest.fixture(scope="module")
def trained(sales: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("trained") / "models"
    outcome = run(
        "train", "--source", sales["before"], "--k", 3, "--window", "365d", "--quick", "--quiet", "--out", models
    )
    assert outcome.code == 0, outcome.err
    return models


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "models", symlinks=True)
    return tmp_path / "models"


def read(outcome: Outcome) -> dict[str, object]:
    values: dict[str, object] = json.loads(outcome.out)
    assert list(values) == KEYS
    return values


def snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, str(path.readlink()) if path.is_symlink() else "")
        for path in folder.rglob("*")
    }


def test_retrain_follows_fixed_habits(models: Path, sales: dict[str, Path], tmp_path: Path) -> None:
    first = get_current_run_id(models)
    target = f"duckdb:///{tmp_path}/out.duckdb"
    outcome = run("retrain", "--run", models, "--source", sales["later"], "--to", target, "--json")
    values = read(outcome)
    assert (outcome.code, values["status"], values["reasons"]) == (0, "current", [])
    now = open_run(models)
    now.check_files()
    assert now.run_id == values["run_id"] != first
    assert now.window_days == open_run(models, first).window_days == 365
    assert now.k == 3
    assert set(list_run_ids(models)) == {first, now.run_id}  # the earlier one stays
    with duckdb.connect(str(tmp_path / "out.duckdb")) as connection:
        assert connection.execute("select distinct run_id from ml_results.customer_segments").fetchall() == [
            (now.run_id,)
        ]
    again = run("retrain", "--run", models, "--source", sales["later"], "--json")
    assert (again.code, read(again)) == (
        0,
        {"status": "unchanged", "run_id": now.run_id, "reasons": [], "model_share": 0},
    )


def test_retrain_model_share_is_that_of_pandas(models: Path, sales: dict[str, Path], tmp_path: Path) -> None:
    before = open_run(models)
    was = before.read_customers().set_index("customer_id")["segment_id"]
    scored = tmp_path / "scored.csv"
    assert run("score", "--run", models, "--source", sales["later"], "--raw", "--out", scored, "--quiet").code == 0
    values = read(run("retrain", "--run", models, "--source", sales["later"], "--json"))
    by_old = pd.read_csv(scored, dtype={"customer_id": str}).set_index("customer_id")["segment_id"]
    by_new = open_run(models).read_customers().set_index("customer_id")["segment_id"]
    all_three = pd.concat([was, by_old, by_new], axis=1, keys=["l00", "l01", "l11"], join="inner")
    model_alone = (all_three["l00"] == all_three["l01"]) & (all_three["l01"] != all_three["l11"])
    assert values["model_share"] == pytest.approx(model_alone.mean())
    assert values["model_share"] != 0
    monitoring = open_run(models).monitoring
    assert monitoring is not None
    assert monitoring["previous"]["run_id"] == before.run_id
    assert {row["feature"] for row in monitoring["previous"]["drift"]} == set(before.features)
    assert monitoring["decision"]["is_accepted"]


def test_retrain_unchanged_data_writes_nothing(models: Path, sales: dict[str, Path], tmp_path: Path) -> None:
    current = get_current_run_id(models)
    copy = tmp_path / "copy.parquet"
    pd.read_parquet(sales["before"]).sample(frac=1, random_state=1).to_parquet(copy, index=False)  # in another order
    before = snapshot(models)
    for source in (sales["before"], copy):
        values = read(run("retrain", "--run", models, "--source", source, "--json"))
        assert values == {"status": "unchanged", "run_id": current, "reasons": [], "model_share": 0}
    assert snapshot(models) == before


def test_retrain_held_run_is_saved_but_not_current(models: Path, sales: dict[str, Path], tmp_path: Path) -> None:
    current = get_current_run_id(models)
    target = tmp_path / "out.duckdb"
    arguments = ("retrain", "--run", models, "--source", sales["lost"], "--to", f"duckdb:///{target}")
    outcome = run(*arguments, "--json")
    values = read(outcome)
    assert (outcome.code, values["status"]) == (3, "held")
    assert values["reasons"]
    assert get_current_run_id(models) == current
    assert not target.exists()
    held = open_run(models, str(values["run_id"]))
    assert held.monitoring is not None
    assert held.monitoring["decision"] == {
        "is_accepted": False,
        "reasons": values["reasons"],
        "model_share": values["model_share"],
    }
    assert read(run(*arguments, "--json")) == values  # the same again, and no second copy of the run
    assert set(list_run_ids(models)) == {current, held.run_id}
    text = run(*arguments)
    assert text.code == 3
    assert f"Held for review: run {held.run_id} is saved but not current. --force accepts it." in text.out
    forced = run(*arguments, "--force", "--json")
    assert (forced.code, read(forced)) == (0, values | {"status": "current"})
    assert get_current_run_id(models) == held.run_id
    assert target.exists()


def test_retrain_holds_older_sales(models: Path, sales: dict[str, Path]) -> None:
    values = read(run("retrain", "--run", models, "--source", sales["stale"], "--json"))
    assert values["status"] == "held"
    assert "The last sale is dated 2024-04-30, earlier than before (2024-05-31)." in values["reasons"]  # type: ignore[operator]


def test_retrain_repeats_a_failed_publish(
    models: Path, sales: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run becomes current after it is published: otherwise the next retrain would find the data unchanged."""
    current = get_current_run_id(models)

    def fail(*_: object, **__: object) -> None:
        raise SourceError("The warehouse is down.")

    arguments = ("retrain", "--run", models, "--source", sales["later"], "--to", "duckdb:///anywhere.duckdb", "--json")
    monkeypatch.setattr("segmentation.cli.retrain_commands.publish_run", fail)
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "The warehouse is down." in outcome.err
    assert get_current_run_id(models) == current
    published = []
    monkeypatch.setattr(
        "segmentation.cli.retrain_commands.publish_run", lambda saved, to: published.append(saved.run_id)
    )
    values = read(run(*arguments))
    assert values["status"] == "current"
    assert published == [values["run_id"]]
    assert set(list_run_ids(models)) == {current, values["run_id"]}


def test_retrain_keeps_a_run_that_was_made_current_meanwhile(
    models: Path, sales: dict[str, Path], monkeypatch: pytest.MonkeyPatch, new_record: Callable[..., object]
) -> None:
    decide = retraining.decide_retrain

    def decide_late(*records: object) -> RetrainDecision:
        save_run(new_record("20300101T000000Z-00000000"), models)  # type: ignore[arg-type]
        return decide(*records)  # type: ignore[arg-type]

    monkeypatch.setattr(retraining, "decide_retrain", decide_late)
    outcome = run("retrain", "--run", models, "--source", sales["later"], "--json")
    values = read(outcome)
    assert (outcome.code, values["reasons"]) == (3, ["Another run was made current in the meantime."])
    assert get_current_run_id(models) == "20300101T000000Z-00000000"


def test_retrain_keeps_names_of_the_user(models: Path, sales: dict[str, Path]) -> None:
    from segmentation import pipeline
    from segmentation.analysis.apply_overrides import apply_overrides
    from segmentation.segments.overrides import SegmentOverride

    saved = open_run(models)
    table = pipeline.load_customers(saved.settings.sales)
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(table, saved.settings.model), 3)
    named = apply_overrides(segmentation, [SegmentOverride(1, name="Our regulars")])
    save_run(named.to_run_record(), models)
    assert read(run("retrain", "--run", models, "--source", sales["later"], "--json"))["status"] == "current"
    names = open_run(models).segments.set_index("segment_id")["segment_name"]
    assert names[1] == "Our regulars"


def test_retrain_of_one_run_saves_beside_it(models: Path, sales: dict[str, Path], tmp_path: Path) -> None:
    current = get_current_run_id(models)
    assert current is not None
    values = read(run("retrain", "--run", models / current, "--source", sales["later"], "--json"))
    assert get_current_run_id(models) == values["run_id"] != current
    lone = tmp_path / "copy"
    shutil.copytree(models / current, lone)
    outcome = run("retrain", "--run", lone, "--source", sales["later"], "--json")
    assert (outcome.code, outcome.out) == (2, "")
    assert "is a single run outside a folder of runs" in outcome.err


def test_retrain_of_a_run_of_an_early_version(models: Path, sales: dict[str, Path]) -> None:
    """Without a stored version of the data, the data count as changed."""
    run_id = get_current_run_id(models)
    assert run_id is not None
    saved = retraining.open_run(models, run_id)
    old = replace(saved, monitoring=None)
    result = retraining.retrain(old, models, old.settings.sales)
    assert result.status == "current"
    assert result.model_share == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--run", "missing"), "There is no folder missing."),
        (("--to", "nowhere"), "nowhere"),
        (("--source", "missing.parquet"), "missing.parquet"),
    ],
)
def test_retrain_bad_input_is_one_sentence(models: Path, arguments: tuple[str, str], message: str) -> None:
    before = snapshot(models)
    outcome = run("retrain", "--run", models, *arguments, "--json")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert snapshot(models) == before


def test_retrain_in_an_empty_folder_asks_to_train(tmp_path: Path, sales: dict[str, Path]) -> None:
    outcome = run("retrain", "--run", tmp_path, "--source", sales["later"], "--json")
    assert (outcome.code, outcome.out) == (2, "")
    assert "There is no saved run" in outcome.err
    assert "Train a model first." in outcome.err


def test_compare_runs_of_different_windows_warns(models: Path, sales: dict[str, Path]) -> None:
    first = get_current_run_id(models)
    arguments = ("--source", sales["before"], "--k", 4, "--window", "181d", "--quick", "--quiet", "--out", models)
    assert run("train", *arguments).code == 0
    outcome = run("compare", models / str(first), models, "--source", sales["later"], "--json")
    assert outcome.code == 0
    values = json.loads(outcome.out)
    assert values["window_days"] == 181
    assert len(values["warnings"]) == 1
    assert "--window 365d" in values["warnings"][0]
    assert outcome.err == f"Warning: {values['warnings'][0]}\n"
    longer = run("compare", models / str(first), models, "--source", sales["later"], "--window", "365d", "--json")
    assert json.loads(longer.out)["window_days"] == 365
    assert values["scores"][1]["k"] == 4
    assert sum(flow["customers"] for flow in values["flows"]) == values["customers"]
    assert {"setting": "Number of segments", "a": "3", "b": "4"} in values["settings"]


def test_compare_prints_flows_and_scores(models: Path, sales: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_MODELS", str(models))
    run_id = get_current_run_id(models)
    outcome = run("compare", run_id, run_id, "--source", sales["before"])
    assert (outcome.code, outcome.err) == (0, "")
    assert "100.0 % of customers and 100.0 % of net sales stay with their matched segment" in outcome.out
    assert "adjusted Rand index 1.000" in outcome.out
    assert "Silhouette (common space)" in outcome.out


def test_compare_without_a_run_is_one_sentence(models: Path, sales: dict[str, Path]) -> None:
    outcome = run("compare", models, "missing", "--source", sales["before"])
    assert (outcome.code, outcome.out) == (2, "")
    assert "There is no folder missing." in outcome.err
