"""An export leaves nothing of an earlier one that a reader could take for the model."""

from __future__ import annotations

import json
from pathlib import Path

from storyboard.models.advice import as_document, read_settings
from training.card import FILE, SETTINGS, write_card
from training.replacing import replace_files


def files(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{folder.name} {name}", encoding="utf-8")
    return folder


def test_shards_take_the_place_of_one_file_and_the_other_way_round(tmp_path: Path) -> None:
    one = ("unet/config.json", "unet/w.safetensors")
    many = ("unet/w-1.safetensors", "unet/w-2.safetensors", "unet/w.safetensors.index.json")
    home = put(tmp_path / "home", *one, "MODEL_CARD.md", "vae/w.safetensors")
    kept = ["MODEL_CARD.md", "unet/config.json", "vae/w.safetensors"]
    replace_files(put(tmp_path / "first", "unet/config.json", *many), home)
    assert files(home) == sorted([*kept, *many])
    assert (home / "unet/config.json").read_text(encoding="utf-8") == "first unet/config.json"
    replace_files(put(tmp_path / "second", *one), home)
    assert files(home) == sorted([*kept, one[1]])


def test_the_card_recommends_what_a_story_may_say_and_keeps_the_facts(tmp_path: Path) -> None:
    write_card(tmp_path, {"unet_minutes": 71.6})
    card = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert as_document(read_settings(card["settings"])) == SETTINGS
    assert card["trained"] == {"unet_minutes": 71.6}
    assert card["licence"] == "Apache-2.0"
