"""Warm-up, which runs once per process: each test starts its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

WARM_UP = """
import gc, time
from ui.server import warmup
from segmentation.sales.open_source import open_source

warmup._first_page_ready.set()
warmup.warm_up()
open_source(PATH).version()
until = time.monotonic() + 120
while time.monotonic() < until and gc.get_freeze_count() < 100_000:
    time.sleep(0.1)
live = len(gc.get_objects())
print(gc.get_freeze_count(), live)
"""

FREE = """
import gc, weakref
from ui.server import warmup

class Thing: pass

thing, cycle = Thing(), Thing()
warmup.exempt_from_collection()
gone = weakref.ref(thing)
del thing
assert gone() is None  # freed by reference count
later = Thing()
later.itself = later
gone = weakref.ref(later)
del later
gc.collect()
assert gone() is None  # objects created later are collected as usual
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=180, check=False
    )


def test_warm_up_exempts_libraries_from_collection_and_exits_without_messages(shop: Path) -> None:
    outcome = run_python(WARM_UP.replace("PATH", repr(str(shop))))
    assert outcome.returncode == 0, outcome.stderr
    frozen, live = map(int, outcome.stdout.split())
    assert frozen > live  # a collection after a page view looks at less than half of all objects
    assert "leaked" not in outcome.stderr


def test_exempt_from_collection_frees_by_reference_count_and_collects_later_cycles() -> None:
    outcome = run_python(FREE)
    assert outcome.returncode == 0, outcome.stderr
