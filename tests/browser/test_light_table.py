"""The light table in a real browser: nothing missing, nothing asked for, used by hand and keys."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.export.light_table import LightTable, light_table_html
from tests.browser.chromium import Tab
from tests.support.light_tables import STORY, hostile, lantern, panel

_PHONE = (375, 812)


def lay(tab: Tab, table: LightTable, folder: Path) -> Path:
    """Opens the table in the tab; what it complained of fails the test."""
    file = folder / "contact-sheet.html"
    file.write_bytes(light_table_html(table))
    tab.open(file)
    assert tab.complaints() == []
    return file


def focused(tab: Tab) -> str:
    """The take that has the focus: its panel, and its number or `own`."""
    found: str = tab.evaluate(
        "(() => { const e = document.activeElement; return e.closest('.panel')"
        ".querySelector('h3 bdi').textContent + ' ' + e.querySelector('.number').textContent })()"
    )
    return found


def shown(tab: Tab) -> str | None:
    """What is looked at large; None where nothing is."""
    found: str | None = tab.evaluate(
        "document.querySelector('#large').open"
        " ? document.querySelector('#large-name').textContent : null"
    )
    return found


def text(tab: Tab, selector: str) -> str:
    """The text of the first element that the selector finds."""
    found: str = tab.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")
    return found


def allow_clipboard(tab: Tab) -> None:
    """Lets the page write to the clipboard, as for a person's click, and us read it."""
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    tab.send("Browser.grantPermissions", permissions=permissions)


def begin(tab: Tab) -> None:
    """Puts the focus on the first take by the keyboard alone."""
    for _ in range(9):
        tab.press("Tab")
        if tab.evaluate("document.activeElement.matches('.take')"):
            return
    raise AssertionError("no take can be reached by the Tab key")


@pytest.mark.parametrize("size", [(1400, 900), _PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_picture_is_there_and_nothing_is_asked_for(
    tab: Tab, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    tab.resize(*size, mobile=size == _PHONE)
    tab.prefer(color_scheme=scheme)
    file = lay(tab, lantern(tmp_path), tmp_path)
    assert [address for address in tab.requests() if not address.startswith("data:")] == [
        file.as_uri()
    ]
    widths = tab.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) == 7
    assert min(widths) > 0


def test_its_policy_stops_what_got_in_all_the_same(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    stopped = tab.evaluate(
        "new Promise(done => { const seen = [];"
        " document.addEventListener('securitypolicyviolation', event => {"
        "  seen.push(event.effectiveDirective); if (seen.length === 3) done(seen.sort()) });"
        " document.body.insertAdjacentHTML('beforeend', '<img src=https://example.org/a.png>');"
        " const script = document.createElement('script'); script.text = 'window.hit = 1';"
        " document.body.append(script); fetch('https://example.org/').catch(() => {}) })"
    )
    assert stopped == ["connect-src", "img-src", "script-src-elem"]
    assert tab.evaluate("window.hit") is None
    failed = [event["blockedReason"] for name, event in tab.events if name.endswith("Failed")]
    assert failed == ["csp"], "the picture's request left; the other was not even made"


def test_arrow_keys_walk_from_take_to_take_and_from_row_to_row(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    begin(tab)
    walked = [focused(tab)]
    for _ in range(7):
        tab.press("ArrowRight")
        walked.append(focused(tab))
    assert walked == [
        "1.pier own",
        "1.lantern own",
        "1.lantern 1",
        "1.lantern 2",
        "1.tower own",
        "2.cat own",
        "2.灯台-Ünïcode own",
        "2.灯台-Ünïcode 3",
    ]
    tab.press("ArrowRight")  # there is nothing beyond
    tab.press("ArrowLeft")
    assert focused(tab) == "2.灯台-Ünïcode own"
    tab.press("ArrowUp")
    assert focused(tab).startswith("1.")
    tab.press("ArrowDown")
    assert focused(tab).startswith("2.")
    tab.press("Home")
    assert focused(tab) == "1.pier own"
    tab.press("End")
    assert focused(tab) == "2.灯台-Ünïcode 3"


def test_the_focus_can_be_seen(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    begin(tab)
    outline = "(() => { const s = getComputedStyle(document.activeElement);"
    outline += " return [s.outlineStyle, s.outlineWidth] })()"
    assert tab.evaluate(outline) == ["solid", "3px"]
    tab.press("Enter")
    assert tab.evaluate(outline) == ["solid", "3px"]


def test_the_tab_key_meets_each_panel_once_at_the_take_in_use(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    begin(tab)
    met = [focused(tab)]
    for _ in range(4):
        tab.press("Tab")
        assert tab.evaluate("document.activeElement.tagName") == "SUMMARY"
        tab.press("Tab")
        met.append(focused(tab))
    assert met == [
        "1.pier own",
        "1.lantern 2",
        "1.tower own",
        "2.cat own",
        "2.灯台-Ünïcode own",
    ]


def test_enter_looks_closer_arrows_leaf_and_escape_closes(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    begin(tab)
    tab.press("ArrowRight")
    tab.press("Enter")
    assert shown(tab) == "1.lantern the story’s own"
    tab.press("ArrowRight")
    assert shown(tab) == "1.lantern take 1"
    assert shlex.split(text(tab, ".pick code")) == ["storyboard", "pick", STORY, "1.lantern", "1"]
    assert tab.evaluate("document.querySelector('.easel img').naturalWidth") == 96
    tab.press("ArrowDown")
    assert shown(tab) == "1.tower the story’s own"
    assert "the prompt of 1.tower" in text(tab, ".more")
    tab.press("ArrowUp")
    assert shown(tab) == "1.lantern take 2", "a panel opens at the take in use"
    tab.press("Escape")
    assert shown(tab) is None
    assert tab.until("document.activeElement.matches('.take.picked')")
    assert focused(tab) == "1.lantern 2", "the focus stays where one looked last"


def test_a_click_on_a_take_shows_its_command(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    tab.click(".page:last-of-type .panel:last-child li:last-child .take")
    assert shown(tab) == "2.灯台-Ünïcode take 3"
    words = ["storyboard", "pick", STORY, "2.灯台-Ünïcode", "3"]
    assert shlex.split(text(tab, ".pick code")) == words
    assert shlex.split(text(tab, ".draw code")) == ["storyboard", "reroll", *words[2:4]]
    tab.click(".close")
    assert shown(tab) is None


@pytest.mark.parametrize("clipboard", ["allowed", "without"])
def test_the_copy_button_copies_the_command(tab: Tab, tmp_path: Path, clipboard: str) -> None:
    allow_clipboard(tab)
    lay(tab, lantern(tmp_path), tmp_path)
    tab.evaluate("window.read = navigator.clipboard.readText.bind(navigator.clipboard)")
    tab.evaluate("navigator.clipboard.writeText('before')")
    if clipboard == "without":  # as in browsers that keep it from pages out of files
        tab.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    begin(tab)
    tab.press("Enter")
    tab.press("Enter")
    assert tab.until("document.querySelector('.pick .copy').textContent === 'Copied'")
    assert tab.evaluate("read()") == text(tab, ".pick code")
    assert shown(tab) == "1.pier the story’s own"
    assert tab.complaints() == []


def test_noted_picks_are_copied_together_and_outlive_a_reload(tab: Tab, tmp_path: Path) -> None:
    allow_clipboard(tab)
    table = lantern(tmp_path)
    lay(tab, table, tmp_path)
    begin(tab)
    for key in ("ArrowRight", "p", "ArrowRight", "p", "End", "p"):  # a panel has one pick
        tab.press(key)
    assert tab.until(_counts("2 picks noted"))
    lay(tab, table, tmp_path)
    assert tab.until(_counts("2 picks noted"))
    tab.click(".tray .copy")
    assert tab.until("document.querySelector('.tray .copy').textContent === 'Copied'")
    lines = str(tab.evaluate("navigator.clipboard.readText()")).splitlines()
    assert [shlex.split(line)[-2:] for line in lines] == [
        ["1.lantern", "1"],
        ["2.灯台-Ünïcode", "3"],
    ]
    lay(tab, _with_last_picked(table), tmp_path)
    assert tab.until(_counts("1 pick noted")), "what was picked since is done"
    tab.click(".tray .clear")
    assert tab.evaluate("document.querySelector('.tray').hidden")


def _counts(told: str) -> str:
    return f"document.querySelector('.count').textContent === {told!r}"


def _with_last_picked(table: LightTable) -> LightTable:
    *others, last = table.panels
    takes = tuple(replace(take, picked=take.number == 3) for take in last.takes)
    return replace(table, panels=(*others, replace(last, takes=takes)))


def test_filters_leave_the_panels_that_want_a_look(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    left = "[...document.querySelectorAll('.panel')].filter(p => p.checkVisibility())"
    left += ".map(p => p.querySelector('h3 bdi').textContent)"
    for choice, panels in (
        ("takes", ["1.lantern", "2.灯台-Ünïcode"]),
        ("open", ["1.tower", "2.cat"]),
        ("warnings", ["1.lantern"]),
    ):
        tab.click(f"label:has([value={choice}])")
        assert tab.evaluate(left) == panels
    begin(tab)
    tab.press("ArrowLeft")
    tab.press("ArrowLeft")
    assert focused(tab) == "1.lantern own"
    tab.press("ArrowLeft")  # what is not shown is not walked to
    assert focused(tab) == "1.lantern own"


@pytest.mark.parametrize("scheme", ["ordinary", "endless words"])
def test_nothing_hangs_over_the_edge_of_a_phone(tab: Tab, tmp_path: Path, scheme: str) -> None:
    tab.resize(*_PHONE, mobile=True)
    table = lantern(tmp_path) if scheme == "ordinary" else hostile(tmp_path, "x" * 400)
    lay(tab, table, tmp_path)
    wide = "[document.documentElement.scrollWidth, innerWidth]"
    assert tab.evaluate(wide) == [375, 375]
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert tab.evaluate(wide) == [375, 375]
    tab.click(".panel .take")
    assert tab.evaluate("document.querySelector('#large').scrollWidth") <= 375
    tab.click(".note")
    tab.click(".close")
    assert tab.evaluate(wide) == [375, 375], "with the tray"


def test_on_a_phone_what_is_touched_is_large_enough(tab: Tab, tmp_path: Path) -> None:
    tab.resize(*_PHONE, mobile=True)
    lay(tab, lantern(tmp_path), tmp_path)
    tab.click(".panel .take")
    heights = tab.evaluate(
        "[...document.querySelectorAll('button, summary, .filters span, .pages a')]"
        ".filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 32


def test_manga_lies_and_is_walked_from_the_right(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path, "rtl"), tmp_path)
    lefts = tab.evaluate(
        "[...document.querySelectorAll('[data-takes=\"3\"] .take')].map(e => e.offsetLeft)"
    )
    assert lefts == sorted(lefts, reverse=True)
    begin(tab)
    tab.press("ArrowLeft")
    tab.press("ArrowLeft")
    assert focused(tab) == "1.lantern 1"
    tab.press("ArrowRight")
    assert focused(tab) == "1.lantern own"
    tab.press("Enter")
    tab.press("ArrowLeft")
    assert shown(tab) == "1.lantern take 1"


def test_without_scripts_everything_can_be_read(tab: Tab, tmp_path: Path) -> None:
    tab.allow_scripts(False)
    lay(tab, lantern(tmp_path), tmp_path)
    tab.allow_scripts(True)  # for our questions; the page's own script has not run
    assert "This browser runs no scripts" in text(tab, "noscript")
    assert tab.evaluate("document.querySelector('.hint').checkVisibility()")
    assert not tab.evaluate("document.querySelector('.filters').checkVisibility()")
    command = "document.querySelectorAll('details')[1].querySelectorAll('code')[2]"
    assert not tab.evaluate(f"{command}.checkVisibility()")
    tab.click(".panel:nth-of-type(2) summary")
    assert tab.evaluate(f"{command}.checkVisibility()")
    assert shlex.split(tab.evaluate(f"{command}.textContent"))[-2:] == ["1.lantern", "2"]


def test_a_hostile_story_does_nothing(tab: Tab, tmp_path: Path) -> None:
    table = hostile(tmp_path)
    lay(tab, table, tmp_path)
    tab.click("[data-takes] li:nth-child(2) .take")
    tab.press("p")
    tab.press("Escape")
    assert tab.evaluate("window.hit") is None
    assert text(tab, "h1") == table.title
    assert shlex.split(text(tab, ".pick code"))[2] == table.story
    assert tab.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(tab: Tab, tmp_path: Path, scheme: str) -> None:
    tab.prefer(color_scheme=scheme)
    failed = panel("1.a", 1, state="failed", reason="out of memory", warnings=("too long",))
    table = lantern(tmp_path)
    lay(tab, replace(table, panels=(*table.panels, failed)), tmp_path)
    tab.click("[data-takes='3'] .take.picked")
    poor = tab.evaluate(_CONTRASTS)
    assert poor == []


_CONTRASTS = """
(() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (rgb(color)[3] !== 0) return color;
    }
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    if (!e.checkVisibility() || e.closest(".unseen")) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${e.className || e.tagName}: ${ratio.toFixed(2)}`);
  }
  return poor;
})()
"""


def test_light_and_dark_are_the_systems_choice(tab: Tab, tmp_path: Path) -> None:
    lay(tab, lantern(tmp_path), tmp_path)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(ground)
    tab.prefer(color_scheme="dark")
    assert (light, tab.evaluate(ground)) == ("rgb(241, 241, 240)", "rgb(20, 20, 20)")


def test_nothing_moves_for_who_asked_for_stillness(tab: Tab, tmp_path: Path) -> None:
    moving = (
        "[...document.querySelectorAll('html, body *')].map(e => getComputedStyle(e)).filter(s =>"
        " s.animationName !== 'none' || s.scrollBehavior === 'smooth' ||"
        " s.transitionDuration.split(', ').some(d => d !== '0s')).length"
    )
    lay(tab, lantern(tmp_path), tmp_path)
    tab.click(".take")
    assert tab.evaluate(moving) == 0
    tab.prefer(reduced_motion="no-preference")
    assert tab.evaluate(moving) > 0
