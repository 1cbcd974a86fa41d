"""A run restored from a warehouse is the run that was published, and the next one is matched to it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import joblib
import pandas as pd
import pytest

from segmentation.__main__ import main
from segmentation.errors import RunError
from segmentation.publishing.publish import TABLES
from segmentation.restoring import restore_run
from segmentation.runs.load import CUSTOMERS, METRICS, MODEL, SCALER, SavedRun, open_run, read_manifest
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import DATABASE, SCHEMA, Server

NOT_COMPARED = {"checksum", "files", "settings"}


def run_command(*arguments: str | Path) -> None:
    assert main([*map(str, arguments), "--quiet"]) == 0


@pytest.fixture(scope="module")
def trained(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run on a DuckDB file beside it, with exclusions, weights and a certainty for each customer."""
    folder = tmp_path_factory.mktemp("trained")
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        connection.execute(f"create table fct_sales as from '{shop}'")
    options = ["--quick", "--k", "4", "--as-of", "2024-12-01", "--exclude-period", "2024-07-01:2024-07-10"]
    options += ["--weights", "frequency=2"]
    run_command("train", "--source", f"duckdb://{folder}/shop.duckdb", "--out", folder / "models", *options)
    run_command("publish", "--run", folder / "models", "--to", f"duckdb://{folder}/shop.duckdb")
    return folder


def assert_same_run(restored: SavedRun, original: SavedRun, folder: Path) -> None:
    """Manifest, model, customers, metrics, scores, exports and report."""
    first, second = read_manifest(original.folder), read_manifest(restored.folder)
    assert {name for name in first if first[name] != second[name]} <= NOT_COMPARED
    settings = [values["settings"] for values in (first, second)]
    for values in settings:
        values["sales"].pop("source")
    assert settings[0] == settings[1]
    assert (restored.folder / CUSTOMERS).read_bytes() == (original.folder / CUSTOMERS).read_bytes()
    metrics = [json.loads((run.folder / METRICS).read_text()) for run in (original, restored)]
    for values in metrics:
        values["settings"]["sales"].pop("source")
    assert metrics[0] == metrics[1]
    features = pd.DataFrame([[1.0, 2.0, 3.0], [200.0, 1.0, 900.0]], columns=list(original.features)).to_numpy()
    models, scalers = ([joblib.load(run.folder / name) for run in (original, restored)] for name in (MODEL, SCALER))
    assert (models[0].cluster_centers_ == models[1].cluster_centers_).all()
    assert models[0].inertia_ == models[1].inertia_
    assert (scalers[0].transform(features) == scalers[1].transform(features)).all()
    for label, run in (("first", original), ("second", restored)):
        run_command("export", "--run", run.folder, "--out", folder / f"{label}_list.csv")
        run_command("report", "--run", run.folder, "--out", folder / f"{label}.html")
        run_command("score", "--run", run.folder, "--out", folder / f"{label}_scores.csv")
    for name in ("{}_list.csv", "{}.html"):
        assert (folder / name.format("first")).read_bytes() == (folder / name.format("second")).read_bytes()
    scores = [pd.read_csv(folder / f"{label}_scores.csv", dtype={"customer_id": str}) for label in ("first", "second")]
    # Each is a read of its own: the last bit of a sum depends on the order in which the engine adds.
    pd.testing.assert_frame_equal(*[frame.drop(columns="prediction_timestamp") for frame in scores], rtol=1e-12)


def test_restore_run_duckdb(trained: Path, tmp_path: Path) -> None:
    """The sales are found in the file that the run was published to."""
    original = open_run(trained / "models")
    uri = f"duckdb://{trained}/shop.duckdb"
    run_command("restore", "--from", uri, "--run", original.run_id, "--out", tmp_path / "models")
    restored = open_run(tmp_path / "models")
    assert restored.settings == original.settings
    assert "certainty" in restored.read_customers()
    assert_same_run(restored, original, tmp_path)
    assert restore_run(uri, None, tmp_path / "models").run_id == original.run_id
    assert restore_run(uri, None, trained / "models").settings == original.settings


def test_restore_run_then_train_keeps_segments(trained: Path, shop: Path, tmp_path: Path) -> None:
    """A job without a disk gives what a job with one gives."""
    later = tmp_path / "later.parquet"
    sales = pd.read_parquet(shop)
    sales.assign(transaction_date=sales["transaction_date"] + pd.Timedelta(days=1)).to_parquet(later)
    restore_run(f"duckdb://{trained}/shop.duckdb", None, tmp_path / "restored")
    shutil.copytree(trained / "models", tmp_path / "kept", symlinks=True)
    original = open_run(trained / "models")
    names = original.segments.set_index("segment_id")["segment_name"].to_dict()
    for folder in (tmp_path / "restored", tmp_path / "kept"):
        run_command("train", "--source", later, "--out", folder, "--quick", "--k", "4")
        run = open_run(folder)
        assert run.run_id != original.run_id
        assert [row["how"] for row in run.matching] == ["kept"] * 4
        assert [row["previous_name"] for row in run.matching] == [names[row["segment_id"]] for row in run.matching]


def test_restore_run_snowflake(on_snowflake: Server, shop: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """The address of the sales has the database and schema, which another job may not have in its settings."""
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    to = f"snowflake:{DATABASE}.RESTORED"
    run_command("train", "--source", "snowflake:", "--out", tmp_path / "models", "--quick", "--k", "4")
    run_command("publish", "--run", tmp_path / "models", "--to", to)
    original = open_run(tmp_path / "models")
    monkeypatch.delenv("SNOWFLAKE_SCHEMA")
    monkeypatch.delenv("SNOWFLAKE_DATABASE")
    run_command("restore", "--from", to, "--run", original.run_id, "--out", tmp_path / "restored")
    restored = open_run(tmp_path / "restored")
    assert restored.settings.sales.source == f"snowflake:{DATABASE}.{SCHEMA}.FCT_SALES"
    monkeypatch.setenv("SNOWFLAKE_SCHEMA", SCHEMA)
    monkeypatch.setenv("SNOWFLAKE_DATABASE", DATABASE)
    assert_same_run(restored, original, tmp_path)
    row = get_session().fetch_rows(
        f"SELECT source, product_version, features, centers, scaler FROM {DATABASE}.RESTORED.SEGMENTATION_RUNS"
    )[0]
    assert row[0] == restored.settings.sales.source
    assert row[1] == original.versions["segments"]
    assert json.loads(row[2]) == list(original.features)
    assert json.loads(row[3]) == original.centers.tolist()
    assert json.loads(row[4]) == original.scaler


def test_publish_run_adds_columns_to_older_tables(trained: Path, tmp_path: Path) -> None:
    """The tables of version 1.0, with a run in them: the columns are added, and a run published again is completed."""
    path = tmp_path / "old.duckdb"
    original = open_run(trained / "models")
    run_command("publish", "--run", original.folder, "--to", f"duckdb://{path}")
    with duckdb.connect(str(path)) as connection:
        for table, columns in TABLES.items():
            for column in list(columns)[15 if table == "segmentation_runs" else 8 :]:
                connection.execute(f"alter table ml_results.{table} drop column {column}")
        connection.execute("update ml_results.segmentation_runs set published_at = '2026-01-01'")
        connection.execute("create view readers as from ml_results.customer_segments")
    with pytest.raises(RunError, match="did not store the model"):
        restore_run(f"duckdb://{path}", None, tmp_path / "models")
    run_command("publish", "--run", original.folder, "--to", f"duckdb://{path}")
    restored = restore_run(f"duckdb://{path}", None, tmp_path / "models", original.settings.sales.source)
    assert (restored.folder / CUSTOMERS).read_bytes() == (original.folder / CUSTOMERS).read_bytes()


def test_restore_run_reports_what_is_missing(trained: Path, tmp_path: Path, record: RunRecord) -> None:
    path, out = tmp_path / "shop.duckdb", tmp_path / "models"
    uri = f"duckdb://{path}"
    with pytest.raises(RunError, match="No run is published in"):
        restore_run(uri, None, out)
    duckdb.connect(str(path)).close()
    with pytest.raises(RunError, match="No run is published in"):
        restore_run(uri, None, out)
    run_command("publish", "--run", trained / "models", "--to", uri)
    with pytest.raises(RunError, match="There is no run no_such_run in") as caught:
        restore_run(uri, "no_such_run", out)
    assert open_run(trained / "models").run_id in str(caught.value.hint)
    with pytest.raises(RunError, match="is not a run ID"):
        restore_run(uri, "x' or '1'='1", out)
    first = open_run(trained / "models").run_id
    later = open_run(save_run(record, tmp_path / "other"))
    run_command("publish", "--run", later.folder, "--to", uri)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from ml_results.customer_segments_history where customer_id = 'C0007'")
    with pytest.raises(RunError, match="has 398 of the 399 customers"):
        restore_run(uri, first, out)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update ml_results.segmentation_runs set manifest = replace(manifest, '\"k\": 4', '\"k\": 5')"
        )
    with pytest.raises(RunError, match="has been changed"):
        restore_run(uri, first, out)
    assert not out.exists()
