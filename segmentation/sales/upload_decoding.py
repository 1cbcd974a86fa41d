"""Decode uploads in a subprocess with limits, so that a hostile file cannot exhaust the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.errors import ColumnError, SettingsError, SourceError

MEMORY_MB, SECONDS = "SEGMENTS_UPLOAD_MEMORY_MB", "SEGMENTS_UPLOAD_DECODE_SECONDS"
"""Environment variables with the limits of decoding one upload."""
_DEFAULTS = {MEMORY_MB: 1536.0, SECONDS: 120.0}
_ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.1
_ERRORS: dict[str, type[SourceError] | type[ColumnError]] = {"SourceError": SourceError, "ColumnError": ColumnError}
_slots = threading.BoundedSemaphore(2)
"""Limits concurrent decoding, and so the total memory."""


@dataclass(frozen=True)
class DecodedFile:
    """A file that was rewritten as Parquet."""

    rows: int
    notices: tuple[str, ...]
    """On how it was read, one sentence each."""


def never_cancelled() -> bool:
    """The default of `is_cancelled`."""
    return False


def decode_upload(
    path: Path, out: Path, name: str, max_rows: int, is_cancelled: Callable[[], bool] = never_cancelled
) -> DecodedFile:
    """Rewrite an untrusted file of any supported kind as a plain Parquet file.

    Args:
        path: the untrusted file.
        out: the file to write, in a private directory; temporary files are written beside it.
        name: its display name, for errors.
        max_rows: a Parquet file with more rows is not rewritten.
        is_cancelled: polled while waiting; True stops decoding.

    Raises:
        SourceError: it is not a table, exceeds a limit, or was cancelled.
        ColumnError: it has no header.
    """
    memory, seconds = int(_read_limit(MEMORY_MB) * (1 << 20)), _read_limit(SECONDS)
    while not _slots.acquire(timeout=_POLL_SECONDS):
        if is_cancelled():
            raise _build_cancelled_error(name)
    try:
        files = {"path": str(path), "out": str(out), "name": name}
        limits = {"memory": memory, "seconds": seconds, "max_rows": max_rows}
        response = _run(json.dumps(files | limits), name, seconds, is_cancelled)
    finally:
        _slots.release()
    if "rows" in response:
        return DecodedFile(int(response["rows"]), tuple(response["notices"]))
    raise _ERRORS[response["error"]](response["message"], hint=response["hint"])


def _run(request: str, name: str, seconds: float, is_cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Run the subprocess with a request and return its response."""
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "segmentation.sales.decoder_process"],
            cwd=_ROOT,
            env=_build_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise SourceError(f"{name!r} cannot be read on this server.", hint="Contact your administrator.") from error
    assert process.stdin
    assert process.stdout
    try:
        with suppress(OSError):  # it may have exited already
            process.stdin.write(f"{request}\n".encode())
            process.stdin.flush()
        deadline = time.monotonic() + seconds
        while True:
            try:
                process.wait(_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if is_cancelled():
                    raise _build_cancelled_error(name) from None
                if time.monotonic() > deadline:
                    raise SourceError(
                        f"{name!r} could not be read within {seconds:g} seconds.",
                        hint="Remove columns or earlier years.",
                    ) from None
        try:
            response: dict[str, Any] = json.loads(process.stdout.read())
        except ValueError:  # killed by the system or by a limit
            raise SourceError(
                f"{name!r} needs more memory or time than one file may use, or is damaged.",
                hint="Remove columns or earlier years, or export it again.",
            ) from None
        return response
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _build_environment() -> dict[str, str]:
    """The environment of the subprocess, without credentials."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SNOWFLAKE", "AWS_", "AZURE_"))
    }
    return inherited | {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _read_limit(variable: str) -> float:
    """A limit from its environment variable, or its default."""
    text = os.environ.get(variable)
    try:
        value = float(text) if text else _DEFAULTS[variable]
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise SettingsError(f"{variable} is {text!r}, not a number above 0.", hint=f"Use {_DEFAULTS[variable]:g}.")
    return value


def _build_cancelled_error(name: str) -> SourceError:
    return SourceError(f"Reading {name!r} was stopped.", hint="Upload it again.")
