"""The author's loop: takes are drawn beside the present one, picked, kept, and never lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from storyboard.desk import Desk
from storyboard.gathering import gather
from storyboard.scoring import crisp
from storyboard.workspace import Workspace
from tests.cli.test_loop import change
from tests.support.command import Ended, run


def files(folder: str | Path = "output/rain") -> dict[str, bytes]:
    """Every picture and page, by its path; not the lists of what there is."""
    root = Path(folder)
    lists = (".json", ".html")
    paths = (path for path in root.rglob("*") if path.is_file() and path.suffix not in lists)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def beside(story: Path) -> list[str]:
    """What lies beside the story."""
    return sorted(path.name for path in story.parent.iterdir())


def planned(story: Path, panel: str, *options: str) -> dict[str, Any]:
    document = run("plan", story, "--json", *options).document
    found: dict[str, Any] = next(one for one in document["panels"] if one["panel"] == panel)
    return found


def refused(ended: Ended, *words: str) -> None:
    """Bad use ends in a sentence and exit code 2."""
    assert ended.code == 2
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err


def test_the_whole_loop_touches_nothing_but_the_takes_file_and_the_panel(story: Path) -> None:
    assert run("preview", story).code == 0
    first = files()
    assert run("reroll", story, "face", "-n", "4").code == 0
    takes = [f"takes/1.face/take-0{number}.png" for number in (1, 2, 3, 4)]
    rerolled = files()
    assert sorted(set(rerolled) - set(first)) == takes
    assert {name: rerolled[name] for name in first} == first
    assert len({rerolled[name] for name in takes}) == 4

    assert run("pick", story, "face", "3").code == 0
    assert beside(story) == ["output", "rain.takes.yaml", "rain.yaml"]
    picked = files()
    assert picked["previews/1.face.png"] == rerolled["takes/1.face/take-03.png"]
    same = [name for name in first if name.startswith("previews/") and "face" not in name]
    assert all(picked[name] == first[name] for name in same)

    change(story, "Only rain.", "It will pass.")
    ended = run("render", story, "--json")
    assert ended.code == 0, ended.err
    assert ("1.face", "preview") not in ended.drawn()
    after = files()
    assert all(after[name] == picked[name] for name in picked if name.startswith("previews/"))
    assert beside(story) == ["output", "rain.takes.yaml", "rain.yaml"]


def test_a_final_is_drawn_from_the_picked_take(story: Path) -> None:
    run("reroll", story, "face", "-n", "2")
    run("pick", story, "face", "2")
    run("render", story, "face")
    with Image.open("output/rain/finals/1.face.png") as shown:
        recipe = json.loads(shown.info["storyboard"])
    kept = yaml.safe_load(Path("rain.takes.yaml").read_text(encoding="utf-8"))["1.face"]
    assert recipe["preview"]["digest"] == kept["recipe"]["digest"]
    assert recipe["preview"]["seed"] == kept["recipe"]["seed"]


def test_taking_a_pick_back_shows_the_storys_own_again(story: Path) -> None:
    run("preview", story)
    before = files()
    run("reroll", story, "face", "-n", "1")
    run("pick", story, "face", "1")
    assert planned(story, "1.face")["picked"] == 1
    assert run("pick", story, "1.face", "-").code == 0
    assert not Path("rain.takes.yaml").exists()
    assert planned(story, "1.face")["picked"] is None
    assert files()["previews/1.face.png"] == before["previews/1.face.png"]


def test_a_pick_stays_and_is_told_to_be_stale_when_the_panel_changes(story: Path) -> None:
    run("reroll", story, "face", "-n", "2")
    run("pick", story, "face", "2")
    digest = planned(story, "1.face")["digest"]
    change(story, "close-up, smile", "close-up, tears")
    found = planned(story, "1.face")
    assert (found["digest"], found["state"]) == (digest, "ready")
    assert "stale" in found["reason"] and "prompt" in found["reason"]
    ended = run("render", story)
    assert ended.code == 0
    assert "rain.takes.yaml:" in ended.err and "is stale, and stays" in ended.err
    change(story, "close-up, tears", "close-up, smile")
    assert "stale" not in planned(story, "1.face")["reason"]


def test_takes_are_numbered_on_and_survive_what_comes_after(story: Path) -> None:
    run("reroll", story, "face", "-n", "2")
    kept = files()
    change(story, "close-up, smile", "close-up, tears")
    run("reroll", story, "face", "-n", "2")
    after = files()
    assert {name: after[name] for name in kept} == kept
    assert "takes/1.face/take-04.png" in after


def test_the_same_take_is_not_drawn_twice(story: Path) -> None:
    assert len(run("reroll", story, "face", "--seed", "5", "-n", "2", "--json").drawn()) == 2
    again = run("reroll", story, "face", "--seed", "5", "-n", "2", "--json")
    assert (again.code, again.drawn()) == (0, [])
    assert len(json.loads(Path("output/rain/takes.json").read_text())["takes"]["1.face"]) == 2


def test_a_deleted_view_of_a_take_comes_back_with_the_same_command(story: Path) -> None:
    run("reroll", story, "face", "--seed", "5", "-n", "1")
    path = Path("output/rain/takes/1.face/take-01.png")
    before = path.read_bytes()
    path.unlink()
    run("reroll", story, "face", "--seed", "5", "-n", "1")
    assert path.read_bytes() == before


def test_settings_are_tried_without_touching_the_file(story: Path) -> None:
    text = story.read_bytes()
    ended = run("reroll", story, "face", "--set", "cfg=3", "--set", "scene=on the sea, [a:b:0.5]")
    assert ended.code == 0, ended.err
    (take,) = json.loads(Path("output/rain/takes.json").read_text())["takes"]["1.face"]
    assert take["recipe"]["sampling"]["cfg"] == 3
    assert "on the sea, [a:b:0.5]" in take["recipe"]["prompt"]
    assert take["recipe"]["seed"] == planned(story, "1.face")["seed"]
    assert story.read_bytes() == text


def test_takes_near_the_present_one_keep_its_seed(story: Path) -> None:
    run("reroll", story, "face", "--near", "0.2", "-n", "3")
    takes = json.loads(Path("output/rain/takes.json").read_text())["takes"]["1.face"]
    seed = planned(story, "1.face")["seed"]
    assert {take["recipe"]["seed"] for take in takes} == {seed}
    assert {take["recipe"]["variation"]["strength"] for take in takes} == {0.2}
    assert len({take["recipe"]["variation"]["seed"] for take in takes}) == 3


def test_a_grid_draws_a_take_for_every_pair_and_a_picture_of_all(story: Path) -> None:
    ended = run("reroll", story, "hand", "--grid", "cfg=5,7,9", "mei.weight=0.6,0.8")
    assert ended.code == 0, ended.err
    takes = json.loads(Path("output/rain/takes.json").read_text())["takes"]["1.hand"]
    found = [(t["recipe"]["sampling"]["cfg"], t["recipe"]["adapters"][0]["unet"]) for t in takes]
    assert found == [(5, 0.6), (7, 0.6), (9, 0.6), (5, 0.8), (7, 0.8), (9, 0.8)]
    with Image.open("output/rain/takes/1.hand/grid-01.png") as shown:
        grid = shown.size
    with Image.open("output/rain/takes/1.hand/take-01.png") as shown:
        assert grid[0] > 3 * shown.size[0] and grid[1] > 2 * shown.size[1]
    assert run("pick", story, "hand", "6").code == 0


def test_style_and_variables_and_sampler_can_be_tried(story: Path) -> None:
    for text in ("style=ink", "sampler=Euler a", "steps=3", "seed=9", "size=64x64", "ink.weight=1"):
        assert run("reroll", story, "2.1", "--set", text).code == 0, text
    takes = json.loads(Path("output/rain/takes.json").read_text())["takes"]["2.1"]
    assert takes[1]["recipe"]["sampling"] == {
        **takes[1]["recipe"]["sampling"],
        "sampler": "Euler a",
        "steps": 4,
    }


BAD = [
    (("reroll", "STORY", "fase"), ("there is no panel fase", "did you mean `face`")),
    (("reroll", "STORY", "face", "-n", "0"), ("0 takes", "1 to 64")),
    (("reroll", "STORY", "face", "-n", "65"), ("65 takes", "1 to 64")),
    (("reroll", "STORY", "face", "--near", "1.5"), ("1.5 is no strength",)),
    (("reroll", "STORY", "face", "--near", "nan"), ("no strength",)),
    (("reroll", "STORY", "face", "--seed", "-1"), ("seeds from -1",)),
    (("reroll", "STORY", "face", "--set", "cfg"), ("'cfg' is no setting", "key=value")),
    (("reroll", "STORY", "face", "--set", "cgf=7"), ("unknown key `cgf`", "did you mean `cfg`")),
    (("reroll", "STORY", "face", "--set", "cfg=x"), ("--set cfg=x: `cfg` must be", "not `x`")),
    (("reroll", "STORY", "face", "--set", "cfg=-1"), ("--set cfg=-1",)),
    (("reroll", "STORY", "face", "--set", "steps=501"), ("--set steps=501",)),
    (("reroll", "STORY", "face", "--set", "caption=x"), ("`caption` changes no preview",)),
    (("reroll", "STORY", "face", "--set", "sampler=Oiler"), ("Oiler", "Euler")),
    (("reroll", "STORY", "face", "--set", "style=inc"), ("inc", "did you mean `ink`")),
    (("reroll", "STORY", "face", "--set", "mie.weight=1"), ("mie", "did you mean `mei`")),
    (("reroll", "STORY", "face", "--set", "scene=<lora:nobody:1>"), ("nobody",)),
    (("reroll", "STORY", "face", "--grid", "cgf=1,2"), ("--grid cgf=1", "did you mean `cfg`")),
    (("reroll", "STORY", "face", "--grid", "cfg"), ("'cfg' is no side of a grid",)),
    (("reroll", "STORY", "face", "--grid", "cfg=1,,2"), ("no side of a grid",)),
    (("reroll", "STORY", "face", "--grid", "cfg=1,1"), ("twice",)),
    (("reroll", "STORY", "face", "--grid", "cfg=1", "cfg=2"), ("both sides",)),
    (("reroll", "STORY", "face", "--grid", "cfg=1", "steps=2", "seed=3"), ("3 sides",)),
    (("reroll", "STORY", "face", "--grid", "cfg=1,2", "-n", "2"), ("grid's takes keep",)),
    (("pick", "STORY", "nobody", "1"), ("there is no panel nobody",)),
    (("pick", "STORY", "face", "9"), ("there is no take 9", "there are 1, 2")),
    (("pick", "STORY", "face", "-1"), ()),
    (("pick", "STORY", "face", "x"), ("there is no take x",)),
    (("pick", "STORY", "hand", "1"), ("there is no take 1", "reroll")),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value))
def test_bad_use_ends_in_a_sentence_and_changes_nothing(
    story: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    run("reroll", story, "face", "-n", "2")
    before, neighbours = files(), beside(story)
    book = Path("output/rain/takes.json").read_bytes()
    refused(run(*(story if word == "STORY" else word for word in arguments)), *words)
    assert (files(), beside(story)) == (before, neighbours)
    assert Path("output/rain/takes.json").read_bytes() == book


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("take: 1", "take: x"),
        ("  of:", "  off:"),
        ("steps: 4", "steps: 5"),
        ("prompt: ", "prompts: "),
        ("1.face:", "1.face: 3\nx:"),
    ],
)
def test_a_takes_file_that_was_changed_by_hand_is_told_with_its_place(
    story: Path, old: str, new: str
) -> None:
    run("reroll", story, "face", "-n", "1")
    run("pick", story, "face", "1")
    kept = Path("rain.takes.yaml")
    text = kept.read_text(encoding="utf-8")
    assert old in text
    kept.write_text(text.replace(old, new, 1), encoding="utf-8")
    refused(run("plan", story), "rain.takes.yaml:", "cannot be read")


@pytest.mark.parametrize("text", ["[1, 2]", "a: &x [*x]", "a: !!python/object:os.system {}", "\0"])
def test_a_takes_file_that_is_none_is_told(story: Path, text: str) -> None:
    Path("rain.takes.yaml").write_text(text, encoding="utf-8")
    refused(run("plan", story), "rain.takes.yaml")


def test_a_pick_of_a_panel_that_is_gone_is_kept_and_told(story: Path) -> None:
    run("reroll", story, "face", "-n", "1")
    run("pick", story, "face", "1")
    kept = Path("rain.takes.yaml").read_bytes()
    change(story, "face hand", "visage hand")
    change(story, "      face:", "      visage:")
    ended = run("plan", story)
    assert ended.code == 0 and "there is no panel 1.face: its pick is kept" in ended.err
    run("reroll", story, "visage", "-n", "1")
    run("pick", story, "visage", "1")
    assert set(yaml.safe_load(Path("rain.takes.yaml").read_text())) == {"1.face", "1.visage"}
    assert kept


def test_a_picked_takes_lora_that_is_gone_is_an_error(story: Path) -> None:
    run("reroll", story, "face", "-n", "1")
    run("pick", story, "face", "1")
    path = Path("rain.takes.yaml")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    sha = document["1.face"]["recipe"]["adapters"][0]["sha256"]
    assert sha in path.read_text(encoding="utf-8")
    change(story, "{lora: mei, prompt", "{lora: bo, prompt")
    assert run("plan", story).code == 0  # mei is still on the model path
    models = story.parent / "models" / "Lora"
    models.mkdir(parents=True)
    import storyboard

    builtin = Path(storyboard.__file__).parent / "builtin" / "models" / "loras"
    shutil.copy(builtin / "bo.safetensors", models / "mei.safetensors")
    refused(run("plan", story), "mei", "which is not there any more", "pick")


def test_a_locked_panel_takes_no_pick(story: Path) -> None:
    run("reroll", story, "face", "-n", "1")
    change(story, "scene: close-up, smile", "scene: close-up, smile\n        locked: true")
    refused(run("pick", story, "face", "1"), "panel 1.face is locked")


@pytest.mark.parametrize("harm", ["cut", "deleted"])
def test_a_list_of_takes_that_is_lost_is_made_again_from_their_pictures(
    story: Path, harm: str
) -> None:
    run("reroll", story, "face", "-n", "2")
    path = Path("output/rain/takes.json")
    before = json.loads(path.read_bytes())["takes"]["1.face"]
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:50])
    else:
        path.unlink()
    picked = run("pick", story, "face", "2")
    assert picked.code == 0 and "found again by their pictures beside it: 2" in picked.err
    ended = run("reroll", story, "face", "-n", "1")
    assert "takes 3; to pick one" in ended.err  # no number is given twice
    after = json.loads(path.read_bytes())["takes"]["1.face"]
    assert [one["recipe"]["digest"] for one in after[:2]] == [
        one["recipe"]["digest"] for one in before
    ]
    for one, then in zip(after, before, strict=False):
        assert one["raw_prompt"].endswith(then["raw_prompt"])  # and the LoRAs' tags before it
    aside = Path("output/rain/takes.damaged-1.json")
    assert aside.exists() == (harm == "cut")


def test_two_picks_that_were_opened_at_once_are_both_kept(story: Path) -> None:
    run("reroll", story, "face", "hand", "-n", "1")
    workspace = Workspace(Path("output"))
    one, other = Desk.open(workspace, story), Desk.open(workspace, story)
    one.pick("1.face", "1")
    other.pick("1.hand", "1")
    assert set(Desk.open(workspace, story).loaded.picks) == {"1.face", "1.hand"}


def test_of_several_takes_the_best_by_its_score_is_drawn_on(story: Path) -> None:
    own = "scene: close-up, smile"
    change(story, own, f"{own}\n        takes: 4\n        pick: best")
    states = [one["state"] for one in run("plan", story, "--json").document["panels"]]
    assert states == ["missing"] * 7  # four panels, and three takes
    ended = run("render", story, "--json")
    assert ended.code == 0, ended.err
    assert len(ended.drawn()) == 4 + 3 + 4
    assert "the best of 4" in planned(story, "1.face", "--finals")["reason"]
    shown = score("previews/1.face.png")
    assert shown >= max(score(f"takes/1.face/take-0{number}.png") for number in (1, 2, 3))
    assert run("render", story, "--json").drawn() == []
    change(story, "        pick: best\n", "")
    assert planned(story, "1.face")["picked"] is None


@pytest.mark.parametrize("pick", ["", "\n        pick: best"], ids=["none", "best"])
def test_draft_pages_and_the_contact_sheet_show_panels_and_not_the_takes_beside_them(
    story: Path, pick: str
) -> None:
    own = "scene: close-up, smile"
    change(story, own, f"{own}\n        takes: 3{pick}")
    run("preview", story)
    preview = Path("output/rain/previews/1.face.png").read_bytes()
    workspace = Workspace(Path("output"))
    desk = Desk.open(workspace, story)
    gathered = gather(desk.compiled.panels, desk.plan(True).items, desk.store, "draft")
    assert gathered.pictures["1.face"].path.read_bytes() == preview


def test_a_pick_by_hand_wins_over_the_best(story: Path) -> None:
    own = "scene: close-up, smile"
    change(story, own, f"{own}\n        takes: 3\n        pick: best")
    run("preview", story)
    for number in ("1", "2"):
        run("pick", story, "face", number)
        assert planned(story, "1.face")["reason"] == f"take {number}"


def score(picture: str) -> float:
    with Image.open(Path("output/rain") / picture) as image:
        return crisp(np.asarray(image.convert("RGB")))


def test_the_light_table_lists_takes_and_the_commands_that_pick_them(story: Path) -> None:
    run("preview", story)
    run("reroll", story, "face", "-n", "2", "--set", "cfg=3")
    table = Path("output/rain/contact-sheet.html")
    text = table.read_text(encoding="utf-8")
    assert f"storyboard pick {story} 1.face 2" in text
    assert "cfg=3" in text
    before = table.read_bytes()
    assert run("preview", story).code == 0
    assert table.read_bytes() == before
    run("pick", story, "face", "2")
    assert table.read_bytes() != before
