"""A real browser, Debian's Chromium, before a real platform. What it shows is kept as pictures in var/browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.clauses.driver import Company
from tests.platform.running import Platform

PICTURES = Path(__file__).resolve().parents[2] / "var" / "browser"
PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
SECONDS = 20
NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def platform(new_platform: Callable[..., Platform]) -> Iterator[Platform]:
    """One of its own, with the limits on guessing as they come."""
    running = new_platform("sqlite", KEFU_GUESS_RATE="10/minute", KEFU_GUESSED_RATE="20/hour")
    yield running
    running.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("KEFU_CHROMIUM") or shutil.which("chromium")
    assert chromium, "Chromium is missing: scripts/setup test installs it, or apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def company(platform: Platform) -> Iterator[Company]:
    with ExitStack() as stack:
        yield Company.found(platform, stack, name="宏达汽车销售服务有限公司")


@pytest.fixture
def new_page(browser: Browser, platform: Platform) -> Iterator[NewPage]:
    """Opens a window: `new_page(locale="en-GB", viewport=PHONE)`."""
    opened: list[BrowserContext] = []

    def make(locale: str = "zh-CN", viewport: dict[str, int] = PHONE, **more: object) -> Page:
        context = browser.new_context(
            base_url=platform.base_url, locale=locale, viewport=viewport, **more  # type: ignore[arg-type]
        )  # fmt: skip
        context.set_default_timeout(SECONDS * 1000)
        opened.append(context)
        return context.new_page()

    yield make
    for context in opened:
        context.close()


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
