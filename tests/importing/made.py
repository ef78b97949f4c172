"""Pictures with texts in them, and stories made from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, PngImagePlugin

from storyboard.compiled import CompiledStory, PanelJobs
from storyboard.compiler import compile_story
from storyboard.importing import story_from
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.models.hashing import Hasher
from storyboard.story.read import read_story
from storyboard.workspace import model_hash

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 448x640, Model: inkling"


def picture(path: Path, **texts: str) -> Path:
    """A PNG picture with these texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        said.add_text(key, text)
    Image.new("RGB", (8, 8)).save(path, pnginfo=said)
    return path


def webui(path: Path, prompt: str = "a girl", negative: str = "bad", said: str = SETTINGS) -> Path:
    """A picture as the WebUI writes it, in the format that its ending says."""
    text = f"{prompt}\nNegative prompt: {negative}\n{said}" if negative else f"{prompt}\n{said}"
    if path.suffix == ".png":
        return picture(path, parameters=text)
    exif = Image.Exif()
    comment = b"UNICODE\0" + text.encode("utf-16-be")
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return path


@dataclass(frozen=True)
class Imported:
    """A story made from pictures: its text, the notes, and what it compiles to."""

    text: str
    notes: tuple[str, ...]
    story: CompiledStory

    @property
    def panels(self) -> tuple[PanelJobs, ...]:
        """The story's panels."""
        return self.story.panels


def imported(*pictures: Path, models: Path | None = None) -> Imported:
    """The pictures' story, compiled with the models in a folder and the built-in ones."""
    catalog = Catalog([*([models] if models else []), builtin_root()])
    hasher = Hasher(None)
    written = story_from(pictures, "T", catalog, hasher)
    file = pictures[0].parent / "story.yaml"
    file.write_text(written.text, encoding="utf-8")
    compiled, _ = compile_story(read_story(file), catalog, lambda path: model_hash(hasher, path))
    return Imported(written.text, written.notes, compiled)
