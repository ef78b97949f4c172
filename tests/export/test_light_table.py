"""The light table is one file that holds everything, asks for nothing, and shows text as text."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from storyboard.errors import ProblemsError
from storyboard.export.light_table import (
    LightTable,
    PanelCard,
    TakeCard,
    Thumbnails,
    light_table_html,
)
from storyboard.export.light_table.commands import draw_command, pick_command
from storyboard.export.light_table.thumbnails import Thumbnail
from storyboard.geometry import Size
from tests.pages.samples import gradient
from tests.support.light_tables import HOSTILE, STORY, hostile, lantern, own, panel

_VOID = {"meta", "link", "img", "input"}


@dataclass
class Element:
    """An element of the page with what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    def all(self, fits: Callable[[Element], bool]) -> list[Element]:
        """What is in it and fits, in the page's order."""
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                found += [one] * fits(one) + one.all(fits)
        return found

    def named(self, name: str) -> list[Element]:
        """What is in it of this tag or class."""
        return self.all(lambda e: name in (e.tag, *e.attributes.get("class", "").split()))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read(table: LightTable) -> Element:
    """The table's page, taken apart."""
    reader = _Reader()
    reader.feed(light_table_html(table).decode("utf-8"))
    reader.close()
    return reader.root


def test_panels_lie_in_reading_order_with_their_takes_side_by_side(tmp_path: Path) -> None:
    page = read(lantern(tmp_path))
    assert [h.text for h in page.named("main")[0].named("h2")] == ["Page 1", "Page 2"]
    addresses = [p.named("h3")[0].named("bdi")[0].text for p in page.named("panel")]
    assert addresses == ["1.pier", "1.lantern", "1.tower", "2.cat", "2.灯台-Ünïcode"]
    takes = page.named("panel")[1].named("take")
    assert [t.named("number")[0].text for t in takes] == ["own", "1", "2"]
    assert ["picked" in t.attributes["class"].split() for t in takes] == [False, False, True]


def test_a_panel_says_prompt_seed_loras_tokens_warnings_and_what_a_final_costs(
    tmp_path: Path,
) -> None:
    shown = read(lantern(tmp_path)).named("panel")[1]
    assert shown.named("prompt")[0].text == "the prompt of 1.lantern"
    assert [take.named("caption")[0].text for take in shown.named("take")] == [
        "own seed 5",
        "1 seed 77",
        "2 scene: on the pier, cfg 6 seed 5 score 0.825 in use",
    ]
    assert [lora.text for lora in shown.named("lora")] == ["LoRA mei 0.8", "LoRA manga-ink 1"]
    assert shown.named("tokens")[0].text == "31 of 75 tokens"
    assert shown.named("warning")[0].text == (
        "Warning: the prompt has 81 tokens, the last 6 stand alone"
    )
    assert shown.named("final")[0].text == "Final 192x128, 12 steps (23 evaluations), about 14 s"


def test_without_a_script_prompt_settings_and_commands_can_be_read(tmp_path: Path) -> None:
    table = lantern(tmp_path)
    shown = read(table).named("panel")[1].named("details")[0]
    assert shown.inside[1] == shown.named("summary")[0]
    names = [term.text for term in shown.named("dt")]
    values = dict(zip(names, [value.text for value in shown.named("dd")], strict=True))
    assert values["Prompt"] == "the prompt of 1.lantern"
    assert values["Negative"] == "text, watermark"
    assert values["Sampler"] == "DPM++ 2S a Karras, 20 steps, cfg 7"
    assert values["Size"] == "96x64"
    assert values["Pick take 2"] == pick_command(table, table.panels[1], table.panels[1].takes[2])
    assert shlex.split(values["Pick the story’s own"]) == [
        "storyboard",
        "pick",
        STORY,
        "1.lantern",
        "-",
    ]
    assert shlex.split(values["More takes"]) == ["storyboard", "reroll", STORY, "1.lantern"]


def test_a_panel_that_is_not_ready_says_why_and_how_to_draw_it(tmp_path: Path) -> None:
    table = lantern(tmp_path)
    missing = read(table).named("panel")[3]
    assert missing.named("badge")[0].text == "not drawn"
    assert missing.named("reason")[0].text == "never drawn"
    assert not missing.named("img")
    assert missing.named("blank")[0].attributes["viewbox"] == "0 0 96 64"
    assert draw_command(table, table.panels[3]).startswith("storyboard preview ")


def test_a_panel_that_cannot_be_redrawn_is_offered_no_command_to(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(9, 9)).path
    card = panel("1.a", 1, TakeCard(None, "inked/a.png", None, picture, True), redrawable=False)
    page = read(LightTable("Inked", "a.yaml", (card,)))
    assert page.named("panel")[0].attributes["data-draw"] == ""
    assert [d.text for d in page.named("dd") if "reroll" in d.text or "preview" in d.text] == []
    assert page.named("caption")[0].text == "own inked/a.png in use"


def test_all_pictures_are_within_and_nothing_is_asked_from_elsewhere(tmp_path: Path) -> None:
    page = read(lantern(tmp_path))
    pictures = page.named("img")
    assert len(pictures) == 7
    for picture in pictures:
        head, data = picture.attributes["src"].split(",", 1)
        assert head == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            assert image.size == (
                int(picture.attributes["width"]),
                int(picture.attributes["height"]),
            )
    for element in page.all(lambda _: True):
        for name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
            assert element.attributes.get(name, "#").startswith(("data:", "#")), element
    assert not re.search(r"url\(|@import|https?:", page.named("style")[0].text)


def test_its_policy_lets_nothing_in_but_its_own_style_script_and_pictures(tmp_path: Path) -> None:
    page = read(lantern(tmp_path))
    [policy] = [
        meta.attributes["content"]
        for meta in page.named("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    style, script = (_policy_hash(page.named(tag)[0].text) for tag in ("style", "script"))
    assert policy == (
        f"default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(page.named("style")) == len(page.named("script")) == 1
    for element in page.all(lambda _: True):  # neither would be let through
        assert not [name for name in element.attributes if name == "style" or name[:2] == "on"]


def _policy_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()


def test_whatever_an_author_wrote_is_text(tmp_path: Path) -> None:
    harmless, attacked = read(hostile(tmp_path, "x")), read(hostile(tmp_path))
    assert _shape(attacked) == _shape(harmless)
    assert attacked.named("h1")[0].text == HOSTILE
    assert attacked.named("title")[0].text == f"{HOSTILE} – contact sheet"
    for name in ("prompt", "reason", "tokens"):
        assert attacked.named(name)[0].text == HOSTILE
    words = shlex.split(attacked.named("take")[1].attributes["data-command"])
    assert words == [HOSTILE, "pick", HOSTILE, HOSTILE, "1", HOSTILE]


def _shape(element: Element) -> list[object]:
    """The tree without its texts: tags, and the names of their attributes."""
    inside = [_shape(one) for one in element.inside if isinstance(one, Element)]
    return [element.tag, sorted(element.attributes), inside]


def test_what_html_cannot_hold_is_replaced_and_line_ends_stay(tmp_path: Path) -> None:
    table = replace(lantern(tmp_path), story="a\udcff\0b\r\nc.yaml")
    html = light_table_html(table).decode("utf-8")
    assert "a\ufffd\ufffdb&#13;&#10;c.yaml" in html


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_a_command_read_by_a_shell_is_what_was_meant(name: str) -> None:
    card = panel("1.灯", 1, own(None), TakeCard(12, "", 1, None))
    table = LightTable("", name, (card,), options=("--output", name))
    words = shlex.split(pick_command(table, card, card.takes[1]))
    story = f"./{name}" if name.startswith("-") else name
    assert words == ["storyboard", "pick", story, "1.灯", "12", "--output", name]


@pytest.mark.parametrize(
    "name", ["a b.yaml", "it's.yaml", 'a"b$HOME`id`\\.yaml', "夜\n*.yaml", "~"]
)
def test_commands_are_quoted_for_a_posix_shell(name: str) -> None:
    card = panel("1.a", 1, own(None))
    command = pick_command(LightTable("", name, (card,), program="printf"), card, card.takes[0])
    told = subprocess.run(
        ["sh", "-c", command.replace("printf pick", "printf '%s\\0'", 1)],
        capture_output=True,
        check=True,
    )
    assert told.stdout.decode("utf-8").split("\0") == [name, "1.a", "-", ""]


def test_manga_reads_from_the_right(tmp_path: Path) -> None:
    for reading in ("ltr", "rtl"):
        page = read(lantern(tmp_path, reading))
        assert {flow.attributes["dir"] for flow in page.named("flow")} == {reading}
        # The program's own words, and the commands, are English from the left.
        assert {words.attributes["dir"] for words in page.named("words")} == {"ltr"}
        assert {code.attributes["dir"] for code in page.named("code")} == {"ltr"}


def test_labels_are_of_the_element_that_they_name(tmp_path: Path) -> None:
    page = read(lantern(tmp_path))
    identifiers = [e.attributes["id"] for e in page.all(lambda e: "id" in e.attributes)]
    assert len(identifiers) == len(set(identifiers))
    for element in page.all(lambda e: "aria-labelledby" in e.attributes):
        assert element.attributes["aria-labelledby"] in identifiers
    for take in page.named("take"):
        assert take.tag == "button"
    alternatives = [picture.attributes["alt"] for picture in page.named("img")]
    assert alternatives[1:4] == [
        "1.lantern, the story’s own",
        "1.lantern, take 1",
        "1.lantern, take 2",
    ]


def test_an_empty_story_is_a_page_all_the_same() -> None:
    page = read(LightTable("Nothing yet", "a.yaml", ()))
    assert not page.named("panel")
    assert "no panels yet" in page.named("main")[0].text


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    table = lantern(tmp_path)
    made = light_table_html(table, Thumbnails(tmp_path / "cache"))
    assert light_table_html(table) == made
    assert light_table_html(table, Thumbnails(tmp_path / "cache")) == made


def test_pictures_are_made_smaller_never_larger(tmp_path: Path) -> None:
    pictures = [
        gradient(tmp_path / f"{size}.png", size).path
        for size in (Size(1200, 600), Size(600, 1200), Size(64, 96), Size(4000, 2))
    ]
    thumbnails = Thumbnails().all(pictures, 512)
    assert [one.size for one in thumbnails] == [
        Size(512, 256),
        Size(256, 512),
        Size(64, 96),
        Size(512, 1),
    ]


def test_a_thumbnail_looks_like_its_picture(tmp_path: Path) -> None:
    ref = gradient(tmp_path / "a.png", Size(96, 64))
    [thumbnail] = Thumbnails().all([ref.path], 512)
    with Image.open(io.BytesIO(thumbnail.data)) as made, Image.open(ref.path) as given_:
        error = np.abs(np.asarray(made, dtype=float) - np.asarray(given_, dtype=float))
    assert error.mean() < 4  # of 255


def test_ten_thousand_takes_make_smaller_pictures_not_a_larger_file(tmp_path: Path) -> None:
    edges: list[int] = []

    class Counting(Thumbnails):
        def all(self, pictures: Sequence[Path], edge: int) -> list[Thumbnail]:
            edges.append(edge)
            return super().all(pictures[:1], edge) * len(pictures)

    picture = gradient(tmp_path / "a.png", Size(96, 64)).path
    for count in (1, 800, 3200, 10_000):
        takes = tuple(TakeCard(n, "", n, picture) for n in range(1, count + 1))
        light_table_html(LightTable("", "a", (panel("1.a", 1, *takes),)), Counting())
    assert edges == [512, 512, 256, 144]


def test_made_thumbnails_are_found_again_and_damaged_ones_made_anew(tmp_path: Path) -> None:
    picture, cache = gradient(tmp_path / "a.png", Size(96, 64)).path, tmp_path / "cache"
    [made] = Thumbnails(cache).all([picture], 512)
    [kept] = cache.iterdir()
    other = gradient(tmp_path / "b.png", Size(30, 30)).path
    [marked] = Thumbnails().all([other], 512)
    kept.write_bytes(marked.data)
    assert Thumbnails(cache).all([picture], 512) == [marked], "it was not looked for in the cache"
    for damaged in (b"", made.data[:-2], b"RIFF\x02\x00\x00\x00ab"):
        kept.write_bytes(damaged)
        assert Thumbnails(cache).all([picture], 512) == [made]
        assert kept.read_bytes() == made.data


def test_a_changed_picture_is_seen_under_its_old_name(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "cache")
    picture = gradient(tmp_path / "a.png", Size(96, 64)).path
    [before] = thumbnails.all([picture], 512)
    gradient(tmp_path / "a.png", Size(64, 96))
    [after] = thumbnails.all([picture], 512)
    assert (before.size, after.size) == (Size(96, 64), Size(64, 96))


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    picture = gradient(tmp_path / "a.png", Size(96, 64)).path
    [made] = Thumbnails(tmp_path / "cache").all([picture], 512)
    assert made.size == Size(96, 64)


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    picture = tmp_path / "broken.png"
    if content is not None:
        picture.write_bytes(content)
    with pytest.raises(ProblemsError, match=r"broken\.png: the picture cannot be read"):
        light_table_html(LightTable("", "a", (panel("1.a", 1, own(picture)),)))


def test_a_panel_without_takes_is_still_told(tmp_path: Path) -> None:
    card: PanelCard = panel("1.a", 1)
    assert read(LightTable("", "a", (card,))).named("prompt")[0].text == "the prompt of 1.a"


def test_the_page_itself_is_in_the_package() -> None:
    folder = files("storyboard.export.light_table")
    patterns = Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8")
    assert '"export/light_table/page.*"' in patterns
    for ending in ("html", "css", "js"):
        assert (folder / f"page.{ending}").is_file()
