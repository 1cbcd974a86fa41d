"""Text from data in a real browser: shown literally, never as a link, list, icon or heading."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from tests.browser.conftest import PATIENCE, ROOT, healthy, settled

pytestmark = pytest.mark.browser

Shown = list[dict[str, list[str]]]
NAMED = [
    "---",
    "- item",
    "* item",
    "+ item",
    "# head",
    "> quote",
    "1. x",
    "1) x",
    "12345. x",
    "===",
    "a\n===",
    "a\n---",
    "-",
    "ann@example.com",
    "mail ann.b+c@example.co.uk now",
    "www.example.com",
    "WWW.example.com/a?b=c",
    "http://a.de/x",
    "https://a.de",
    "mailto:a@b.de",
    "xmpp:a@b.de",
    "<http://a.de>",
    "[a](http://b.de)",
    "![a](http://b.de)",
    "[a]: http://b.de",
    ":material/home:",
    ":material_home:",
    ":streamlit:",
    ":red[a]",
    ":blue-background[a]",
    ":small[a]",
    "::x",
    ":::x",
    ":smile:",
    ":+1:",
    ":help[x]",
    "$x$",
    "$$x$$",
    "\\(x\\)",
    "`a`",
    "```\na",
    "~~~a",
    "~~a~~",
    "~a~",
    "==a==",
    "^a^",
    "| a | b |\n|---|---|\n| c | d |",
    "a[^1]",
    "[^1]: note",
    "<b>a</b>",
    "<!-- a -->",
    "<script>1</script>",
    "&amp;",
    "&#65;",
    "a\\",
    "\\",
    "\\*",
    "    code",
    "\tcode",
    "a\n\n    b",
    "a\n- b",
    "a  \nb",
    "*a*",
    "**a**",
    "_a_",
    "__a__",
    "__init__",
    "a_b_c",
    "a -> b",
    "->",
    "<-",
    "<->",
    "-->",
    "a -- b",
    "--",
    ">=",
    "<=",
    "~=",
    "[ ] todo",
    "- [x] done",
    "# a #",
    "{a}",
    "a:b",
    "12:30",
    "C:\\a",
    "snowflake:?x=1",
    "At-Risk Customers",
    "50 % (of 9) & more!",
    "Zo\u00eb \u2013 \u201ca\u201d",
]
SIGNS = "-+*#>=<_~`$:@|\\[](){}!&;^./\"'?%, \t\n19aZw\u00e9\u00a0"
PIECES = [*NAMED, "www.", "http://", ":material/", "@", "--", "->", "\n", "    ", "1. ", "&lt;", ":red["]
texts = st.one_of(
    st.text(SIGNS, min_size=1, max_size=14),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
    st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn")), min_size=1, max_size=14),
).filter(str.strip)

READ = """() => [...document.querySelectorAll('[class*="st-key-text_"]')].map(box => {
    const text = selector => [...box.querySelectorAll(selector)].map(one => one.textContent);
    const inside = '[data-testid="stMarkdownContainer"] ';
    return {
        markdown: text(':scope > [data-testid="stElementContainer"] > .stMarkdown'),
        caption: text('[data-testid="stCaptionContainer"]'),
        alert: text('.stAlert [data-testid="stMarkdownContainer"]'),
        metric: text('[data-testid="stMetricLabel"]'),
        table: text('table:not(' + inside + 'table) th, table:not(' + inside + 'table) td'),
        header: text('h2'),
        radio: text('[data-testid="stRadio"] [role="radiogroup"] label, [data-testid="stRadio"] [role="radio"]'),
        bad: [...box.querySelectorAll('a, img, code, pre, ul, ol, li, h1, h3, h4, h5, h6, hr, blockquote, ' +
            'del, sup, em, ' + inside + 'table, .katex, [role=img], [style*="color:"], .stMarkdownColoredText, ' +
            '.stMarkdownBadge, ' + inside + 'input')]
            .filter(one => !one.closest('svg, [data-testid="stAlertDynamicIcon"]'))
            .map(one => one.outerHTML),
    };
})"""


@pytest.fixture(scope="module")
def show(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[str]], Shown]]:
    """Show texts on a page, and read what it displays."""
    folder = tmp_path_factory.mktemp("markdown")
    (folder / "texts.json").write_text("[]")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "tests/browser/markdown_page.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
        "--server.fileWatcherType",
        "none",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"TEXTS": str(folder / "texts.json")}, stdout=log, stderr=log
        )
    try:
        address, deadline = f"http://localhost:{port}", time.monotonic() + PATIENCE / 1000
        while not healthy(address):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.1)
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)

        def show(texts: list[str]) -> Shown:
            Path(folder / "texts.json").write_text(json.dumps(texts), "utf-8")
            page.goto(address)
            page.wait_for_selector(f".st-key-text_{len(texts) - 1} [data-testid='stRadio']")
            settled(page)
            result: Shown = page.evaluate(READ)
            return result

        yield show
        page.close()
    finally:
        process.terminate()
        process.wait(60)


def seen(text: str) -> str:
    """A text as a browser shows it: line breaks and runs of spaces as one space."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def check(texts: list[str], shown: Shown) -> None:
    assert len(shown) == len(texts)
    for number, (text, result) in enumerate(zip(texts, shown, strict=True)):
        once = seen(text)
        assert result["bad"] == [], text
        expected = {
            "markdown": [once, f"{once} and {once}"],
            "caption": [f"{once} and {once}"],
            "alert": [once, once],
            "metric": [once],
            "table": [once, once],
            "header": [f"{number} {once}"],
            "radio": [once],
        }
        for surface, selected in expected.items():
            assert [seen(one) for one in result[surface]] == selected, (surface, text)


def test_escape_markdown_shows_special_characters(show: Callable[[list[str]], Shown]) -> None:
    check(NAMED, show(NAMED))


@settings(
    max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)
@given(st.lists(texts, min_size=60, max_size=60))
def test_escape_markdown_shows_any_text(show: Callable[[list[str]], Shown], texts: list[str]) -> None:
    check(texts, show(texts))
