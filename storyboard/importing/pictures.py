"""The whole way from pictures to a story's text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from storyboard.errors import Mark, Problem, Problems, ProblemsError, argument_error
from storyboard.importing import ours, webui
from storyboard.importing.keys import keys_of
from storyboard.importing.names import Finder
from storyboard.importing.sketch import Model, NoRecipe, Sketch
from storyboard.importing.writing import story_text
from storyboard.models.catalog import Catalog
from storyboard.models.hashing import Hasher
from storyboard.models.side_files import plain_text
from storyboard.parameters import parse_parameters
from storyboard.pnginfo import PictureInfo, read_info
from storyboard.settings import NOTHING_SAID
from storyboard.story.marks import Marks, plain
from storyboard.story.model import Story
from storyboard.story.nodes import parse
from storyboard.story.problems import shape_problems

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True, slots=True)
class Written:
    """A story's text, and sentences about what of the pictures is not in it."""

    text: str
    notes: tuple[str, ...]


def story_from(pictures: Sequence[Path], title: str, catalog: Catalog, hasher: Hasher) -> Written:
    """A story with a panel for each picture, in their order; a folder stands for its pictures.

    Raises `ProblemsError` with every picture that has no recipe, or one that a story cannot say,
    and where the pictures were drawn with several checkpoints.
    """
    finder = Finder(catalog, hasher)
    sketches = [finder.settled(sketch) for sketch in _sketches(_files(pictures))]
    model = _one_model(sketches)
    entry = finder.entry(sketches[0])
    recommended = entry.settings if entry else NOTHING_SAID

    def written(some: Sequence[Sketch]) -> str:
        return story_text(title, model, entry, keys_of(some, recommended), some)

    _check(sketches, written)
    return Written(written(sketches), tuple(_notes(sketches)))


def _files(pictures: Iterable[Path]) -> Iterator[Path]:
    for path in pictures:
        if not path.is_dir():
            yield path
            continue
        below = sorted(file for file in path.iterdir() if file.suffix.lower() in _ENDINGS)
        if not below:
            raise argument_error("there is no PNG, JPEG or WebP picture in it", file=str(path))
        yield from below


def _sketches(files: Iterable[Path]) -> list[Sketch]:
    """Each picture's sketch. Raises `ProblemsError` with all that have none."""
    found: list[Sketch] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found.append(_sketch(read_info(file), file.name))
        except NoRecipe as problem:
            problems.append(Problem(Mark(str(file)), str(problem)))
        except ProblemsError as unreadable:
            problems += unreadable.problems
    if problems:
        raise ProblemsError(problems)
    return found


def _sketch(info: PictureInfo, source: str) -> Sketch:
    parameters = parse_parameters(info.parameters or "")
    if info.recipe is not None:
        return ours.sketch_of(info.recipe, parameters.prompt, source)
    if parameters.settings:
        return webui.sketch_of(parameters, source, info.size)
    if info.program:
        raise NoRecipe(
            f"its recipe is {info.program}'s, which is not understood: only the WebUI's "
            "`parameters` are, and storyboard's own"
        )
    if info.parameters:
        raise NoRecipe("its text holds a prompt at most, and no settings")
    raise NoRecipe("there is no recipe in it: programs that edit or send pictures often drop it")


def _one_model(sketches: Sequence[Sketch]) -> Model:
    """The model of all. Raises `ProblemsError` where there are several."""
    models: dict[str, list[str]] = {}
    for sketch in sketches:
        models.setdefault(_in_words(sketch.model), []).append(sketch.source)
    if len(models) > 1:
        told = "; ".join(f"{_some(sources)} with {words}" for words, sources in models.items())
        raise argument_error(
            f"the pictures were drawn with {len(models)} different models, and a story has one: "
            f"{told}",
            "make a story of each kind",
        )
    return sketches[0].model


def _some(names: Sequence[str]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def _in_words(model: Model) -> str:
    parts = [f"checkpoint {model.checkpoint}" if model.checkpoint else "an unnamed checkpoint"]
    parts += [f"VAE {model.vae}"] if model.vae else []
    parts += [f"text encoder {name}" for name in model.text_encoders]
    parts += [f"clip skip {model.clip_skip}"] if model.clip_skip != 1 else []
    parts += [f"{model.prediction} prediction"] if model.prediction == "v_prediction" else []
    parts += ["zero terminal SNR"] if model.zero_snr else []
    return plain_text(", ".join(parts))


def _check(sketches: Sequence[Sketch], written: Callable[[Sequence[Sketch]], str]) -> None:
    """Raises `ProblemsError` with the pictures whose values are none that a story takes."""
    problems = Problems()
    for sketch in sketches:
        document = parse(written([sketch]), sketch.source)
        assert document.root is not None
        try:
            Story.model_validate(plain(document.root))
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            for problem in shape_problems(details, Marks(document.root)):
                problems.add(Mark(sketch.source), f"no story can say this: {problem.message}")
    problems.raise_errors()


def _notes(sketches: Iterable[Sketch]) -> Iterator[str]:
    """Each note once, with the pictures that it is about."""
    sources: dict[str, list[str]] = {}
    for sketch in sketches:
        for note in sketch.notes:
            sources.setdefault(note, []).append(sketch.source)
        if sketch.model.checkpoint is None:
            sources.setdefault(_NO_CHECKPOINT, []).append(sketch.source)
    for note, names in sources.items():
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        yield f"{plain_text(names[0])}{more} {note}"


_NO_CHECKPOINT = "does not name its checkpoint: say it under `model`"
