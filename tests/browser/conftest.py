"""A browser for each module, closed before the next one: no event loop may run beside it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.screens import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
