"""A page whose predecessor still sends requests."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import BrowserContext, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.conftest import PATIENCE, get_nav_link, settled

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("is_timer", [True, False], ids=["timer", "button"])
def test_page_stays_complete_when_the_former_page_sends_a_late_request(
    server: str, other_context: BrowserContext, is_timer: bool
) -> None:
    """A busy machine delays the request; here, it is held back until the server draws the next page."""
    held_back: list[BackMsg] = []
    late: list[BackMsg] = []

    def relay(browser: WebSocketRoute) -> None:
        to_server = browser.connect_to_server()

        def forward(data: str | bytes) -> None:
            message = BackMsg.FromString(bytes(data))  # type: ignore[arg-type]
            if message.rerun_script.fragment_id:
                held_back.append(message)
                return
            to_server.send(data)
            if held_back:
                late.append(held_back.pop())
                late[-1].rerun_script.is_auto_rerun = is_timer
                to_server.send(late[-1].SerializeToString())

        browser.on_message(forward)
        to_server.on_message(browser.send)

    other_context.route_web_socket(re.compile("_stcore/stream"), relay)
    # Features that no other test combines: a fragment watches their validation.
    features = f"discount_share=true&weekend_share=true&tenure_days={str(is_timer).lower()}"
    page = other_context.new_page()
    page.goto(f"{server}/segments?source=Web shop (demo)&{features}")
    deadline = time.monotonic() + PATIENCE / 1000
    while not held_back and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    get_nav_link(page, "").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    settled(page)
    page.wait_for_timeout(1000)  # whatever the late request would change
    settled(page)
    assert late, "no fragment had been run"
    expect(page.get_by_role("heading", name="Get started")).to_be_visible(timeout=5000)
    expect(page.get_by_role("heading", name="Segments", exact=True)).to_have_count(0)
    page.close()
