"""What a checkpoint is, is read from its header or folder, and from its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storyboard.jobs import Prediction
from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Family, Kind
from storyboard.models.layouts import layout_of
from storyboard.models.roots import builtin_tokenizer
from storyboard.settings import resolve
from storyboard.story.drawing import FinalSettings
from storyboard.story.model import Page, Panel, Story
from tests.models import made, singles
from tests.models.singles import Shapes

FAMILIES: tuple[Family, ...] = ("sd15", "sdxl")


def described(path: Path) -> Entry:
    return describe(Kind.CHECKPOINT, path.stem, path)


def single(tmp_path: Path, family: Family, **metadata: str) -> Path:
    said = {f"modelspec.{key}": value for key, value in metadata.items()}
    shapes = singles.single(singles.narrow(family))
    return singles.sparse(tmp_path / "any.safetensors", shapes, said)


def as_folder(root: Path, family: Family) -> Path:
    """The same as diffusers saves it."""
    for component, part in layout_of(single(root, family)).parts.items():
        stem = "model" if component.startswith("text") else "diffusion_pytorch_model"
        singles.sparse(root / "any" / component / f"{stem}.safetensors", part.shapes)
        made.document(root / "any" / component / "config.json", dict(part.config))
    for name in ("tokenizer", "tokenizer_2") if family == "sdxl" else ("tokenizer",):
        made.tokenizer(root / "any" / name)
    return root / "any"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("made_as", [single, as_folder])
def test_a_file_and_a_folder_say_the_same(tmp_path: Path, family: Family, made_as: Any) -> None:
    entry = described(made_as(tmp_path, family))
    assert (entry.family, entry.problems, entry.missing) == (family, (), ())
    assert entry.native_pixels == (512 * 512 if family == "sd15" else 1024 * 1024)
    assert entry.size_multiple == 64
    assert entry.widths == ((32,) if family == "sd15" else (32, 64))


def test_a_single_file_uses_clips_own_tokenizer(tmp_path: Path) -> None:
    entry = described(single(tmp_path, "sd15"))
    assert entry.tokenizer_folder == builtin_tokenizer()
    assert (entry.prediction, entry.zero_snr) == (None, False)


def test_a_diffusers_folders_card_wins(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "inkling")
    entry = described(folder)
    assert (entry.family, entry.prediction, entry.problems) == ("sd15", "v_prediction", ())
    assert (entry.native_pixels, entry.size_multiple) == (49152, 32)
    assert entry.tokenizer_folder == folder / "tokenizer"


def test_a_single_files_card_lies_beside_it(tmp_path: Path) -> None:
    path = single(tmp_path, "sd15")
    made.document(tmp_path / "any.storyboard.json", {"native_pixels": 256 * 256})
    assert described(path).native_pixels == 256 * 256


@pytest.mark.parametrize(
    ("metadata", "prediction"),
    [
        ({"prediction_type": "v"}, "v_prediction"),
        ({"prediction_type": "epsilon"}, "epsilon"),
        ({"predict_key": "v"}, "v_prediction"),
        ({"prediction_type": "something"}, None),
    ],
)
def test_metadata_tells_what_the_model_predicts(
    tmp_path: Path, metadata: dict[str, str], prediction: Prediction | None
) -> None:
    assert described(single(tmp_path, "sdxl", **metadata)).prediction == prediction


def test_marks_among_the_tensors_tell_it_too(tmp_path: Path) -> None:
    marked: Shapes = {**singles.single(singles.narrow("sdxl")), "v_pred": (0,), "ztsnr": (0,)}
    entry = described(singles.sparse(tmp_path / "noob.safetensors", marked))
    assert (entry.prediction, entry.zero_snr) == ("v_prediction", True)
    assert (entry.problems, entry.notes) == ((), ())


def test_kohyas_trainer_writes_it_into_the_metadata(tmp_path: Path) -> None:
    said = {"ss_v_parameterization": "True", "ss_zero_terminal_snr": "True"}
    shapes = singles.single(singles.narrow("sd15"))
    entry = described(singles.sparse(tmp_path / "x.safetensors", shapes, said))
    assert (entry.prediction, entry.zero_snr) == ("v_prediction", True)


def test_a_folders_scheduler_tells_it(tmp_path: Path) -> None:
    folder = as_folder(tmp_path, "sdxl")
    said = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    made.document(folder / "scheduler" / "scheduler_config.json", said)
    entry = described(folder)
    assert (entry.prediction, entry.zero_snr) == ("v_prediction", True)


@pytest.mark.parametrize(
    "config", [{"addition_time_embed_dim": None}, {"projection_class_embeddings_input_dim": None}]
)
def test_what_an_sdxl_folder_leaves_unsaid_is_no_accident(
    tmp_path: Path, config: dict[str, None]
) -> None:
    folder = as_folder(tmp_path, "sdxl")
    made.document(folder / "storyboard.json", {"family": "sdxl"})
    said = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))
    made.document(folder / "unet" / "config.json", {**said, **config})
    assert described(folder).family == "sdxl"


def test_a_text_encoder_may_be_configured_as_a_part_of_clip(tmp_path: Path) -> None:
    folder = as_folder(tmp_path, "sd15")
    file = folder / "text_encoder" / "config.json"
    own = json.loads(file.read_text(encoding="utf-8"))
    made.document(file, {"model_type": "clip", "text_config": own, "projection_dim": 32})
    layout = layout_of(folder)
    assert layout.problems == ()
    assert layout.parts["text_encoder"].config["hidden_size"] == own["hidden_size"]


def test_a_vae_that_names_no_class_is_an_autoencoder_kl(tmp_path: Path) -> None:
    folder = as_folder(tmp_path, "sd15")
    file = folder / "vae" / "config.json"
    said = json.loads(file.read_text(encoding="utf-8"))
    made.document(file, {key: value for key, value in said.items() if key != "_class_name"})
    assert described(folder).problems == ()


def test_what_is_not_used_is_a_note(tmp_path: Path) -> None:
    shapes = {**singles.single(singles.narrow("sd15")), "embedding_manager.x": (4,)}
    entry = described(singles.sparse(tmp_path / "x.safetensors", shapes))
    assert entry.problems == ()
    assert entry.notes == ("holds 1 tensor without a use: embedding_manager.x",)


def test_a_part_that_is_not_there_is_missing_and_no_problem(tmp_path: Path) -> None:
    shapes = {
        key: shape
        for key, shape in singles.single(singles.narrow("sd15")).items()
        if not key.startswith(singles.VAE)
    }
    entry = described(singles.sparse(tmp_path / "x.safetensors", shapes))
    assert (entry.missing, entry.problems) == (("vae",), ())


def test_sdxls_previews_are_its_finals_unless_the_story_says_more(tmp_path: Path) -> None:
    recommended = described(single(tmp_path, "sdxl")).settings

    def final(said: FinalSettings | None) -> tuple[float, float]:
        panel = Panel(final=said)
        page = Page(panels=[panel])
        story = Story.model_validate({"title": "T", "pages": [{"panels": [{}]}]})
        drawing = resolve(story, page, panel, recommended)
        return drawing.final.scale, drawing.final.denoise

    assert final(None) == (1, 0)
    assert final(FinalSettings(denoise=0.3)) == (1, 0.3)
    assert final(FinalSettings(scale=1.5)) == (1.5, 0.35)
    assert final(FinalSettings(scale=1)) == (1, 0)


def test_a_card_may_say_otherwise_of_an_sdxl_model(tmp_path: Path) -> None:
    path = single(tmp_path, "sdxl")
    card = {"settings": {"final": {"scale": 1.5, "denoise": 0.2}}}
    made.document(tmp_path / "any.storyboard.json", card)
    final = described(path).settings.final
    assert final is not None
    assert (final.scale, final.denoise) == (1.5, 0.2)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("storyboard.json", {"family": "sd3"}, "not supported"),
        ("storyboard.json", {"family": "sd15", "native_pixels": "big"}, "native_pixels"),
        ("storyboard.json", {"family": "sd15", "native_pixels": 8192**2 + 1}, "native_pixels"),
        ("storyboard.json", {"family": "sd15", "size_multiple": 0}, "size_multiple"),
        ("storyboard.json", [], "storyboard.json is broken"),
        ("scheduler/scheduler_config.json", {"prediction_type": "sample"}, "prediction type"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": 100_001}, "betas must rise"),
    ],
)
def test_what_a_folder_says_wrong_is_told(
    tmp_path: Path, file: str, content: Any, says: str
) -> None:
    folder = made.checkpoint(tmp_path / "x")
    made.document(folder / file, content)
    assert any(says in problem for problem in described(folder).problems)


def test_a_damaged_part_of_a_folder_is_told_by_name(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "x")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    damaged, missing = described(folder).problems
    assert "its unet/diffusion_pytorch_model.safetensors is cut off" in damaged
    assert "its part vae/ has no weights" in missing
