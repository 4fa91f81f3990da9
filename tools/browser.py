"""Chromium as people use it, for the browser tests and the screenshots."""

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.process import NotStarted
from tools.stack import Stack

# Chromium would otherwise look for updates, and refuse to run as root.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
]
# How long a test waits for what has to come, also where other work fills the machine. How quickly it
# has to come is measured by `make bench`.
PATIENCE_SECONDS = 180
PATIENCE_MS = 1000 * PATIENCE_SECONDS


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        raise NotStarted("Chromium is not installed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *arguments])
        new_context = browser.new_context

        def patient_context(**options: Any) -> BrowserContext:
            context = new_context(**options)
            context.set_default_timeout(PATIENCE_MS)
            return context

        browser.new_context = patient_context  # type: ignore[method-assign]  # Playwright has no such option
        try:
            yield browser
        finally:
            browser.close()


def wait_until(condition: Callable[[], object], what: str) -> float:
    """Returns the seconds that it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - began


def sign_in(page: Page, site: Stack, email: str) -> None:
    """By the code in the mail, from the login page that is open."""
    before = set(site.mail_dir.iterdir())
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send").click()
    code = mailed_code(site.mail_dir, before)
    page.locator("input[autocomplete=one-time-code]").fill(code)
    page.get_by_role("button", name="Sign in").click()


def mailed_code(mail_dir: Path, before: set[Path]) -> str:
    """The code that stands alone in a line of the newest mail."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for mail in set(mail_dir.iterdir()) - before:
            if found := re.search(r"^\s*(\d{4}-\d{4})\s*$", mail.read_text(), re.MULTILINE):
                return found.group(1)
        time.sleep(0.05)
    raise NotStarted("no mail with a code has come")
