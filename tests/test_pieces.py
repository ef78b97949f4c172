"""What a story names beside its checkpoint takes the place of the checkpoint's own parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.compiled import PanelJobs
from storyboard.compiler import compile_story
from storyboard.errors import ProblemsError
from storyboard.jobs import Checkpoint
from storyboard.models.catalog import Catalog
from storyboard.models.entries import Family
from storyboard.models.layouts.text import text_weights
from storyboard.models.layouts.vae import vae_weights
from storyboard.story.read import read_story
from tests.models import singles
from tests.models.singles import Shapes


def put(tmp_path: Path, folder: str, name: str, shapes: Shapes) -> Path:
    return singles.sparse(tmp_path / "models" / folder / f"{name}.safetensors", shapes)


def bare(tmp_path: Path, family: Family) -> Path:
    """A checkpoint that is a UNet and nothing else."""
    shapes = singles.single(singles.narrow(family))
    only = {key: shape for key, shape in shapes.items() if key.startswith(singles.UNET)}
    return put(tmp_path, "Stable-diffusion", "bare", only)


def whole(tmp_path: Path, family: Family) -> Path:
    return put(tmp_path, "checkpoints", "whole", singles.single(singles.narrow(family)))


def parts(tmp_path: Path) -> None:
    sizes = singles.narrow("sdxl")
    assert sizes.second is not None
    put(tmp_path, "vae", "mine", singles.ldm(vae_weights(sizes.vae)))
    put(tmp_path, "clip", "l", singles.named(text_weights(sizes.text), "text_model."))
    put(tmp_path, "text_encoders", "g", singles.ldm(text_weights(sizes.second)))


def cast(tmp_path: Path, model: str) -> Checkpoint:
    preview = compiled(tmp_path, model).preview
    assert preview is not None
    return preview.checkpoint


def compiled(tmp_path: Path, model: str) -> PanelJobs:
    story = tmp_path / "story.yaml"
    text = f"title: T\nmodel: {model}\npages: [{{tiers: [1], panels: [{{}}]}}]\n"
    story.write_text(text, encoding="utf-8")
    catalog = Catalog([tmp_path / "models"])
    return compile_story(read_story(story), catalog, lambda _: "0" * 64)[0].panels[0]


def test_a_file_without_its_parts_is_drawn_with_those_that_the_story_names(tmp_path: Path) -> None:
    bare(tmp_path, "sdxl")
    parts(tmp_path)
    said = "{checkpoint: bare, vae: mine, text_encoder: l, text_encoder_2: g}"
    checkpoint = cast(tmp_path, said)
    assert checkpoint.family == "sdxl"
    assert checkpoint.vae is not None
    assert checkpoint.vae.name == "mine"
    assert [file.name for file in checkpoint.text_encoders] == ["l", "g"]


def test_every_part_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    bare(tmp_path, "sdxl")
    parts(tmp_path)
    with pytest.raises(ProblemsError) as caught:
        cast(tmp_path, "{checkpoint: bare, text_encoder: l}")
    vae, second = caught.value.problems
    assert vae.message == "checkpoint bare has no VAE in it"
    assert vae.hint == "name a file that has one: model: {vae: NAME}"
    assert second.message == "checkpoint bare has no second text encoder in it"


def test_a_vae_serves_both_families(tmp_path: Path) -> None:
    parts(tmp_path)
    for family in ("sd15", "sdxl"):
        whole(tmp_path, "sdxl" if family == "sdxl" else "sd15")
        vae = cast(tmp_path, "{checkpoint: whole, vae: mine}").vae
        assert vae is not None
        assert vae.name == "mine"


def test_the_story_says_what_the_file_does_not(tmp_path: Path) -> None:
    whole(tmp_path, "sdxl")
    silent = cast(tmp_path, "{checkpoint: whole}")
    assert (silent.prediction, silent.zero_snr, silent.text_encoders) == ("epsilon", False, ())
    said = cast(tmp_path, "{checkpoint: whole, prediction: v, zero_snr: true}")
    assert (said.prediction, said.zero_snr) == ("v_prediction", True)


def test_the_story_wins_over_the_file(tmp_path: Path) -> None:
    marked: Shapes = {**singles.single(singles.narrow("sdxl")), "v_pred": (0,), "ztsnr": (0,)}
    put(tmp_path, "checkpoints", "noob", marked)
    told = cast(tmp_path, "{checkpoint: noob}")
    assert (told.prediction, told.zero_snr) == ("v_prediction", True)
    said = cast(tmp_path, "{checkpoint: noob, prediction: epsilon, zero_snr: false}")
    assert (said.prediction, said.zero_snr) == ("epsilon", False)


def test_an_unknown_prediction_is_told(tmp_path: Path) -> None:
    whole(tmp_path, "sdxl")
    with pytest.raises(ProblemsError, match="prediction"):
        cast(tmp_path, "{checkpoint: whole, prediction: x0}")


@pytest.mark.parametrize(("family", "pixels"), [("sd15", 512 * 512), ("sdxl", 1024 * 1024)])
def test_a_checkpoint_draws_at_its_familys_size(
    tmp_path: Path, family: Family, pixels: int
) -> None:
    whole(tmp_path, family)
    panel = compiled(tmp_path, "{checkpoint: whole}")
    assert panel.preview is not None
    size = panel.preview.size
    assert size.width % 64 == size.height % 64 == 0
    assert abs(size.width * size.height / pixels - 1) < 0.2
    assert (panel.final is None) == (family == "sdxl")
