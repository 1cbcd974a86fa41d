"""Lists too large to be here as a whole: the same files as of the whole, made of a few parts at a time."""

from __future__ import annotations

import io
import shutil
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from segmentation import customer_loading, pipeline, results, scoring
from segmentation.__main__ import main
from segmentation.customers import in_memory
from segmentation.customers import load as customer_load
from segmentation.errors import RunError, SourceError
from segmentation.export import customer_list
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs import load
from segmentation.runs.customer_columns import CUSTOMER_COLUMNS
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.runtime import tabular_files
from segmentation.sales import duckdb
from segmentation.sales.files import FileSource
from segmentation.settings import ModelSettings, SalesSettings
from tests.frames import select_customers


def set_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a hundred rows, batches of seventy, blocks of a file of some twenty rows."""
    monkeypatch.setattr(customer_load, "SAMPLE_ROWS", 500)
    monkeypatch.setattr(duckdb, "BATCH_ROWS", 70)
    monkeypatch.setattr(tabular_files, "BATCH_ROWS", 100)
    monkeypatch.setattr(in_memory, "BATCH_ROWS", 100)
    monkeypatch.setattr(tabular_files.iter_batches, "__defaults__", (100,))
    monkeypatch.setattr(load, "BLOCK_BYTES", 2_000)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    set_small_parts(monkeypatch)


@pytest.fixture(scope="module")
def there(real_sales: Path) -> Segmentation:
    """Segments of which a sample is here. Tests must not modify it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_small_parts(monkeypatch)
        customers = pipeline.load_customers(SalesSettings(str(real_sales), sample_above=1_000))
        assert customers.store.notices
        return pipeline.build_segmentation(pipeline.train_every_k(customers, ModelSettings()), 4)


@pytest.fixture(scope="module")
def saved(there: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "models"
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_small_parts(monkeypatch)
        save_run(there.to_run_record(), folder)
    return folder


@pytest.fixture
def models(saved: Path, tmp_path: Path) -> Path:
    """A folder with the run of `there`, which a test may modify."""
    shutil.copytree(saved, tmp_path / "models", symlinks=True)
    return tmp_path / "models"


@pytest.fixture
def whole(real_customers: CustomerTable) -> Segmentation:
    return pipeline.build_segmentation(pipeline.train_every_k(real_customers, ModelSettings()), 4)


def test_iter_customers_batches_equal_list(whole: Segmentation, there: Segmentation) -> None:
    for found in (whole, there):
        everybody, names = found.list_customers(), found.segments["segment_name"].tolist()
        pd.testing.assert_frame_equal(pd.concat(found.iter_customers(), ignore_index=True), everybody)
        some = select_customers(everybody, names[1:3])
        pd.testing.assert_frame_equal(pd.concat(found.iter_customers(names[1:3]), ignore_index=True), some)
        assert max(map(len, found.iter_customers())) <= 100


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_write_list_batches_equal_single_frame(there: Segmentation, form: str) -> None:
    names, about = there.segments["segment_name"].tolist(), {"run_id": "r", "data_window": "w"}
    of_whole = customer_list.render_list(
        select_customers(there.list_customers(names)), provenance=about, file_format=form
    )
    assert customer_list.render_list(there.iter_customers(names), provenance=about, file_format=form) == of_whole


def test_write_list_holds_few_batches_in_memory(there: Segmentation, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[weakref.ref[pd.DataFrame]] = []
    most = 0
    plain = results.build_customer_segments

    def watched(*arguments: Any) -> pd.DataFrame:
        nonlocal most
        frame = plain(*arguments)
        alive.append(weakref.ref(frame))
        most = max(most, sum(ref() is not None for ref in alive))
        return frame

    monkeypatch.setattr(results, "build_customer_segments", watched)
    customer_list.write_list(there.iter_customers(), io.BytesIO())
    assert len(alive) > 15
    assert most <= 3


def test_save_run_batches_equal_single_frame(there: Segmentation, tmp_path: Path) -> None:
    record = there.to_run_record()
    run = open_run(save_run(record, tmp_path))
    pd.testing.assert_frame_equal(
        run.read_customers().drop(columns="prediction_timestamp"),
        there.list_customers().drop(columns="prediction_timestamp"),
    )
    assert run.segments["customers"].sum() == len(run.read_customers()) == 1_468


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_export_large_run_equals_small_run(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    run = open_run(models)
    names = run.segments["segment_name"].tolist()
    asked = ["export", "--run", str(models), "--format", form, "--quiet"]
    chosen = [[], ["--segment", names[2]], ["--segment", names[3], "--segment", names[0]]]
    for large in (False, True):
        monkeypatch.setattr(load, "LARGE_LIST_BYTES", 0 if large else 10**9)
        assert run.is_large is large
        for number, some in enumerate(chosen):
            main([*asked, *some, "--out", str(tmp_path / f"{large}{number}")])
    for number in range(len(chosen)):
        assert (tmp_path / f"True{number}").read_bytes() == (tmp_path / f"False{number}").read_bytes()
    among = pd.Series(["17850", run.read_customers()["customer_id"][7], "nobody"])
    expected = run.read_customers()[["customer_id", "segment_id"]]
    expected = expected[expected["customer_id"].isin(among)].reset_index(drop=True)
    pd.testing.assert_frame_equal(run.get_labels(among), expected)
    customers = run.folder / load.CUSTOMERS
    customers.write_bytes(customers.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(RunError, match="is missing or has been changed"):
        next(run.iter_customers([1]))


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_score_batches_equal_single_frame(
    models: Path, real_sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    plain, frames = pipeline.load_customers, []
    for limit in (1_000_000, 1_000):
        monkeypatch.setattr(
            pipeline,
            "load_customers",
            lambda settings, *rest, limit=limit: plain(replace(settings, sample_above=limit), *rest),
        )
        path = tmp_path / f"{limit}.{form}"
        asked = ["score", "--run", str(models), "--source", str(real_sales), "--out", str(path)]
        assert main(asked) == 0
        frames.append(read_list(path))
    whole, parts = frames
    assert len(whole) == 1_468
    assert [*whole.columns] == [*CUSTOMER_COLUMNS, "run_id", "certainty"]
    pd.testing.assert_frame_equal(*(frame.drop(columns="prediction_timestamp") for frame in (parts, whole)))


def read_list(path: Path) -> pd.DataFrame:
    """The rows of a list in any format; those of a workbook one sheet after the other, without the first."""
    if path.suffix == ".xlsx":
        return pd.concat([*pd.read_excel(path, sheet_name=None, engine="openpyxl").values()][1:], ignore_index=True)
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)


class Breaking(FileSource):
    """Ends in the middle of a list."""

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        for number, batch in enumerate(super().iter_batches(query)):
            if number == 5:
                raise SourceError("The line was cut.", hint="Try again.")
            yield batch


def test_score_interrupted_keeps_previous_file(
    models: Path, real_sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    out = tmp_path / "lists" / "list.csv"
    out.parent.mkdir()
    out.write_text("the old list")
    monkeypatch.setattr(customer_loading, "open_source", lambda uri: Breaking(real_sales))
    plain = scoring.load_customers
    monkeypatch.setattr(
        scoring,
        "load_customers",
        lambda settings, *rest, **named: plain(SalesSettings(settings.source, sample_above=1_000), *rest, **named),
    )
    assert main(["score", "--run", str(models), "--source", str(real_sales), "--out", str(out)]) == 2
    assert "The line was cut." in capsys.readouterr().err
    assert out.read_text() == "the old list"
    assert [path.name for path in out.parent.iterdir()] == ["list.csv"]


def test_xlsx_refuses_too_many_customers(
    models: Path, real_sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(customer_list, "MAX_XLSX_ROWS", 1_000)
    assert main(["export", "--run", str(models), "--out", str(tmp_path / "list.xlsx")]) == 2
    assert "A workbook of 1,468 customers is too large for spreadsheets." in capsys.readouterr().err
    assert not (tmp_path / "list.xlsx").exists()
    assert (
        main(
            [
                "score",
                "--run",
                str(models),
                "--source",
                str(real_sales),
                "--out",
                str(tmp_path / "list.xlsx"),
            ]
        )
        == 2
    )
    assert "A workbook of more than 1,000 customers is too large for spreadsheets." in capsys.readouterr().err
    assert not (tmp_path / "list.xlsx").exists()
