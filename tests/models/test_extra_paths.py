"""ComfyUI's list of other folders is followed where the user has named its root, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.catalog import Catalog, Kind, NotFound
from storyboard.models.extra_paths import extra_folders
from tests.models import made

WEBUI = """\
# as ComfyUI's example has it
a111:
    base_path: ../webui/
    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS
    vae_approx: models/VAE-approx
    is_default: true
"""


def tree(folder: Path, text: str = WEBUI) -> Path:
    """A ComfyUI folder with the list, and a WebUI's tree beside it."""
    made.lora(folder / "comfy" / "models" / "loras" / "ink.safetensors")
    made.lora(folder / "webui" / "models" / "Lora" / "anime" / "mei.safetensors")
    (folder / "comfy" / "extra_model_paths.yaml").write_text(text, encoding="utf-8")
    return folder / "comfy"


def test_the_folders_that_the_list_names_are_searched(tmp_path: Path) -> None:
    root = tree(tmp_path)
    catalog = Catalog([root], trusted=[root])
    mei = tmp_path / "webui" / "models" / "Lora" / "anime" / "mei.safetensors"
    for name in ("mei", "anime/mei", str(mei)):
        assert catalog.find(Kind.LORA, name).path == mei
    assert [entry.name for entry in catalog.entries()] == ["ink", "mei"]
    assert catalog.problems == ()


def test_a_name_in_the_root_and_in_the_list_is_ambiguous(tmp_path: Path) -> None:
    root = tree(tmp_path)
    made.lora(root / "models" / "loras" / "x" / "mei.safetensors")
    with pytest.raises(NotFound, match=r"stands for 2 LoRA files.*write x/mei or anime/mei"):
        Catalog([root], trusted=[root]).find(Kind.LORA, "mei")


def test_a_list_that_came_with_a_story_is_not_read(tmp_path: Path) -> None:
    catalog = Catalog([tree(tmp_path)])
    with pytest.raises(NotFound, match="there is no LoRA"):
        catalog.find(Kind.LORA, "mei")


def test_a_base_that_is_not_there_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path, WEBUI.replace("../webui", "../gone"))
    catalog = Catalog([root], trusted=[root])
    assert [entry.name for entry in catalog.entries()] == ["ink"]
    (problem,) = catalog.problems
    assert "names a folder that is not there" in problem


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a",
        "!!python/object:os.system {}",
        "a: 2026-99-99",
        "x: &a [*a]",
        "a\n" * 40_000,
        "[" * 5_000,
    ],
)
def test_a_broken_list_is_told_and_left_out(tmp_path: Path, text: str) -> None:
    root = tree(tmp_path, text)
    told: list[str] = []
    assert extra_folders(root, told.append) == ()
    assert len(told) <= 1
    assert all("extra_model_paths.yaml was left out" in one and "\n" not in one for one in told)
    assert told or text == "x: &a [*a]"


def test_a_list_longer_than_any_is_not_read(tmp_path: Path) -> None:
    told: list[str] = []
    assert extra_folders(tree(tmp_path, WEBUI + "# " + "x" * 65_536), told.append) == ()
    assert len(told) == 1 and told[0].endswith("it has over 65,536 bytes")


def test_an_empty_list_names_nothing(tmp_path: Path) -> None:
    assert extra_folders(tree(tmp_path, "# nothing\n"), pytest.fail) == ()
    assert extra_folders(tree(tmp_path, "a: 3\nb: {loras: [1], 4: x, vae: ''}"), pytest.fail) == ()
    assert extra_folders(tmp_path, pytest.fail) == ()
