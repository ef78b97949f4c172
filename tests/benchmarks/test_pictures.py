"""`python -m benchmarks.pictures` and `benchmarks.sheets`, with an engine that draws at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import pictures, sheets
from benchmarks.attributes import CLASSES
from benchmarks.easel import Easel
from benchmarks.grids import LARGEST
from benchmarks.judge import Judge, Pixels, Seen
from benchmarks.measures.again import again
from benchmarks.measures.holding import holding
from benchmarks.measures.identity import WEIGHTS, identity
from benchmarks.measures.mixing import mixing
from benchmarks.measures.obedience import counted, obedience
from benchmarks.panels import Panel, story_text
from benchmarks.prompts import Asked
from benchmarks.vocabulary import Sheet
from benchmarks.vocabulary import sheets as all_sheets
from storyboard.engine.base import Batch, Drawn, Failed, OnStep, Source
from storyboard.engine.fake import FakeEngine
from storyboard.errors import ProblemsError
from storyboard.events import Event, Note, PanelDone
from storyboard.story.read import read_story
from storyboard.workspace import Workspace


class Blind(Judge):
    """Sees the same on every picture."""

    def __init__(self, **words: str) -> None:
        self._words = words

    def see(self, pictures: Sequence[Pixels]) -> list[Seen]:
        shares = {name.replace("_", " "): {word: 1.0} for name, word in self._words.items()}
        everything = {name: shares.get(name, {"?": 1.0}) for name in CLASSES}
        return [Seen(everything) for _ in pictures]


class Heard:
    """All that was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def drawn(self) -> int:
        return sum(isinstance(event, PanelDone) for event in self.events)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def easel(tmp_path: Path, heard: Heard) -> Easel:
    return Easel(Workspace(tmp_path / "out"), FakeEngine, heard)


def present(easel: Easel) -> list[str]:
    """Characters whose LoRA ships."""
    names = ["mei", "bo"]
    return [name for name in names if name not in easel.missing(names)]


def test_a_story_of_panels_says_what_each_asks_for(tmp_path: Path) -> None:
    panel = Panel("a", "smile: [park]", 5, "close-up", (("mei", 0.5),), ("manga-ink",), (900, 600))
    path = tmp_path / "s.yaml"
    path.write_text(story_text("T: 1", [panel]), encoding="utf-8")
    story = read_story(path).story
    assert story.title == "T: 1"
    assert story.characters["mei"].prompt == "mei, 1girl"
    page = story.pages[0]
    assert isinstance(page.panels, dict)
    assert page.panels["a"].scene == "smile: [park]"
    assert page.panels["a"].seed == 5
    assert page.panels["a"].style == ["manga-ink"]


def test_what_was_drawn_once_is_not_drawn_again(easel: Easel, heard: Heard) -> None:
    panels = [Panel(f"p{seed}", "1girl, smile, park", seed) for seed in range(3)]
    first = easel.draw("some", panels)
    assert heard.drawn() == 3
    again_ = easel.draw("some", panels)
    assert heard.drawn() == 3
    for one, other in zip(first, again_, strict=True):
        assert np.array_equal(one.preview, other.preview)


def test_the_same_panel_in_another_story_is_not_drawn_again(easel: Easel, heard: Heard) -> None:
    easel.draw("one", [Panel("a", "1girl, park", 1)])
    easel.draw("other", [Panel("b", "1girl, park", 1)])
    assert heard.drawn() == 1


def test_cells_decide_the_pictures_shapes(easel: Easel) -> None:
    cells = ((900, 900), (900, 1200), (1500, 750))
    panels = [Panel(f"p{i}", "park", 1, cell=cell) for i, cell in enumerate(cells)]
    shapes = [one.preview.shape for one in easel.draw("shapes", panels)]
    assert shapes[0][0] == shapes[0][1]
    assert shapes[1][0] > shapes[1][1]
    assert shapes[2][1] > shapes[2][0]


def test_a_panel_that_fails_is_told_in_a_sentence(easel: Easel) -> None:
    broken = replace(easel, make_engine=lambda: FakeEngine(fail=frozenset({"dragon"})))
    with pytest.raises(ProblemsError, match=r"1\.a"):
        broken.draw("bad", [Panel("a", "dragon", 1)])


def test_obedience_counts_what_was_asked_for() -> None:
    prompts = [
        Asked(Panel("a", "", 1), {"hair": "red", "people": "1"}),
        Asked(Panel("b", "", 2), {"hair": "blue"}),
        Asked(Panel("c", "", 3), {"hair": "red"}),
    ]
    seen = Blind(hair="red", people="1").see([np.zeros((1, 1, 3), np.uint8)] * 3)
    card = {name: {"accuracy": 0.9} for name in CLASSES} | {"hair": {"accuracy": 0.98}}
    rows = {row[0]: row[1:] for row in counted(prompts, seen, card).rows}
    assert rows["hair"] == (0.6667, 3, 0.98, "blue -> red (1)")
    assert rows["people"] == (1.0, 1, 0.9, None)
    assert rows["pose"] == (None, 0, 0.9, None)
    assert "identity" not in rows


def test_obedience_draws_and_judges_each_prompt(easel: Easel, heard: Heard) -> None:
    table = obedience(easel, Blind(people="1"), 5)
    assert heard.drawn() == 5
    assert "5 prompts" in table.title


def test_identity_has_a_share_for_each_weight(easel: Easel, heard: Heard) -> None:
    names = present(easel)
    table = identity(easel, Blind(identity="mei"), names, 2)
    assert len(table.columns) == 1 + len(WEIGHTS)
    assert {row[0]: set(row[1:]) for row in table.rows} == {
        name: {1.0 if name == "mei" else 0.0} for name in names
    }
    assert heard.drawn() == len(names) * 2 * len(WEIGHTS)


def test_mixing_compares_alone_with_each_style(easel: Easel) -> None:
    table = mixing(easel, Blind(identity="mei"), ["mei"], ["manga-ink"], 2)
    assert table.columns == ("character", "alone", "with manga-ink")
    assert table.rows == (("mei", 1.0, 1.0),)


def test_again_finds_equal_pictures_equal(easel: Easel) -> None:
    table = again(easel, ["mei", "bo"], 2)
    assert table.rows[0] == ("mei", "bo", "2 of 2", "2 of 2")


class Forgetful(FakeEngine):
    """Draws each picture a little lighter than the one before, as if LoRAs left a trace."""

    def __init__(self) -> None:
        super().__init__()
        self._made = 0

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        self._made += 1
        for one in super().draw(batch, sources, on_step):
            assert isinstance(one, Drawn)
            yield replace(one, pixels=(one.pixels // 2 + self._made).astype(np.uint8))


def test_again_finds_a_trace(easel: Easel) -> None:
    table = again(replace(easel, make_engine=Forgetful), ["mei", "bo"], 1)
    assert table.rows[0][2] == "0 of 1"


def test_holding_compares_previews_with_their_finals(easel: Easel, heard: Heard) -> None:
    table = holding(easel, Blind(people="1"), 2)
    rows = {row[0]: row[1:] for row in table.rows}
    likeness = rows["SSIM of the final's luma, scaled down"]
    assert isinstance(likeness[0], float) and isinstance(likeness[1], float)
    assert 0.9 < likeness[1] <= likeness[0] <= 1
    assert rows["attributes that the probe sees as before"][0] == 1.0
    assert heard.drawn() == 4


def test_a_lora_that_is_not_there_is_missed(easel: Easel) -> None:
    assert easel.missing(["mei", "nobody-knows"]) == ["nobody-knows"]


def test_the_command_prints_tables_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "Judge", lambda: Blind(people="1"))
    command = ["--quick", "--prompts", "2", "--only", "obedience", "--only", "holding"]
    command += ["--finals", "1", "--out", str(tmp_path / "o"), "--json", str(tmp_path / "f.json")]
    assert pictures.main(command, FakeEngine) == 0
    printed = capsys.readouterr()
    assert printed.out.count("### ") == 2
    assert "| people | " in printed.out
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert found["command"] == "python -m benchmarks.pictures " + " ".join(command)
    assert list(found["measures"]) == ["obedience", "holding"]


def test_a_count_below_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        pictures.main(["--prompts", "0"], FakeEngine)
    assert "0 is less than 1" in capsys.readouterr().err


def test_sheets_are_drawn_by_one_command(tmp_path: Path) -> None:
    command = ["--out", str(tmp_path / "p"), "--work", str(tmp_path / "o"), "-q"]
    assert sheets.main([*command, "--only", "takes", "--only", "weights"], FakeEngine) == 0
    written = sorted((tmp_path / "p").iterdir())
    assert [path.name for path in written] == ["takes.png", "weights.png"]
    for path in written:
        assert path.stat().st_size <= LARGEST
        with Image.open(path) as image:
            assert image.width > 6 * 100


def test_sheets_go_without_a_lora_that_is_missing(
    easel: Easel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Easel, "missing", lambda self, names: sorted({"mei"} & set(names)))
    panels = (Panel("a", "park", 1, characters=(("mei", 1.0),)), Panel("b", "park", 1))
    told = Heard()
    sheet = Sheet("some", 2, ("with mei", "alone"), panels)
    sheets.draw_sheet(easel, sheet, tmp_path / "s.png", False, told)
    with Image.open(tmp_path / "s.png") as image:
        assert image.width < 2 * 200
    notes = [event.text for event in told.events if isinstance(event, Note)]
    assert notes == ["there is no LoRA mei on the model path: some goes without it"]


def test_every_panel_of_the_sheets_compiles_where_its_loras_are(easel: Easel) -> None:
    for sheet in all_sheets():
        assert len(sheet.labels) == len(sheet.panels)
        panels = [one for one in sheet.panels if not easel.missing(one.loras)]
        assert len(easel.open(f"sheet-{sheet.name}", panels).compiled.panels) == len(panels)


def test_the_names_of_sheets_differ() -> None:
    names = [sheet.name for sheet in all_sheets()]
    assert len(set(names)) == len(names)
    assert {"characters", "weights", "styles", "takes"} < set(names)
