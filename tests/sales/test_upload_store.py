"""A visitor's file is private while it is here, and nothing of it is left when it is gone."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import ColumnError, SegmentationError, SourceError
from segmentation.pipeline import build_segmentation, load_customers, train_every_k
from segmentation.runs.save import save_run
from segmentation.runtime import workdir as private
from segmentation.sales import upload_store
from segmentation.sales.open_source import open_source
from segmentation.settings import ModelSettings, RunSettings, SalesSettings
from tests.conftest import SIX_CUSTOMERS

ROOT = Path(__file__).resolve().parents[2]
CSV = SIX_CUSTOMERS.to_csv(index=False).encode()


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place where the system keeps such files, empty at first."""
    upload_store.remove_all_uploads()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    upload_store.remove_all_uploads()


def left(room: Path) -> list[str]:
    """Every file in the room but locks."""
    return [path.name for path in room.rglob("*") if path.is_file() and path.name != "lock"]


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def test_a_file_lies_where_nobody_else_can_read_it_and_goes_when_it_is_removed(room: Path) -> None:
    source = upload_store.store_upload(CSV, "Käufe 2024.csv")
    path = next(path for path in room.rglob("*.parquet"))
    assert left(room) == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert source.size == len(CSV)
    assert source.name == "Käufe 2024.csv"
    assert "Käufe" not in path.name
    assert source.version() == hashlib.sha256(CSV).hexdigest()
    assert source.lines == len(SIX_CUSTOMERS)
    assert open_source(source.uri) is source
    upload_store.remove_upload(source.uri)
    assert left(room) == []
    for ask in (lambda: open_source(source.uri), source.version, lambda: source.table()):
        with pytest.raises(SourceError, match=r"no longer available|was removed"):
            ask()


def test_customers_are_the_same_as_of_a_file_on_this_computer(tmp_path: Path) -> None:
    (tmp_path / "six.csv").write_bytes(CSV)
    expected = load_customers(SalesSettings(str(tmp_path / "six.csv")))
    for data in (CSV, parquet(SIX_CUSTOMERS)):
        found = load_customers(SalesSettings(upload_store.store_upload(data, "six").uri))
        pd.testing.assert_frame_equal(found.frame, expected.frame)


def test_what_is_saved_says_the_name_and_neither_token_nor_path(shop: Path, tmp_path: Path) -> None:
    source = upload_store.store_upload(shop.read_bytes(), "My shop.parquet")
    token = source.uri.removeprefix("upload:").partition("/")[0]
    training = train_every_k(load_customers(SalesSettings(source.uri)), ModelSettings())
    folder = save_run(build_segmentation(training, 3).to_run_record(), tmp_path / "models")
    texts = [path.read_bytes() for path in (tmp_path / "models").rglob("*") if path.is_file()]
    assert not any(token.encode() in text or b"segments-work" in text for text in texts)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["settings"]["sales"]["source"] == "upload:My shop.parquet"
    with pytest.raises(SourceError, match=r"The uploaded file 'My shop\.parquet' is no longer available"):
        open_source(RunSettings.from_dict(manifest["settings"]).sales.source)
    again = upload_store.store_upload(shop.read_bytes(), "My shop.parquet")
    assert again.uri != source.uri
    same = build_segmentation(train_every_k(load_customers(SalesSettings(again.uri)), ModelSettings()), 3)
    assert same.run_id.rpartition("-")[2] == folder.name.rpartition("-")[2]


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "empty.csv", "The file 'empty.csv' is empty."),
        (b"customer,date,amount\n", "head.csv", "'head.csv' has no lines below its header."),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "picture.csv", "'picture.csv' is a picture, not a text table."),
        (b"PK\x03\x04" + bytes(200), "book.csv", "'book.csv' is an Excel workbook or another zip"),
        (b"PAR1" + bytes(200), "x.parquet", "'x.parquet' is not a readable Parquet file."),
        (bytes(range(256)) * 40, "rubbish.csv", "'rubbish.csv' is not a supported text file."),
        (b"1,2024-01-01,5\n2,2024-01-02,6\n", "nohead.csv", "'nohead.csv' has no header"),
        ((",".join(f"c{i}" for i in range(501)) + "\n").encode(), "wide.csv", "'wide.csv' has 501 columns."),
        (parquet(pd.DataFrame({f"c{i}": [1] for i in range(501)})), "w.pq", "'w.pq' has 501 columns."),
    ],
)
def test_what_is_no_table_costs_a_sentence_and_leaves_nothing(
    room: Path, data: bytes, name: str, sentence: str
) -> None:
    with pytest.raises((SourceError, ColumnError)) as error:
        upload_store.store_upload(data, name)
    assert error.value.message.startswith(sentence)
    assert error.value.hint
    assert left(room) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_too_many_lines_are_refused_before_anything_is_read(
    room: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(upload_store, "MAX_LINES", 10)
    monkeypatch.setattr(upload_store, "UploadSource", None)  # it is not even asked to read
    for data in (CSV.replace(b"\n", end.encode()), parquet(SIX_CUSTOMERS)):
        with pytest.raises(SourceError, match="lines; the limit is 10"):
            upload_store.store_upload(data, "long")
    assert left(room) == []


def test_reading_takes_no_more_memory_than_allowed(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_UPLOAD_MEMORY_MB", "420")
    lines = b"".join(
        b"%d,2024-01-01,%s\n" % (i, hashlib.sha256(b"%d" % i).hexdigest().encode()) for i in range(400_000)
    )
    with pytest.raises(SourceError, match="needs more memory than one file may use"):
        upload_store.store_upload(b"customer,date,text\n" + lines, "large.csv")
    assert left(room) == []
    assert not (ROOT / ".tmp").exists()


def test_another_encoding_leaves_no_copy_anywhere(room: Path) -> None:
    source = upload_store.store_upload(CSV.replace("ë".encode(), b"\xeb"), "latin.csv")
    assert source.fetch(source.table().filter(source.table().customer_id == "Zoë").count().as_table()).num_rows == 1
    assert len(left(room)) == 1


def test_a_file_cannot_reach_another(room: Path, tmp_path: Path) -> None:
    other = upload_store.store_upload(CSV, "other.csv")
    path = next(path for path in room.rglob("*.parquet"))
    source = upload_store.store_upload(CSV, "mine.csv")
    with source._read_connection() as connection, pytest.raises(Exception, match="Permission"):
        connection.execute(f"select * from read_parquet('{path}')")
    assert other.lines == source.lines


KEEPS = """
import sys, time
sys.path.insert(0, {root!r})
from segmentation.sales import upload_store
upload_store.store_upload(b"customer,date,amount\\n1,2024-01-01,5\\n", "sales.csv")
print("kept", flush=True)
time.sleep({seconds})
"""


@contextmanager
def process(room: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    code = KEEPS.format(root=str(ROOT), seconds=seconds)
    environment = {"TMPDIR": str(room), "PATH": ""}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "kept\n"
        yield running
        running.kill()


def test_a_process_that_ends_takes_its_files_along(room: Path) -> None:
    with process(room, 0) as ended:
        assert ended.wait(60) == 0
    assert list(room.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not(room: Path) -> None:
    with process(room, 600) as killed, process(room, 600):
        mine = upload_store.store_upload(CSV, "mine.csv")
        killed.send_signal(signal.SIGKILL)
        killed.wait(60)
        assert len(left(room)) == 3
        assert private.remove_stale() == 1
        assert len(left(room)) == 2
        assert private.remove_stale() == 0
        assert mine.lines == len(SIX_CUSTOMERS)
    assert private.remove_stale() == 1


def test_a_wide_table_and_odd_names_are_read(room: Path) -> None:
    extra = {'=HYPERLINK("http://x")': "1", "**bold** <b>": "2"} | {f"extra_{number}": number for number in range(200)}
    frame = pd.concat([SIX_CUSTOMERS, pd.DataFrame(extra, index=SIX_CUSTOMERS.index)], axis=1)
    table = load_customers(SalesSettings(upload_store.store_upload(frame.to_csv(index=False).encode(), "wide.csv").uri))
    assert len(table.frame) == 5


def test_columns_may_be_called_as_those_that_are_made_while_reading() -> None:
    frame = SIX_CUSTOMERS.assign(
        transaction_date=pd.to_datetime(SIX_CUSTOMERS["transaction_date"]).dt.strftime("%d.%m.%Y"),
        text_transaction_date="x",
        Read_Net_Sales_Amount="1",
        read_net_sales_amount_="2",
        text="y",
    )
    uri = upload_store.store_upload(frame.to_csv(index=False, sep=";", decimal=",").encode(), "six.csv").uri
    found, expected = (
        load_customers(SalesSettings(one)) for one in (uri, upload_store.store_upload(CSV, "six.csv").uri)
    )
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.reconciliation.money_accepted == expected.reconciliation.money_accepted


def test_a_column_that_is_said_not_to_be_there_is_not_used() -> None:
    uri = upload_store.store_upload(CSV, "six.csv").uri
    table = load_customers(SalesSettings(uri, columns=(("product_category", ""), ("coupon_status", ""))))
    assert not table.has_categories
    assert "coupon_share" in table.unavailable_features
    with pytest.raises(SegmentationError, match="No column for customer_id was found"):
        load_customers(SalesSettings(uri, columns=(("customer_id", ""),)))
