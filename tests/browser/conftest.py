"""Fixtures: a server with the demo on its own port, and Chromium."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 180_000
"""Milliseconds for one step; a busy machine is no defect."""
ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules of axe whose result depends on the theme, light or dark."""
STREAMLIT_VIOLATIONS = {
    # A navigation with sections puts a div between the list and its items.
    "list": '[data-testid="stSidebarNav"]',
    "listitem": '[data-testid="stSidebarNav"]',
    # The box of the file field has a name and a role without meaning. Its button has both, and the keyboard reaches it.
    "presentation-role-conflict": '[data-testid="stFileUploader"]',
}
"""Rules of axe that Streamlit's own markup violates, with the part of the page that does."""
Open = Callable[..., Page]
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server started as by `make run`, except for the port."""
    with running(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="session")
def upload_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server of uploads keeps files, its log and its saved runs; a killed one has left something there."""
    folder = tmp_path_factory.mktemp("upload")
    left = folder / "segments-work-left"
    left.mkdir(mode=0o700)
    (left / "lock").touch()
    (left / "old.csv").write_text("customer,date,amount\n")
    return folder


@pytest.fixture(scope="session")
def upload_server(upload_folder: Path, shop: Path) -> Iterator[str]:
    """Address of a server that offers a shop, and deletes a file a second after its visit."""
    with running(upload_folder, f"Shop={shop}", TMPDIR=str(upload_folder), SEGMENTS_UPLOAD_SECONDS="1") as address:
        yield address
    assert not list(upload_folder.glob("segments-work-*")), "the server has ended and its files are still there"


@contextmanager
def running(folder: Path, source: str = "", **settings: str) -> Iterator[str]:
    """A server with a folder of saved runs of its own; `settings` are added to its environment."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
        "--server.fileWatcherType",
        "none",
    ]
    environment = os.environ | {"SEGMENTS_SOURCE": source, "SEGMENTS_MODELS": str(folder / "models")}
    environment |= {"SEGMENTS_LOCAL_FILES": "1"}
    environment |= settings
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = f"http://localhost:{port}"
        deadline = time.monotonic() + PATIENCE / 1000
        while not healthy(address):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.1)
        subprocess.run([sys.executable, "-m", "ui.server.prewarm", address], cwd=ROOT, check=True, timeout=300)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """The browser context of all tests: its cache saves most visits from loading and compiling Streamlit's scripts.

    To the server, each tab is a visit of its own.
    """
    context = new_context(chromium)
    yield context
    context.close()


@pytest.fixture
def other_context(chromium: Browser) -> Iterator[BrowserContext]:
    """The browser of another visitor, with an empty cache."""
    context = new_context(chromium)
    yield context
    context.close()


def new_context(chromium: Browser) -> BrowserContext:
    """A browser context without animations: without a GPU, drawing Streamlit's loading skeleton keeps a core busy."""
    context = chromium.new_context(accept_downloads=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    return context


def open_tab(context: BrowserContext, address: str, *, dark: bool = False, width: int = 1280) -> Page:
    """Open an address in a new tab, and wait until the page is complete."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto(address)
    settled(page)
    return page


@pytest.fixture
def open_page(server: str, context: BrowserContext) -> Iterator[Open]:
    """Open a page in a tab of its own: open_page("segments", "k=5", dark=True, width=375)."""
    pages = []

    def open_page(path: str = "", query: str = "", *, dark: bool = False, width: int = 1280) -> Page:
        pages.append(open_tab(context, f"{server}/{path}" + (f"?{query}" if query else ""), dark=dark, width=width))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


def fresh(page: Page, key: str) -> Locator:
    """The element with this key in the newest view; the previous one stays hidden in the page until it is complete."""
    return page.locator(f".st-key-{key}:not([data-retained])")


def get_button(page: Page, key: str) -> Locator:
    """The button with this key, whatever its label says."""
    return fresh(page, key).get_by_role("button")


def settled(page: Page) -> None:
    """Wait until the page is complete: the server is idle, and no element of the previous view is left."""
    page.wait_for_selector("h1")
    page.wait_for_selector(QUIET)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    expect(page.locator('[data-testid="stAppSkeleton"], [data-testid="stSkeleton"]')).to_have_count(0)


def switch_theme(page: Page) -> None:
    """Let the visitor's system prefer the other theme, light or dark, and wait until the page follows."""
    color = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    before = page.evaluate(color)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if dark else "dark")
    page.wait_for_function(f"before => {color} !== before", arg=before)
    # The browser tells the server of the theme; charts and tables that depend on it come with the next view.
    page.wait_for_timeout(300)
    settled(page)


def find_violations(page: Page, rules: list[str] | dict[str, object] = ALL_RULES) -> list[tuple[str, list[str]]]:
    """Violations of axe's `rules`, by default WCAG 2.2 AA and best practice, without those of Streamlit itself.

    Returns:
        each violated rule, with the HTML of up to three elements.
    """
    violations = []
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    for violation in Axe().run(page, options=options).response["violations"]:
        exempt = STREAMLIT_VIOLATIONS.get(violation["id"])
        nodes = [
            node["html"][:160]
            for node in violation["nodes"]
            if not exempt or page.locator(node["target"][0]).and_(page.locator(f"{exempt} *")).count() == 0
        ]
        if nodes:
            violations.append((violation["id"], nodes[:3]))
    return violations


def expand(label: Locator) -> None:
    """Open an expander. It is not animated: see `ui/components/page_style.py`."""
    label.click()
    details = label.locator("xpath=ancestor-or-self::details[1]")
    expect(details).to_have_attribute("open", "")
    expect(details.get_by_test_id("stExpanderDetails").first).not_to_have_attribute("inert", "")


def get_nav_link(page: Page, path: str) -> Locator:
    """The link of the navigation to the page at this address; "" is the default page. Titles may change."""
    links = page.get_by_test_id("stSidebarNavLink")
    return links.and_(page.locator(f'a[href$="/{path}"], a[href*="/{path}?"]'))


def go_to(page: Page, path: str) -> None:
    """Follow the navigation to a page, and wait until it is complete."""
    link = get_nav_link(page, path)
    if page.get_by_test_id("stExpandSidebarButton").is_visible():
        # A narrow window hides the sidebar. Opening and closing it again would keep it closed in later tabs as well.
        link.dispatch_event("click")
    else:
        link.click()
    expect(page).to_have_url(re.compile(rf"^[^?]*//[^/]*/{path}(\?|$)"))
    settled(page)
