"""The machine's own Chromium, without a window."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first draws the same pages in less time: it has no window that it could show."""

MISSING = "there is no Chromium here: apt-get install chromium-headless-shell"


def chromium_path() -> str | None:
    """Where it is; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def open_chromium() -> Generator[Browser]:
    """Starts it; it ends with the context.

    Raises:
        FileNotFoundError: there is none.
    """
    path = chromium_path()
    if path is None:
        raise FileNotFoundError(MISSING)
    # Root, as CI often is, cannot have Chromium's sandbox; the pages are our own.
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        yield browser
