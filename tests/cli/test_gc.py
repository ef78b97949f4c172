"""`gc` deletes only what is asked for, and never what a story, a pick or a list of takes names;
`verify` reads all of it; `doctor` says where things are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from storyboard.store import PICTURE, Store
from tests.cli.test_loop import change
from tests.support.command import run

STORE = Path("output/.store")


def listed(*options: str) -> list[tuple[str, str]]:
    """What is garbage, by sort and digest or file name; caches left out."""
    found = run("gc", "--json", *options).document["garbage"]
    return sorted(
        (one["sort"], one["digest"] or Path(one["path"]).name)
        for one in found
        if one["sort"] != "cache"
    )


def digest_of(path: str) -> str:
    """The digest in a picture's recipe."""
    return str(run("show", path, "--json").document["recipe"]["digest"])


def test_what_was_just_drawn_is_needed(story: Path) -> None:
    assert run("render", story).code == 0
    assert run("reroll", story, "face", "-n", "2").code == 0
    assert listed() == []
    ended = run("gc", "--delete")
    assert ended.code == 0 and "cache: output/.cache/thumbnails" in ended.out
    assert not Path("output/.cache/thumbnails").exists()
    assert run("render", story, "--json").drawn() == []
    assert "nothing to delete" in run("gc").out


def test_nothing_is_written_where_there_is_nothing(story: Path) -> None:
    assert run("gc").code == run("verify").code == 0
    assert sorted(path.name for path in story.parent.iterdir()) == ["rain.yaml"]


def test_a_picture_that_the_story_shows_no_more_goes_only_when_it_is_asked_for(
    story: Path,
) -> None:
    run("preview", story)
    old = digest_of("output/rain/previews/1.face.png")
    change(story, "scene: close-up, smile", "scene: close-up, frown")
    run("preview", story)
    assert listed() == [("picture", old)]
    assert Store(STORE).has(old)
    assert run("gc", "--delete").code == 0
    assert not Store(STORE).has(old)
    assert listed() == []
    assert run("preview", story, "--json").drawn() == []


def test_takes_go_only_with_takes_and_picks_stay_and_no_number_is_given_again(
    story: Path,
) -> None:
    run("preview", story)
    run("reroll", story, "face", "-n", "3")
    run("pick", story, "face", "2")
    takes = [digest_of(f"output/rain/takes/1.face/take-0{number}.png") for number in (1, 2, 3)]
    own = json.loads(Path("output/rain/takes.json").read_bytes())["takes"]["1.face"]
    assert [one["recipe"]["digest"] for one in own] == takes
    assert not {one for sort, one in listed() if sort == "take"}
    assert listed("--takes")[-2:] == sorted(("take", takes[n]) for n in (0, 2))
    run("gc", "--delete")
    assert all(map(Store(STORE).has, takes))
    run("gc", "--delete", "--takes")
    assert [Store(STORE).has(one) for one in takes] == [False, True, False]
    shown = [path.name for path in Path("output/rain/takes/1.face").iterdir()]
    assert shown == ["take-02.png"]
    ended = run("reroll", story, "face", "-n", "1")
    assert "takes 4; to pick one" in ended.err


def test_a_pick_is_kept_though_no_manifest_knows_of_it_yet(story: Path) -> None:
    run("preview", story)
    run("reroll", story, "face", "-n", "1")
    run("pick", story, "face", "1")
    taken = digest_of("output/rain/takes/1.face/take-01.png")
    shutil.rmtree("output/rain/takes")
    Path("output/rain/takes.json").unlink()
    run("gc", "--delete", "--takes")
    assert Store(STORE).has(taken)


def test_what_a_mended_take_was_drawn_from_is_kept(story: Path) -> None:
    run("preview", story)
    first = digest_of("output/rain/previews/1.face.png")
    run("mend", story, "face", "--box", "0%,0%,50%,50%")
    run("pick", story, "face", "1")
    run("preview", story)
    assert listed("--takes") == []
    assert Store(STORE).has(first)


def test_what_crashes_and_damage_left_goes(story: Path) -> None:
    run("preview", story)
    one = digest_of("output/rain/previews/1.face.png")
    (STORE / ".new" / "0123").mkdir(parents=True)
    (STORE / ".new" / "0123" / PICTURE).write_bytes(b"half")
    half = Path("output/rain/previews/.storyboard-0123456789abcdef.tmp")
    half.write_bytes(b"half")
    (STORE / one[:2] / "notes.txt").write_text("not ours")
    (STORE / one[:2] / one / PICTURE).write_bytes(b"harmed")
    ended = run("verify")
    assert ended.code == 1 and f"the stored picture {one[:12]} was damaged" in ended.err
    sorts = [sort for sort, _ in listed()]
    assert sorts == ["damaged", "left by a crash", "left by a crash", "left by a crash"]
    run("gc", "--delete")
    assert listed() == [] and not half.exists()
    assert run("verify").code == 0
    assert run("preview", story, "--json").drawn() == [("1.face", "preview")]


@pytest.mark.parametrize("name", ["manifest.json", "takes.json"])
def test_nothing_is_garbage_while_a_list_is_damaged(story: Path, name: str) -> None:
    run("render", story)
    run("reroll", story, "face", "-n", "1")
    path = Path("output/rain") / name
    path.write_bytes(path.read_bytes()[:-40])
    held = Store(STORE).digests()
    ended = run("gc", "--delete", "--takes")
    assert ended.code == 1 and name in ended.err and "review the story first" in ended.err
    assert Store(STORE).digests() == held
    ended = run("verify")
    assert ended.code == 1 and name in ended.err
    assert run("preview", story).code == 0
    assert run("verify").code == 0
    assert listed("--takes") == [("damaged", f"{name.split('.')[0]}.damaged-1.json")] + [
        ("take", one) for sort, one in listed("--takes") if sort == "take"
    ]


def test_without_a_manifest_the_shown_pictures_are_needed(story: Path) -> None:
    run("render", story)
    Path("output/rain/manifest.json").unlink()
    assert listed() == []


def test_a_locked_panel_keeps_its_picture_when_the_manifest_is_damaged(story: Path) -> None:
    run("preview", story)
    before = Path("output/rain/previews/1.face.png").read_bytes()
    change(story, "scene: close-up, smile", "scene: close-up, frown\n        locked: true")
    Path("output/rain/manifest.json").write_bytes(b"{")
    ended = run("preview", story, "--json")
    assert ("1.face", "preview") not in ended.drawn()
    assert Path("output/rain/previews/1.face.png").read_bytes() == before


def test_doctor_says_where_things_are(story: Path) -> None:
    found = run("doctor", "--json").document
    assert any(path.endswith("builtin/models") for path in found["model_path"])
    assert "ComicNeue-Regular.ttf" in found["fonts"]
    assert found["free_gib"] > 0
    assert run("doctor").out.count("\n") == len(found)
