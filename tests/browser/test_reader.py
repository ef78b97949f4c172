"""The HTML reader in a real browser: read by keys, by hand and by touch, from either side."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from storyboard.export.book import Book
from storyboard.export.reader import write_reader
from storyboard.pages.content import Reading
from tests.browser.chromium import Tab
from tests.support.books import book, page_files

_PHONE = (375, 812)
HOSTILE = '</script><script>window.hit=1</script><img src=x onerror="window.hit=1">\'{{ 7*7 }}'


def written(folder: Path, of: Book, count: int = 6, spread: int = 0) -> Path:
    path = folder / "book.html"
    with path.open("wb") as file:
        write_reader(file, page_files(folder, count, "webp", spread), of)
    return path


def lay(
    tab: Tab,
    folder: Path,
    reading: Reading = "ltr",
    spread: int = 0,
    size: tuple[int, int] = (1400, 900),
) -> None:
    """Opens a reader that nobody has used; what it complained of fails the test."""
    tab.resize(*size, mobile=size == _PHONE)
    tab.open(written(folder, book(reading), spread=spread))
    tab.evaluate("localStorage.clear()")
    tab.open(written(folder, book(reading), spread=spread))
    assert tab.complaints() == []


def shown(tab: Tab) -> str:
    """The numbers of the pages in sight, from left to right."""
    found: str = tab.evaluate(
        "[...document.querySelectorAll('.page:not([hidden])')]"
        ".sort((a, b) => a.getBoundingClientRect().x - b.getBoundingClientRect().x)"
        ".map(page => page.dataset.number).join(' ')"
    )
    return found


def walk(tab: Tab, steps: list[Callable[[], None]]) -> list[str]:
    seen = []
    for step in steps:
        step()
        seen.append(shown(tab))
    return seen


@pytest.mark.parametrize("size", [(1400, 900), _PHONE])
@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_every_page_is_there_and_nothing_is_asked_for(
    tab: Tab, tmp_path: Path, reading: Reading, size: tuple[int, int]
) -> None:
    lay(tab, tmp_path, reading, size=size)
    asked = [address for address in tab.requests() if not address.startswith("data:")]
    assert asked == [(tmp_path / "book.html").as_uri()]
    widths = tab.evaluate(
        "Promise.all([...document.images].map(async i => (await i.decode(), i.naturalWidth)))"
    )
    assert widths == [300] * 6
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.parametrize(
    ("reading", "on", "pages"),
    [
        ("ltr", "ArrowRight", ["1", "2 3", "4 5", "6", "6"]),
        ("rtl", "ArrowLeft", ["1", "3 2", "5 4", "6", "6"]),
    ],
)
def test_arrows_turn_the_pages_as_they_lie(
    tab: Tab, tmp_path: Path, reading: Reading, on: str, pages: list[str]
) -> None:
    lay(tab, tmp_path, reading)
    back = "ArrowLeft" if on == "ArrowRight" else "ArrowRight"
    there = [shown(tab), *walk(tab, [lambda: tab.press(on)] * 4)]
    assert there == pages
    assert walk(tab, [lambda: tab.press(back)] * 3) == pages[2::-1]


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_space_home_and_end_know_no_direction(tab: Tab, tmp_path: Path, reading: Reading) -> None:
    lay(tab, tmp_path, reading, size=_PHONE)
    keys = [" ", " ", "End", "PageUp", "Home", "PageDown"]
    seen = walk(tab, [lambda key=key: tab.press(key) for key in keys])  # type: ignore[misc]
    assert seen == ["2", "3", "6", "5", "1", "2"]


@pytest.mark.parametrize(("reading", "seen"), [("ltr", ["2", "3", "2"]), ("rtl", ["1", "1", "2"])])
def test_a_swipe_draws_the_page_along(
    tab: Tab, tmp_path: Path, reading: Reading, seen: list[str]
) -> None:
    lay(tab, tmp_path, reading, size=_PHONE)
    left = lambda: tab.swipe((300, 400), (80, 410))  # noqa: E731
    right = lambda: tab.swipe((80, 400), (300, 410))  # noqa: E731
    assert walk(tab, [left, left, right]) == seen
    assert walk(tab, [lambda: tab.swipe((180, 700), (190, 200))]) == seen[-1:], "that was a scroll"


@pytest.mark.parametrize(
    ("reading", "seen"), [("ltr", ["2 3", "4 5", "2 3"]), ("rtl", ["1", "1", "3 2"])]
)
def test_clicks_at_the_sides_turn(
    tab: Tab, tmp_path: Path, reading: Reading, seen: list[str]
) -> None:
    lay(tab, tmp_path, reading)
    right, left = (lambda: tab.click("#right")), (lambda: tab.click("#left"))
    assert walk(tab, [right, right, left]) == seen


def test_a_spread_lies_alone(tab: Tab, tmp_path: Path) -> None:
    lay(tab, tmp_path, spread=4)
    assert walk(tab, [lambda: tab.press("ArrowRight")] * 3) == ["2 3", "4", "5 6"]


def test_single_and_double_pages_are_the_readers_choice_and_stay_so(
    tab: Tab, tmp_path: Path
) -> None:
    lay(tab, tmp_path)
    tab.press("ArrowRight")
    tab.click("#double")
    assert shown(tab) == "2"
    assert tab.evaluate("document.querySelector('#double').getAttribute('aria-pressed')") == "false"
    tab.open(tmp_path / "book.html")
    tab.press("End")
    tab.press("ArrowLeft")
    assert shown(tab) == "5"
    tab.press("d")
    assert shown(tab) == "4 5"


def test_pages_are_as_high_as_the_window_or_as_wide(tab: Tab, tmp_path: Path) -> None:
    lay(tab, tmp_path, size=_PHONE)
    box = "document.querySelector('.page:not([hidden]) img').getBoundingClientRect()"
    assert tab.evaluate(f"{box}.width") <= 375
    tab.resize(1400, 700)
    high = tab.evaluate(f"[{box}.top, {box}.bottom]")
    assert high[0] >= 48
    assert high[1] <= 700 - 48
    tab.press("d")
    tab.press("w")
    assert tab.evaluate(f"{box}.width") == pytest.approx(1400, abs=20)
    before = shown(tab)
    tab.press(" ")
    assert shown(tab) == before, "there is more of this page to read"
    assert tab.evaluate("scrollY") > 300


def test_the_address_knows_the_page(tab: Tab, tmp_path: Path) -> None:
    lay(tab, tmp_path)
    tab.press("ArrowRight")
    assert tab.evaluate("location.hash") == "#2"
    tab.evaluate("location.hash = '#5'")
    assert tab.until("document.querySelector('#where').textContent === '4–5 / 6'")


def test_what_is_said_is_there_for_those_who_listen(tab: Tab, tmp_path: Path) -> None:
    lay(tab, tmp_path)
    alt = tab.evaluate("document.images[1].alt")
    assert alt == "Page 2\nNight 2.\nmei: Rain & <b>\nDRIP"
    names = tab.evaluate(
        "[...document.querySelectorAll('button, input')].map(e => e.getAttribute('aria-label'))"
    )
    assert all(names)


def test_the_focus_is_seen_wherever_it_goes(tab: Tab, tmp_path: Path) -> None:
    lay(tab, tmp_path)
    tab.press("ArrowRight")
    reached = []
    for _ in range(6):
        tab.press("Tab")
        reached.append(tab.evaluate("document.activeElement.id"))
        assert tab.evaluate(
            "[document.activeElement, ...document.activeElement.children]"
            ".some(e => getComputedStyle(e).outlineStyle === 'solid')"
        ), reached
    assert reached == ["double", "wide", "full", "left", "right", "seek"]


def test_without_a_script_all_pages_stand_below_one_another(tab: Tab, tmp_path: Path) -> None:
    path = written(tmp_path, book())
    tab.allow_scripts(False)
    tab.open(path)
    assert shown(tab).split() == ["1", "2", "3", "4", "5", "6"]
    tops = tab.evaluate("[...document.images].map(i => i.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))


def test_whatever_an_author_wrote_is_text(tab: Tab, tmp_path: Path) -> None:
    tab.open(written(tmp_path, Book(HOSTILE, HOSTILE, "en")))
    assert tab.complaints() == []
    assert tab.evaluate("document.title") == HOSTILE
    assert tab.evaluate("window.hit") is None


def test_its_policy_stops_what_got_in_all_the_same(tab: Tab, tmp_path: Path) -> None:
    lay(tab, tmp_path)
    stopped = tab.evaluate(
        "new Promise(done => { document.addEventListener('securitypolicyviolation', event =>"
        " done(event.effectiveDirective));"
        " const script = document.createElement('script'); script.text = 'window.hit = 1';"
        " document.body.append(script) })"
    )
    assert stopped == "script-src-elem"


class _Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {name for name, _ in attrs}


def test_no_element_brings_a_style_or_a_handler_of_its_own(tmp_path: Path) -> None:
    parser = _Attributes()
    parser.feed(written(tmp_path, book()).read_text("utf-8"))
    assert not {name for name in parser.names if name == "style" or name.startswith("on")}


def test_equal_books_give_equal_bytes_and_pages_are_inside_as_they_are(tmp_path: Path) -> None:
    data = written(tmp_path, book()).read_bytes()
    assert written(tmp_path, book()).read_bytes() == data
    assert base64.b64encode((tmp_path / "leaf-3.webp").read_bytes()) in data
