"""What is fuzzed: each reader of strangers' text or files, with the only refusals that it may give.

A target takes one input and returns, whether it was taken or refused in a sentence. Whatever else
it raises is a crash; what takes over two seconds of the processor, or over 512 MB, is one too.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from storyboard.compiler import compile_story
from storyboard.errors import ProblemsError
from storyboard.importing import pictures
from storyboard.importing.sketch import NoRecipe
from storyboard.lock import StoreProblem
from storyboard.models.catalog import Catalog, Kind, builtin_root
from storyboard.models.describe import describe
from storyboard.models.hashing import Hasher
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.loras.file import parse_lora
from storyboard.parameters import parse_parameters
from storyboard.picks import read_picks
from storyboard.pnginfo import read_info
from storyboard.prompts.attention import parse_attention, parse_between_breaks
from storyboard.prompts.conjunction import texts_of
from storyboard.prompts.lora_tags import LoraTagProblem, take_lora_tags
from storyboard.prompts.templates import TemplateProblem, Value, compile_template
from storyboard.prompts.wildcards import Option, WildcardProblem, fill
from storyboard.recipes import RecipeProblem, restore
from storyboard.story.read import examine_story
from storyboard.takes import TakeBook
from tests.faults.fuzz_inputs import real_headers
from tests.models.made import raw

SECONDS = 2.0
MEGABYTES = 512

Target = Callable[[Any], None]

VALUES: dict[str, Value] = {
    "shot": "wide shot",
    "scene": "rain, {{ shot }} {a|b}",
    "names": ("mei", "bo"),
    "words": ("x",) * 50,
    "page": 2,
    "weight": 0.5,
    "night": True,
    "vars": {"season": "autumn", "words": ("x", "y")},
}


@contextmanager
def bounded() -> Iterator[None]:
    """What runs here must not need more than a story may."""
    started, before = time.process_time(), _peak()
    yield
    assert time.process_time() - started < SECONDS, "it took too long"
    assert _peak() - before < MEGABYTES, "it took too much memory"


def _peak() -> float:
    """The most memory that this process ever had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 if sys.platform != "darwin" else most / 2**20


@cache
def folder() -> Path:
    """Where this process writes its inputs."""
    base = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=base if base.is_dir() else None))


@cache
def catalog() -> Catalog:
    """The checkpoint that ships, and its LoRAs with a few of their tensors, to be quick."""
    root = folder() / "models"
    (root / "checkpoints").mkdir(parents=True)
    (root / "checkpoints" / "inkling").symlink_to(builtin_root() / "checkpoints" / "inkling")
    for name, (document, size) in real_headers().items():
        raw(root / "loras" / f"{name}.safetensors", document, b"\0" * size)
    return Catalog([root])


def story(data: bytes) -> None:
    """The story reader; what passes it is compiled too."""
    path = _written("story.yaml", data)
    with suppress(ProblemsError):
        file, _ = examine_story(path)
        compile_story(file, catalog(), lambda _: "0" * 64, folder() / "finite.json")


def template(source: str) -> None:
    """Compiling and filling a template."""
    with suppress(TemplateProblem):
        compile_template(source).render(VALUES)


class _Library:
    """Wildcard files, one of which names itself."""

    def options(self, name: str) -> tuple[Option, ...]:
        """See `Library`."""
        if name == "none":
            raise WildcardProblem("there is no wildcard file")
        return tuple(Option(text) for text in ("a", "{b|c}", "__loop__"))


def prompt(text: str) -> None:
    """The prompt grammar: wildcards, then parts and steps, then emphasis."""
    with suppress(WildcardProblem):
        text = fill(text, 7, "prompt", _Library())
    for steps in (1, 20):
        for said in texts_of(text, steps)[:3]:
            parse_attention(said)
            parse_between_breaks(said)


def lora_tags(text: str) -> None:
    """LoRA tags in a prompt."""
    with suppress(LoraTagProblem):
        left, tags = take_lora_tags(text)
        assert len(left) <= len(text) + 2 * len(tags)


def header(data: bytes) -> None:
    """The header of a model file, and all that is concluded from it."""
    path = _written("model.safetensors", data)
    with suppress(ModelFileProblem):
        found = read_header(path)
        parse_lora(found.shapes, found.metadata)
    for kind in (Kind.LORA, Kind.CHECKPOINT):
        with suppress(ModelFileProblem):
            describe(kind, "model", path)


def takes(data: bytes) -> None:
    """A list of picked takes, and one of all takes."""
    picks = _written("story.takes.yaml", data)
    with suppress(ProblemsError):
        for pick in read_picks(picks).values():
            assert pick.digest
    book = _written("takes.json", data)
    with suppress(StoreProblem):
        assert TakeBook.load(book.parent).digests() is not None


def png(data: bytes) -> None:
    """The recipe in a picture, as `show` and `new --from` read it."""
    path = _written("picture.png", data)
    with suppress(ProblemsError):
        info = read_info(path)
        parse_parameters(info.parameters or "")
        if info.recipe is not None:
            with suppress(RecipeProblem):
                restore(info.recipe)
        with suppress(NoRecipe):
            pictures.story_from([path], "A Tale", catalog(), _hasher())


TARGETS: dict[str, Target] = {
    "story": story,
    "template": template,
    "prompt": prompt,
    "lora_tags": lora_tags,
    "header": header,
    "takes": takes,
    "png": png,
}


@cache
def _hasher() -> Hasher:
    return Hasher(folder() / "hashes.json", None)


def _written(name: str, data: bytes) -> Path:
    path = folder() / name
    path.write_bytes(data)
    return path
