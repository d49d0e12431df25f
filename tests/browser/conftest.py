"""A browser and a JupyterLab for the tests of this folder, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import explorer, harness

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OpenExplorer = Callable[..., None]


# Package scope: Playwright keeps an event loop running, which tests of other folders must not meet.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if why := harness.missing():
        pytest.skip(why)
    with harness.running_browser() as running:
        yield running


@pytest.fixture(scope="package")
def server(browser: Browser) -> Iterator[harness.Server]:
    """JupyterLab over a copy of `notebooks/`; `browser` first, so that nothing starts in vain."""
    with harness.running_server(harness.ROOT / "notebooks") as running:
        yield running


@pytest.fixture
def book(browser: Browser, server: harness.Server) -> Iterator[harness.Book]:
    """A page of its own, 1280 x 720 px, for one test."""
    made = harness.Book(browser, server)
    yield made
    made.close()


@pytest.fixture
def check_explorer(book: harness.Book) -> OpenExplorer:
    """`check_explorer(notebook, slider=..., shown=..., preset=...)`: see `explorer.check_explorer`."""

    def check(
        notebook: str, *, slider: str, shown: Callable[[list[explorer.Row]], list[str]], preset: str = ""
    ) -> None:
        explorer.check_explorer(book, notebook, slider, shown, preset)

    return check
