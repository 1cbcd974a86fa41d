"""A full disk is explained in one plain sentence without a path, wherever something is written.

Processes of their own are limited in how large a file may become. What exceeds the limit fails as on a full disk, in
the middle of a file.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from segmentation.errors import SegmentationError, SettingsError
from segmentation.export.customer_list import FORMATS
from segmentation.runtime.disk_space import describe_write_error, is_disk_full, to_disk_full_error
from tests.test_cli import run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")

LIMIT = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
"""
COMMAND = """
from segmentation.__main__ import main
limit(int(sys.argv[1]))
sys.exit(main(sys.argv[2:]))
"""
UPLOAD = """
from segmentation.errors import SourceError
from segmentation.sales.upload_store import store_upload
rows = int(sys.argv[2])
lines = b"".join(b"%d,2024-01-%02d,%d.5\\n" % (i * 7919 % 99991, i % 28 + 1, i * 31 % 1009) for i in range(rows))
data = b"customer_id,transaction_date,net_sales_amount\\n" + lines
limit(int(sys.argv[1]))
try:
    store_upload(data, "sales.csv")
except SourceError as error:
    print(error)
"""
SPILL = """
import ibis
from segmentation.errors import SourceError
from segmentation.sales import files
files.CONFIG["memory_limit"] = "60MB"
source = files.FileSource(__import__("pathlib").Path(sys.argv[1]))
limit(1_000_000)
table = source.table()
try:
    source.fetch(table.order_by([ibis.random(), *table.columns]))
except SourceError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def models(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of four segments."""
    folder = tmp_path_factory.mktemp("disk full") / "models"
    assert run("train", "--source", shop, "--k", 4, "--out", folder, "--quick", "--quiet").code == 0
    return folder


def run_limited(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMIT + script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def check_message(message: str, folder: Path) -> None:
    """One sentence and a hint, which name the cause and no folder."""
    assert "the disk is full" in message.lower(), message
    assert str(folder) not in message
    assert "Errno" not in message
    assert "Traceback" not in message


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS.values()])
@pytest.mark.parametrize("command", ["export", "score"])
def test_lists_on_a_full_disk(models: Path, tmp_path: Path, command: str, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    path.write_text("what was there before")
    outcome = run_limited(COMMAND, 3000, command, "--run", models, "--out", path)
    assert outcome.returncode == 2, outcome.stderr
    check_message(outcome.stderr, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "what was there before"


def test_report_on_a_full_disk(models: Path, tmp_path: Path) -> None:
    outcome = run_limited(COMMAND, 3000, "report", "--run", models, "--out", tmp_path / "report.html")
    assert outcome.returncode == 2, outcome.stderr
    check_message(outcome.stderr, tmp_path)
    assert not list(tmp_path.iterdir())


def test_saving_a_run_on_a_full_disk(shop: Path, models: Path) -> None:
    before = sorted(path.name for path in models.iterdir())
    outcome = run_limited(COMMAND, 3000, "train", "--source", shop, "--k", 5, "--out", models, "--quick")
    assert outcome.returncode == 2, outcome.stderr
    check_message(outcome.stderr, models)
    assert sorted(path.name for path in models.iterdir()) == before


@pytest.mark.parametrize("arguments", [("--out", "shop.parquet"), ("--raw-tables", "--out", "shop.duckdb")])
def test_generate_on_a_full_disk(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    *options, name = arguments
    outcome = run_limited(COMMAND, 30_000, "generate", "--customers", 2000, *options, tmp_path / name)
    assert outcome.returncode == 2, outcome.stderr
    check_message(outcome.stderr, tmp_path)


@pytest.mark.parametrize("size", [8_000, 40_000])
def test_publish_on_a_full_disk(models: Path, tmp_path: Path, size: int) -> None:
    """Full while the file is made, and while rows are written."""
    path = tmp_path / "out.duckdb"
    outcome = run_limited(COMMAND, size, "publish", "--run", models, "--to", f"duckdb://{path}")
    assert outcome.returncode == 2, outcome.stderr
    check_message(outcome.stderr, tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_sql_into_a_full_device(models: Path) -> None:
    command = [sys.executable, "-m", "segmentation", "sql", "--run", str(models), "--dialect", "duckdb"]
    with Path("/dev/full").open("w") as full:
        outcome = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert outcome.returncode == 2, outcome.stderr
    assert outcome.stderr == "Error: The disk is full.\nHint: Free up disk space and try again.\n"


@pytest.mark.parametrize(("size", "rows"), [(20_000, 20_000), (400, 10)], ids=["stored", "decoded"])
def test_upload_on_a_full_disk(tmp_path: Path, size: int, rows: int) -> None:
    """Full while the file is stored, or while its decoded copy is written, which is larger where rows are few."""
    outcome = run_limited(UPLOAD, size, rows)
    check_message(outcome.stdout + outcome.stderr, tmp_path)
    assert "'sales.csv'" in outcome.stdout


def test_query_that_spills_to_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    values = "md5(i::varchar) as customer_id, date '2024-01-01' as transaction_date, random() as net_sales_amount"
    duckdb.sql(f"copy (select {values} from range(2_000_000) t(i)) to '{path}'")
    outcome = run_limited(SPILL, path)
    check_message(outcome.stdout + outcome.stderr, tmp_path)
    assert "'large.parquet' could not be read." in outcome.stdout


def test_page_on_a_full_disk_shows_a_notice_without_a_path() -> None:
    def script() -> None:
        import errno

        from ui.components.errors import error_boundary

        with error_boundary():
            raise OSError(errno.ENOSPC, "No space left on device", "/secret/models")

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    assert app.error[0].proto.title == "The disk is full."
    assert "/secret" not in app.error[0].value


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_is_disk_full_looks_at_what_led_to_an_error(code: int) -> None:
    try:
        try:
            raise OSError(code, os.strerror(code), "/secret/list.csv")
        except OSError as error:
            raise RuntimeError("the library failed") from error
    except RuntimeError as error:
        assert is_disk_full(error)
        assert str(to_disk_full_error(error)) == "The disk is full. Free up disk space and try again."


def test_is_disk_full_ignores_other_errors() -> None:
    assert not is_disk_full(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    assert not is_disk_full(SettingsError("File too large"))
    assert to_disk_full_error(SegmentationError("anything")) is None


def test_describe_write_error_names_no_path() -> None:
    error = PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/secret/list.csv")
    assert describe_write_error(error) == "permission denied"
