"""A full disk is told in one plain sentence that names no folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PUBLISH_WITH_LITTLE_SPACE = """
import resource, signal, sys
from segmentation.delivery.places import place_of
from segmentation.errors import SourceError
place = place_of("duckdb://" + sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with place.writing() as writer:
        writer.run("create table big as select random() as a from range(3000000)")
        writer.run("checkpoint")
except SourceError as error:
    print(error)
"""


def test_publishing_to_a_full_disk_is_told_without_a_path(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PUBLISH_WITH_LITTLE_SPACE, str(tmp_path / "out.duckdb")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "The disk is full" in run.stdout, run.stdout + run.stderr
    assert str(tmp_path) not in run.stdout
