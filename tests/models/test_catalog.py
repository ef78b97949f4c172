"""A name in a story stands for one model file on the model path, or for none; never for a file
elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest

from storyboard.models.catalog import Catalog, Entry, Kind, NotFound
from storyboard.models.scan import Found, scan
from tests.models import made


def found_names(root: Path) -> set[tuple[Kind | None, str]]:
    return {(item.kind, item.name) for item in scan(root, pytest.fail)}


def entry(catalog: Catalog, name: str, kind: Kind = Kind.LORA) -> Entry:
    return catalog.find(kind, name)


@pytest.mark.parametrize("top", ["", "models/"])
def test_the_webuis_tree_is_understood(tmp_path: Path, top: str) -> None:
    made.lora(tmp_path / top / "Lora" / "chars" / "mei.safetensors")
    made.checkpoint(tmp_path / top / "Stable-diffusion" / "inkling")
    made.weights(tmp_path / top / "Stable-diffusion" / "any.vae.safetensors", {"a": (1,)})
    made.weights(tmp_path / top / "VAE" / "anime.safetensors", {"a": (1,)})
    made.weights(tmp_path / top / "ESRGAN" / "4x.safetensors", {"a": (1,)})
    made.weights(tmp_path / "embeddings" / "EasyNegative.safetensors", {"emb_params": (2, 24)})
    assert found_names(tmp_path) == {
        (Kind.LORA, "chars/mei"),
        (Kind.CHECKPOINT, "inkling"),
        (Kind.VAE, "any.vae"),
        (Kind.VAE, "anime"),
        (Kind.UPSCALER, "4x"),
        (Kind.EMBEDDING, "EasyNegative"),
    }


@pytest.mark.parametrize("top", ["", "models/", "MODELS/"])
def test_comfyuis_tree_is_understood_in_any_case(tmp_path: Path, top: str) -> None:
    folders = ("checkpoints", "LoRAs", "vae", "clip", "Upscale_Models", "Embeddings")
    for folder in folders:
        made.weights(tmp_path / top / folder / "sub" / "x.SafeTensors", {"a": (1,)})
    assert found_names(tmp_path) == {(kind, "sub/x") for kind in Kind}


def test_a_vae_may_be_a_folder(tmp_path: Path) -> None:
    made.document(tmp_path / "vae" / "tiny" / "config.json", {})
    made.weights(tmp_path / "vae" / "tiny" / "diffusion_pytorch_model.safetensors", {"a": (1,)})
    assert found_names(tmp_path) == {(Kind.VAE, "tiny")}
    assert entry(Catalog([tmp_path]), "tiny", Kind.VAE).problems == ()


def test_a_pickle_beside_its_safetensors_is_left_out(tmp_path: Path) -> None:
    made.lora(tmp_path / "loras" / "mei.safetensors")
    (tmp_path / "loras" / "mei.pt").write_bytes(b"\x80\x02")
    (tmp_path / "loras" / "old.pt").write_bytes(b"\x80\x02")
    assert found_names(tmp_path) == {(Kind.LORA, "mei"), (Kind.LORA, "old")}
    assert "is a pickle" in entry(Catalog([tmp_path]), "old").problems[0]


def test_hidden_things_and_other_files_are_no_models(tmp_path: Path) -> None:
    made.lora(tmp_path / "loras" / ".trash" / "mei.safetensors")
    made.lora(tmp_path / "loras" / "._mei.safetensors")
    made.document(tmp_path / "loras" / "mei.json", {})
    assert found_names(tmp_path) == set()


def test_files_that_lie_unsorted_are_sorted_by_their_headers(tmp_path: Path) -> None:
    made.lora(tmp_path / "mei.safetensors")
    made.weights(tmp_path / "neg.safetensors", {"emb_params": (2, 24)})
    made.weights(tmp_path / "any.safetensors", {"model.diffusion_model.x": (1,)})
    made.weights(tmp_path / "vae.safetensors", {"decoder.conv_in.weight": (1,)})
    made.weights(tmp_path / "4x.safetensors", {"body.0.rdb1.conv1.weight": (1,)})
    made.weights(tmp_path / "other.safetensors", {"x": (1, 1), "y": (1,)})
    (tmp_path / "old.pt").write_bytes(b"\x80\x02")
    made.checkpoint(tmp_path / "inkling")
    catalog = Catalog([tmp_path])
    assert {(e.kind, e.name) for e in catalog.entries()} == {
        (Kind.LORA, "mei"),
        (Kind.EMBEDDING, "neg"),
        (Kind.CHECKPOINT, "any"),
        (Kind.CHECKPOINT, "inkling"),
        (Kind.VAE, "vae"),
        (Kind.UPSCALER, "4x"),
    }
    pickle, unknown = catalog.problems
    assert "old.pt is a pickle" in pickle
    assert "other.safetensors is of an unknown kind" in unknown


def test_a_root_may_be_one_diffusers_folder(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "inkling")
    assert entry(Catalog([folder]), "inkling", Kind.CHECKPOINT).path == folder


def test_a_root_that_is_missing_is_told(tmp_path: Path) -> None:
    (problem,) = Catalog([tmp_path / "none"]).problems
    assert f"{tmp_path / 'none'} cannot be listed" in problem


def test_entries_may_be_of_one_kind(tmp_path: Path) -> None:
    made.lora(tmp_path / "loras" / "mei.safetensors")
    made.checkpoint(tmp_path / "checkpoints" / "inkling")
    assert [e.name for e in Catalog([tmp_path]).entries(Kind.LORA)] == ["mei"]


@pytest.mark.parametrize(
    "name",
    [
        "mei",
        "mei.safetensors",
        "MEI",
        "chars/mei",
        "Chars/Mei.safetensors",
        "chars\\mei",
        "heroine",
    ],
)
def test_a_lora_has_several_names(tmp_path: Path, name: str) -> None:
    path = made.lora(
        tmp_path / "loras" / "chars" / "mei.safetensors", {"ss_output_name": "heroine"}
    )
    assert entry(Catalog([tmp_path]), name).path == path


def test_a_name_with_a_dot_is_not_shortened(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "Lora" / "Iku_Nakatani-000016_v1.0.safetensors")
    found = entry(Catalog([tmp_path]), "Iku_Nakatani-000016_v1.0")
    assert (found.path, found.name) == (path, "Iku_Nakatani-000016_v1.0")


def test_a_names_own_case_comes_first(tmp_path: Path) -> None:
    lower = made.lora(tmp_path / "loras" / "a" / "mei.safetensors")
    upper = made.lora(tmp_path / "loras" / "b" / "MEI.safetensors")
    catalog = Catalog([tmp_path])
    assert (entry(catalog, "mei").path, entry(catalog, "MEI").path) == (lower, upper)
    with pytest.raises(NotFound, match="stands for 2 LoRA files"):
        entry(catalog, "Mei")


def test_an_ambiguous_name_lists_the_paths(tmp_path: Path) -> None:
    paths = [made.lora(tmp_path / "loras" / sub / "mei.safetensors") for sub in ("a", "b")]
    catalog = Catalog([tmp_path])
    with pytest.raises(NotFound) as caught:
        entry(catalog, "mei")
    assert all(str(path) in caught.value.message for path in paths)
    assert "a/mei or b/mei" in caught.value.hint
    assert entry(catalog, "b/mei").path == paths[1]


def test_files_of_one_name_are_told_apart_by_their_endings(tmp_path: Path) -> None:
    one, other = (made.lora(tmp_path / "Lora" / f"mei{end}") for end in (".safetensors", ".sft"))
    catalog = Catalog([tmp_path])
    with pytest.raises(NotFound, match=r"write mei.safetensors or mei.sft"):
        entry(catalog, "mei")
    assert (entry(catalog, "mei.SAFETENSORS").path, entry(catalog, "mei.sft").path) == (one, other)


@pytest.mark.parametrize("name", ["twin", "twin_v1.0"])
def test_a_folder_and_a_file_of_one_name_are_told_apart_by_a_slash(
    tmp_path: Path, name: str
) -> None:
    folder = made.checkpoint(tmp_path / "checkpoints" / name)
    file = made.lora(tmp_path / "checkpoints" / f"{name}.safetensors")
    catalog = Catalog([tmp_path])
    with pytest.raises(NotFound, match=rf"write {name}/ or {name}\.safetensors"):
        entry(catalog, name, Kind.CHECKPOINT)
    assert entry(catalog, f"{name}/", Kind.CHECKPOINT).path == folder
    assert entry(catalog, f"checkpoints/{name}/", Kind.CHECKPOINT).path == folder
    assert entry(catalog, f"{name}.safetensors", Kind.CHECKPOINT).path == file


def test_an_ending_may_be_a_part_of_a_name(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "Lora" / "mei.pt.safetensors")
    assert entry(Catalog([tmp_path]), "mei.pt").path == path
    assert entry(Catalog([tmp_path]), "MEI.PT.safetensors").path == path
    plain = made.lora(tmp_path / "Lora" / "mei.safetensors")
    assert entry(Catalog([tmp_path]), "mei.pt").path == plain


@pytest.mark.parametrize(("stored", "said"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_an_accent_is_the_same_however_it_is_kept(
    tmp_path: Path, stored: Literal["NFC", "NFD"], said: Literal["NFC", "NFD"]
) -> None:
    path = made.lora(tmp_path / "Lora" / f"{normalize(stored, 'Zoé_ñ')}.safetensors")
    assert entry(Catalog([tmp_path]), normalize(said, "Zoé_ñ")).path == path


def test_what_could_not_be_listed_is_told_with_what_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as told:
        entry(Catalog([tmp_path / "gone"]), "mei")
    assert "gone cannot be listed" in told.value.hint


def test_names_that_no_ending_tells_apart_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("Lora", "LyCORIS"):
        made.lora(tmp_path / "models" / folder / "mei.safetensors")
    told = r"2 LoRA files.*write Lora/mei.safetensors or LyCORIS/mei.safetensors"
    with pytest.raises(NotFound, match=told):
        entry(Catalog([tmp_path]), "mei")
    path = tmp_path / "models" / "LyCORIS" / "mei.safetensors"
    for name in ("LyCORIS/mei.safetensors", "lycoris/mei", "models/LyCORIS/mei", str(path)):
        assert entry(Catalog([tmp_path]), name).path == path
    with pytest.raises(NotFound, match="there is no LoRA"):
        entry(Catalog([tmp_path]), "CORIS/mei")


def test_a_file_in_the_folder_itself_has_the_name_before_one_in_a_folder_below(
    tmp_path: Path,
) -> None:
    path = made.lora(tmp_path / "Lora" / "mei.safetensors")
    below = made.lora(tmp_path / "Lora" / "anime" / "mei.safetensors")
    catalog = Catalog([tmp_path])
    assert (entry(catalog, "mei").path, entry(catalog, "anime/mei").path) == (path, below)


def test_the_webuis_other_folders_hold_no_models_of_ours(tmp_path: Path) -> None:
    for folder in ("hypernetworks", "Codeformer", "VAE-approx", "karlo", "deepbooru"):
        made.weights(tmp_path / "models" / folder / "x.safetensors", {"a": (1,)})
    made.weights(tmp_path / "models" / "RealESRGAN" / "4x.safetensors", {"a": (1,)})
    made.lora(tmp_path / "models" / "LyCORIS" / "style" / "ink.safetensors")
    assert found_names(tmp_path) == {(Kind.UPSCALER, "4x"), (Kind.LORA, "style/ink")}


def test_the_first_root_wins(tmp_path: Path) -> None:
    first = made.lora(tmp_path / "one" / "loras" / "deep" / "mei.safetensors")
    made.lora(tmp_path / "two" / "loras" / "mei.safetensors")
    assert entry(Catalog([tmp_path / "one", tmp_path / "two"]), "mei").path == first


def test_a_root_within_a_root_is_not_told_twice(tmp_path: Path) -> None:
    made.lora(tmp_path / "models" / "loras" / "mei.safetensors")
    assert len(Catalog([tmp_path, tmp_path / "models"]).entries()) == 1


def test_a_misspelt_name_gets_a_suggestion_and_the_folders(tmp_path: Path) -> None:
    made.lora(tmp_path / "loras" / "manga-ink.safetensors")
    with pytest.raises(NotFound) as caught:
        entry(Catalog([tmp_path]), "manga_ink")
    assert caught.value.message == "there is no LoRA 'manga_ink'"
    assert "did you mean `manga-ink`?" in caught.value.hint
    assert str(tmp_path) in caught.value.hint


def test_a_name_of_another_kind_is_told(tmp_path: Path) -> None:
    made.checkpoint(tmp_path / "checkpoints" / "inkling")
    with pytest.raises(NotFound) as caught:
        entry(Catalog([tmp_path]), "inkling")
    assert "there is a checkpoint of that name" in caught.value.hint


@pytest.mark.parametrize("name", ["", ".", "./", "a\x00b", "a\nb", "\x1b[31m", "\ud800", "a" * 501])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Catalog([tmp_path]).find(Kind.LORA, name, tmp_path)


def test_a_name_too_long_for_a_file_system_is_only_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no LoRA"):
        Catalog([tmp_path]).find(Kind.LORA, "a" * 400, tmp_path)


def test_names_may_be_in_any_script_with_any_space(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "loras" / "手绘\u3000风 \u00a0é.safetensors")
    assert entry(Catalog([tmp_path]), "手绘\u3000风 \u00a0é").path == path


@pytest.mark.parametrize("name", ["../mei", "a/../../mei", "..\\mei.safetensors", "./../mei"])
def test_names_never_lead_outside(tmp_path: Path, name: str) -> None:
    made.lora(tmp_path / "mei.safetensors")
    (tmp_path / "story").mkdir()
    (tmp_path / "models").mkdir()
    with pytest.raises(NotFound, match="leads out of its folder"):
        Catalog([tmp_path / "models"]).find(Kind.LORA, name, tmp_path / "story")


@pytest.mark.parametrize("name", ["", "a\x1b[2Jb", "a\0b", "\ud800", "x" * 501], ids=ascii)
def test_what_no_file_is_called_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound, match="is no name of a LoRA"):
        Catalog([tmp_path]).find(Kind.LORA, name, tmp_path)


def test_a_path_beside_the_story_is_read(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "story" / "own" / "mei.safetensors")
    catalog = Catalog([])
    for name in ("own/mei.safetensors", "./own/mei.safetensors", "own/mei", str(path)):
        assert catalog.find(Kind.LORA, name, tmp_path / "story").path == path


def test_a_checkpoint_beside_the_story_is_read(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "own")
    assert Catalog([]).find(Kind.CHECKPOINT, "./own", tmp_path).path == folder


def test_an_absolute_path_below_a_root_is_read(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "loras" / "mei.safetensors")
    assert entry(Catalog([tmp_path]), str(path)).path == path


def test_an_absolute_path_elsewhere_is_refused(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "elsewhere" / "mei.safetensors")
    (tmp_path / "models").mkdir()
    with pytest.raises(NotFound, match="outside the model path") as caught:
        Catalog([tmp_path / "models"]).find(Kind.LORA, str(path), tmp_path / "models")
    assert "--models" in caught.value.hint


def test_a_folder_whose_name_only_begins_alike_is_elsewhere(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "models-private" / "mei.safetensors")
    (tmp_path / "models").mkdir()
    with pytest.raises(NotFound, match="outside"):
        entry(Catalog([tmp_path / "models"]), str(path))


def test_links_may_lead_outside_but_not_in_circles(tmp_path: Path) -> None:
    made.lora(tmp_path / "store" / "mei.safetensors")
    loras = tmp_path / "models" / "loras"
    loras.mkdir(parents=True)
    (loras / "linked").symlink_to(tmp_path / "store")
    (loras / "circle").symlink_to(loras)
    catalog = Catalog([tmp_path / "models"])
    assert entry(catalog, "mei").path == loras / "linked" / "mei.safetensors"
    assert len(catalog.entries()) == 1


def test_folders_are_listed_once_and_headers_read_when_asked_for(tmp_path: Path) -> None:
    made.lora(tmp_path / "loras" / "mei.safetensors")
    (tmp_path / "loras" / "broken.safetensors").write_bytes(b"nothing")
    catalog = Catalog([tmp_path])
    first = entry(catalog, "mei")
    first.path.unlink()
    assert entry(catalog, "mei") is first


def test_a_found_models_stem_has_no_folders() -> None:
    assert Found(Kind.LORA, "a/b/c", Path("c.safetensors")).stem == "c"
