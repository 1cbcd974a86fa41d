"""Files made to exhaust the server cost one sentence, whether uploaded or named on the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from segmentation.errors import SegmentationError, SettingsError, SourceError
from segmentation.pipeline import load_customers
from segmentation.sales import file_parsing, upload_decoding, upload_store
from segmentation.sales.files import FileSource
from segmentation.settings import SalesSettings
from tests.conftest import SIX_CUSTOMERS
from tests.sales import hostile_files as hostile
from tests.sales.test_upload_store import CSV, left, parquet
from tests.test_cli import run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LINE = b"C1,2024-01-01,1.00\n"
HEADER = ("customer_id", "transaction_date", "net_sales_amount")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's temporary folder, empty at first."""
    upload_store.remove_all_uploads()
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    upload_store.remove_all_uploads()


def open_both_ways(data: bytes, folder: Path, name: str) -> Iterator[Callable[[], FileSource]]:
    """Open a file as an upload, and as the command line does."""
    path = folder / name
    path.write_bytes(data)
    yield lambda: upload_store.store_upload(data, name)
    yield lambda: FileSource(path)


def refusals(data: bytes, folder: Path, name: str = "sales.parquet") -> list[str]:
    """What is said when a file is opened either way; nothing of an upload is left."""
    sentences = []
    for attempt in open_both_ways(data, folder, name):
        with pytest.raises(SegmentationError) as error:
            attempt()
        assert error.value.hint
        sentences.append(error.value.message)
    assert left(folder / "room") == []
    return sentences


def test_keep_refuses_one_huge_value_repeated_for_millions_of_rows(tmp_path: Path) -> None:
    data = hostile.dictionary_bomb(letters=200_000, rows=9_000_000)
    assert len(data) < 200_000
    expected = "The column 'customer_id' of 'sales.parquet' contains a value of 200,000 bytes."
    assert refusals(data, tmp_path) == [expected] * 2


def test_command_line_refuses_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    path.write_bytes(hostile.dictionary_bomb(letters=200_000, rows=9_000_000))
    for arguments in (["train", "--out", tmp_path / "models"], ["check"], ["tune"]):
        outcome = run(*arguments, "--source", path)
        assert outcome.code == 2
        assert "The column 'customer_id' of 'sales.parquet' contains a value of 200,000 bytes." in outcome.err
        assert "Hint: " in outcome.err


def test_keep_refuses_values_that_are_too_much_together(tmp_path: Path) -> None:
    data = hostile.dictionary_bomb(letters=100_000, rows=1_000_000)
    assert refusals(data, tmp_path) == ["'sales.parquet' contains 100.0 GB of data when decompressed."] * 2


def test_keep_refuses_hundreds_of_empty_columns_for_millions_of_rows(tmp_path: Path) -> None:
    rows = 3_000_000
    empty = pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int8()), pa.array(["x"]))
    data = hostile.parquet_file(hostile.sales_columns(rows) | {f"empty_{number}": empty for number in range(200)})
    assert refusals(data, tmp_path) == ["'sales.parquet' contains 2.4 GB of data when decompressed."] * 2


@pytest.mark.parametrize("name", ["customer_id", "transaction_id", "product_category"])
def test_a_long_value_is_refused_in_a_column_that_is_used(tmp_path: Path, name: str) -> None:
    frame = SIX_CUSTOMERS.assign(**{name: SIX_CUSTOMERS[name].astype(str) + "x" * 2_000, "note": "y" * 2_000})
    for attempt in open_both_ways(parquet(frame), tmp_path, "sales.parquet"):
        source = attempt()
        with pytest.raises(SourceError, match=f"The column '{name}' of 'sales.parquet' contains a value of 2,0"):
            load_customers(SalesSettings("sales"), source=source)
        if name != "customer_id":
            left_out = SalesSettings("sales", columns=((name, ""),))
            assert len(load_customers(left_out, source=source).frame) == 5


def test_large_files_may_hold_more_than_small_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_parsing, "MAX_DECODED_BYTES", 1)
    path = tmp_path / "sales.parquet"
    path.write_bytes(parquet(SIX_CUSTOMERS))
    assert len(load_customers(SalesSettings(str(path))).frame) == 5


def test_keep_refuses_pages_that_decompress_to_gigabytes(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        upload_store.store_upload(hostile.page_bomb(), "sales.parquet")
    assert left(tmp_path / "room") == []


def test_keep_refuses_a_footer_that_lies_about_rows(tmp_path: Path) -> None:
    data = hostile.lie_about_rows(12_345, claimed=1_000_000)
    assert refusals(data, tmp_path) == ["'sales.parquet' is not a readable Parquet file."] * 2


@pytest.mark.parametrize("length", [0, 1 << 20, (1 << 32) - 1])
def test_keep_refuses_a_footer_of_an_impossible_length(tmp_path: Path, length: int) -> None:
    data = parquet(SIX_CUSTOMERS)
    data = data[:-8] + length.to_bytes(4, "little") + data[-4:]
    assert refusals(data, tmp_path) == ["'sales.parquet' is not a readable Parquet file."] * 2


def test_many_row_groups_and_a_large_footer_are_read(tmp_path: Path) -> None:
    columns = {name: pa.array(SIX_CUSTOMERS[name].astype(str)) for name in SIX_CUSTOMERS}
    table = pa.table(columns)
    many = pa.concat_tables([table] * 200).replace_schema_metadata({"note": "x" * (8 << 20)})
    data = hostile.parquet_file({name: many[name] for name in many.column_names}, rows_per_group=1)
    for attempt in open_both_ways(data, tmp_path, "sales.parquet"):
        source = attempt()
        assert source.fetch(source.table().aggregate(rows=source.table().count())).to_pylist() == [
            {"rows": many.num_rows}
        ]


def nested_columns() -> dict[str, pa.Array]:
    rows = len(SIX_CUSTOMERS)
    return {
        "tags": pa.array([["a", "b"]] * rows),
        "address": pa.array([{"city": "x"}] * rows),
        "extra": pa.array([[("a", 1)]] * rows, pa.map_(pa.string(), pa.int32())),
    }


def test_nested_columns_that_are_not_needed_are_ignored(tmp_path: Path) -> None:
    flat = pa.Table.from_pandas(SIX_CUSTOMERS, preserve_index=False)
    data = hostile.parquet_file({name: flat[name] for name in flat.column_names} | nested_columns())
    for attempt in open_both_ways(data, tmp_path, "sales.parquet"):
        source = attempt()
        assert list(source.table().columns) == flat.column_names
        assert len(load_customers(SalesSettings("sales"), source=source).frame) == 5


@pytest.mark.parametrize("kind", ["tags", "address", "extra"])
def test_a_nested_column_that_is_needed_is_named(tmp_path: Path, kind: str) -> None:
    flat = pa.Table.from_pandas(SIX_CUSTOMERS, preserve_index=False)
    columns = {name: flat[name] for name in flat.column_names} | {"customer_id": nested_columns()[kind]}
    expected = "The column 'customer_id' of 'sales.parquet' contains lists or records instead of single values."
    assert refusals(hostile.parquet_file(columns), tmp_path) == [expected] * 2


def test_a_deeply_nested_column_does_no_harm(tmp_path: Path) -> None:
    deep, deepest = (
        hostile.parquet_file(hostile.sales_columns(1) | {"deep": hostile.nested_column(depth)}) for depth in (40, 600)
    )
    for attempt in open_both_ways(deep, tmp_path, "sales.parquet"):
        assert tuple(attempt().table().columns) == HEADER
    upload_store.remove_all_uploads()
    assert refusals(deepest, tmp_path) == ["'sales.parquet' is not a readable Parquet file."] * 2


def test_keep_refuses_too_many_columns_of_parquet(tmp_path: Path) -> None:
    data = parquet(pd.DataFrame({f"c{number}": [1] for number in range(501)}))
    assert refusals(data, tmp_path) == ["'sales.parquet' has 501 columns."] * 2


@pytest.mark.parametrize("header", ["column_{}", '"column {}"', '"column\n{}"'])
def test_columns_of_a_csv_are_counted_from_the_whole_header(tmp_path: Path, header: str) -> None:
    names = [*HEADER, *(header.format(number) for number in range(100_000))]
    path = hostile.csv_file(tmp_path, names, LINE)
    assert refusals(path.read_bytes(), tmp_path, "wide.csv") == ["'wide.csv' has 100,003 columns."] * 2


def test_a_header_longer_than_the_sample_is_read(tmp_path: Path) -> None:
    names = [*HEADER, *(f'"{number}\n{"x" * 3_000}"' for number in range(400))]
    path = hostile.csv_file(tmp_path, names, LINE.strip() + b"," * 400 + b"\n")
    for attempt in open_both_ways(path.read_bytes(), tmp_path, "wide.csv"):
        assert len(attempt().table().columns) == 403


def test_a_header_without_an_end_is_refused(tmp_path: Path) -> None:
    path = hostile.csv_file(tmp_path, [*HEADER, '"note'], b"x,y,z\n" * 2_000_000)
    assert refusals(path.read_bytes(), tmp_path, "endless.csv") == ["The header of 'endless.csv' is too long."] * 2


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (b"x" * 200_000, "The column 'customer_id' of 'sales.csv' contains a value of 200,000 bytes."),
        (b"x" * 5_000_000, "'sales.csv' cannot be read as a table"),
        (b"a\0b" * 9, "'sales.csv' is not a supported text file."),
    ],
    ids=["long value", "longer than a line may be", "NUL"],
)
def test_keep_refuses_values_of_a_csv_that_are_no_values(tmp_path: Path, cell: bytes, sentence: str) -> None:
    data = ",".join(HEADER).encode() + b"\n" + LINE * 3 + cell + b",2024-01-01,1.00\n"
    for said in refusals(data, tmp_path, "sales.csv"):
        assert said.startswith(sentence)


def test_a_quotation_mark_without_an_end_costs_its_line_alone(tmp_path: Path) -> None:
    data = ",".join(HEADER).encode() + b"\n" + LINE * 3 + b'"' + LINE * 500_000
    table = load_customers(SalesSettings(upload_store.store_upload(data, "sales.csv").uri))
    assert table.reconciliation.lines_read == 500_003
    assert any("line 5" in notice for notice in table.notices)


def test_millions_of_empty_lines_are_counted_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ",".join(HEADER).encode() + b"\n" + LINE + b"\n" * 9_000_000
    assert len(load_customers(SalesSettings(upload_store.store_upload(data, "empty.csv").uri)).frame) == 1
    with pytest.raises(SourceError, match="the limit is 10,000,000"):
        upload_store.store_upload(data + b"\n" * 2_000_000, "emptier.csv")


def test_decoding_ends_at_its_deadline(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(upload_decoding.SECONDS, "0.01")
    with pytest.raises(SourceError, match=r"could not be read within 0\.01 seconds"):
        upload_store.store_upload(CSV, "sales.csv")
    assert left(room) == []


def test_decoding_ends_when_its_visitor_has_left(room: Path) -> None:
    with pytest.raises(SourceError, match="was stopped"):
        upload_store.store_upload(CSV, "sales.csv", is_cancelled=lambda: True)
    assert left(room) == []


def test_a_decoder_that_crashes_costs_a_sentence(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(upload_decoding.MEMORY_MB, "50")  # less than Python and its libraries take
    with pytest.raises(SourceError, match="needs more memory or time than one file may use"):
        upload_store.store_upload(CSV, "sales.csv")
    assert left(room) == []


@pytest.mark.parametrize("value", ["many", "0", "-5", "nan", "1e400"])
def test_a_limit_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(upload_decoding.SECONDS, value)
    with pytest.raises(SettingsError, match=f"{upload_decoding.SECONDS} is '{value}', not a number above 0"):
        upload_store.store_upload(CSV, "sales.csv")


def test_the_decoder_is_given_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "secret")
    assert "secret" not in upload_decoding._build_environment().values()


DECODES = """
import sys, threading
from pathlib import Path
from typing import Any
from segmentation.sales.upload_decoding import decode_upload
decode_upload(Path(sys.argv[1]), Path(sys.argv[1] + ".out"), "sales", 10)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="lists the child processes of Linux")
def test_the_decoder_dies_with_its_parent(tmp_path: Path) -> None:
    waits = tmp_path / "upload"
    os.mkfifo(waits)  # reading it never ends
    with subprocess.Popen([sys.executable, "-c", DECODES, str(waits)], cwd=ROOT) as parent:
        tasks = Path(f"/proc/{parent.pid}/task")
        child = wait_for(lambda: "".join(path.read_text() for path in tasks.glob("*/children")).split())[0]
        wait_for(lambda: b"decoder" in Path(f"/proc/{child}/cmdline").read_bytes())
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{child}").exists() or "Z (" in status(child))


def status(child: str) -> str:
    return Path(f"/proc/{child}/status").read_text()


def wait_for(find: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 20
    while not (found := find()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found
