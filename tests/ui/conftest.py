"""Fixtures: pages run in-process against a small shop; query parameters are passed as keywords."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from segmentation.runtime.cancellation import raise_if_cancelled
from segmentation.sales import upload_store
from ui.data import validation
from ui.data.jobs import Job, JobQueue

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "overview": "app_pages/data/overview.py",
    "upload": "app_pages/data/upload.py",
    "customers": "app_pages/data/customers.py",
    "choose_k": "app_pages/segments/choose_k.py",
    "segments": "app_pages/segments/profiles.py",
    "history": "app_pages/segments/history.py",
    "export": "app_pages/campaigns/export.py",
    "tuning": "app_pages/segments/tuning.py",
    "runs": "app_pages/models/runs.py",
    "compare": "app_pages/segments/compare.py",
    "one": "app_pages/segments/details.py",
    "publish": "app_pages/campaigns/publish.py",
    "campaigns": "app_pages/campaigns/campaigns.py",
}
Open = Callable[..., AppTest]

# AppTest looks for components in the metadata of every installed package at each run, which takes 0.2 seconds.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="module")
def with_validation() -> None:
    """Let pages validate segments in the background, as the app does. In other tests, the validation never ends."""
    validation.get_validation_job.clear()  # jobs of other modules


@pytest.fixture
def open_page(request: pytest.FixtureRequest, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a page of the app: open_page("segments", k="5")."""
    with_validation = "with_validation" in request.fixturenames
    return set_up_app(shop, tmp_path / "models", monkeypatch, with_validation=with_validation)


def set_up_app(shop: Path, models: Path, monkeypatch: pytest.MonkeyPatch, *, with_validation: bool = False) -> Open:
    """Set the environment of the app, and return a function that opens one of its pages."""
    if not with_validation:
        monkeypatch.setattr(validation, "start_validation", begin_validation)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Our shop={shop}")
    monkeypatch.setenv("SEGMENTS_LOCAL_FILES", "1")
    monkeypatch.setenv("SEGMENTS_MODELS", str(models))

    def open_page(page: str = "choose_k", **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        return app if page == "overview" else app.switch_page(PAGES[page]).run()

    return open_page


def begin_validation(training: object) -> Job[validation.Outcome]:
    """Start a validation that runs until it is cancelled: a real one would compute beside the tests that follow."""

    def run(report_progress: object) -> validation.Outcome:
        while True:
            raise_if_cancelled()
            time.sleep(0.2)

    return Job(run, "evidence", queue=JobQueue(1))


@pytest.fixture
def hand_over(open_page: Open) -> Iterator[Open]:
    """Open the page and hand a file over: hand_over(data, "sales.csv")."""

    def hand_over(data: bytes, name: str = "sales.csv", app: AppTest | None = None) -> AppTest:
        return upload_file(app or open_page("upload"), data, name)

    yield hand_over
    upload_store.remove_all_uploads()


def upload_file(app: AppTest, data: bytes, name: str) -> AppTest:
    """Hand a file over to the page that is open."""
    app.file_uploader[0].upload(name, data).run()
    assert not app.exception
    return app


@pytest.fixture(scope="session")
def lines(shop: Path) -> pd.DataFrame:
    """The shop's lines, for expected values computed with pandas alone."""
    return pd.read_parquet(shop)


def read_text(app: AppTest) -> str:
    """Everything the page says in words, without the backslashes that keep Markdown from reading it."""
    parts = [*app.main.markdown, *app.main.caption, *app.main.header, *app.main.title]
    return re.sub(r"\\(?=[\W_])", "", "\n".join(str(part.value) for part in parts))


def save_button(app: AppTest) -> Any:
    """The button that saves the result that is shown."""
    return next(button for button in app.button if button.label == "Save and set as current")
