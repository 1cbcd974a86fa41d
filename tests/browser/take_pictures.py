"""Renew docs/pictures: the top of pages, light and dark, wide and narrow. Called by `make pictures`."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Open, settled

FOLDER = ROOT / "docs" / "pictures"
PAGES = {"": "overview", "choose_k": "choose_k", "segments": "segments", "export": "export"}
HEIGHT = {1280: 1000, 375: 812}
MOST_BYTES = 250_000


@pytest.mark.browser
@pytest.mark.parametrize("width", HEIGHT)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_take(open_page: Open, path: str, dark: bool, width: int) -> None:
    page = open_page(path, "guide=false", dark=dark, width=width)
    page.set_viewport_size({"width": width, "height": HEIGHT[width]})
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    settled(page)
    page.evaluate("document.fonts.ready")
    applied = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    file = FOLDER / f"{PAGES[path]}_{'dark' if dark else 'light'}_{width}.png"
    FOLDER.mkdir(parents=True, exist_ok=True)
    applied.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    assert file.stat().st_size < MOST_BYTES
