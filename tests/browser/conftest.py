"""One browser for all tests of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Tab, chromium, find_chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all tests here."""
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium on the PATH (on Debian: apt-get install chromium)")
    with chromium(program, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Tab:
    """The browser's tab as a desktop has it, with nothing remembered."""
    browser.open_blank()
    browser.resize(1400, 900)
    browser.prefer(color_scheme="light", reduced_motion="reduce")
    browser.allow_scripts(True)
    return browser
