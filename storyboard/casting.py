"""Which files a story's names stand for: its checkpoint, VAE, LoRAs and embeddings.

A name that cannot be found, or a LoRA that does not fit the checkpoint, is a problem at the place
where the story says it, whether or not a panel uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from storyboard.engine.upscaler_names import UPSCALERS, file_named, upscaler_named
from storyboard.errors import Mark, Problems
from storyboard.jobs import Adapter, Checkpoint, ModelFile, Prediction, Upscaler
from storyboard.models.catalog import Catalog, Entry, Kind, NotFetched, NotFound
from storyboard.models.check import lora_problems, value_problems
from storyboard.models.loras import blocks
from storyboard.models.paths import folded
from storyboard.nearest import did_you_mean
from storyboard.overflow import Overflow
from storyboard.pieces import pieces_of
from storyboard.prompts.lora_tags import LoraTag
from storyboard.sayings import saying
from storyboard.settings import CHECKPOINT, NOTHING_SAID
from storyboard.story.drawing import Loras, LoraUse
from storyboard.story.model import DrawingSettings
from storyboard.story.read import StoryFile

_PREDICTIONS: dict[str, Prediction] = {"epsilon": "epsilon", "v": "v_prediction"}

Hash = Callable[[Path], str]
"""A file's or folder's sha256, in hex."""


class Cast:
    """The model files of one story."""

    def __init__(
        self,
        file: StoryFile,
        catalog: Catalog,
        hash_of: Hash,
        problems: Problems,
        finite_cache: Path | None = None,
    ) -> None:
        self._file = file
        self._catalog = catalog
        self._hash_of = hash_of
        self._problems = problems
        self._finite_cache = finite_cache
        self._files: dict[Path, ModelFile] = {}
        self._used: dict[str, Entry] = {}
        self._upscalers: dict[str, Upscaler] = {}
        self._checked: dict[Path, Sequence[str]] = {}
        model = file.story.model
        at = ("model", "checkpoint")
        self.entry = self._find(Kind.CHECKPOINT, model.checkpoint or CHECKPOINT, at)
        self.checkpoint = self._checkpoint(self.entry) if self.entry else None
        self.characters = {
            name: self._loras(character.lora, ("characters", name, "lora"))
            for name, character in file.story.characters.items()
        }
        self.styles = {
            name: self._loras(style.lora, ("styles", name, "lora"), style.weight)
            for name, style in file.story.styles.items()
        }
        story = file.story
        self.people = {
            name: saying(character, self._described(self.characters[name]))
            for name, character in story.characters.items()
        }
        self.looks = {
            name: saying(style, self._described(self.styles[name]))
            for name, style in story.styles.items()
        }
        for place, name in enumerate(model.embeddings or ()):
            embedding = self._find(Kind.EMBEDDING, name, ("model", "embeddings", place))
            if embedding:
                self._check_embedding(embedding, file.marks.at(("model", "embeddings", place)))
        self._embeddings = _by_name(catalog.entries(Kind.EMBEDDING))
        folder = self.entry.tokenizer_folder if self.entry else None
        vectors = {entry.name: entry.vectors for entry in self._embeddings.values()}
        self._overflow = Overflow(folder, vectors) if folder else None

    def tagged(self, tag: LoraTag, mark: Mark) -> Adapter | None:
        """The LoRA of a `<lora:...>` tag; None after noting the problem."""
        entry = self._find_at(Kind.LORA, tag.name, mark)
        adapter = self._adapter(entry, tag.unet, tag.text_encoder, mark) if entry else None
        return self._limited(adapter, tag.blocks, (tag.start, tag.stop), mark)

    @property
    def recommended(self) -> DrawingSettings:
        """What the checkpoint says for what the story leaves unsaid."""
        return self.entry.settings if self.entry else NOTHING_SAID

    def recommended_upscaler(self, name: str) -> Upscaler | None:
        """As `upscaler`, for the one that the checkpoint recommends."""
        mark = self._file.marks.at(("model", "checkpoint"))
        by = f"checkpoint {self.entry.name} recommends an upscaler: " if self.entry else ""
        return self.upscaler(name, mark, by)

    def upscaler(self, name: str, mark: Mark, by: str = "") -> Upscaler | None:
        """What enlarges finals by this name: a way that needs no file, or else an upscaler's file
        on the model path; None after noting the problem, which begins with `by`."""
        known = upscaler_named(name) or self._upscalers.get(name)
        if known:
            return known
        try:
            entry = self._catalog.find(
                Kind.UPSCALER, file_named(name) or name, self._file.directory
            )
        except NotFound as missing:
            ways = did_you_mean(name, UPSCALERS) or f"{', '.join(UPSCALERS)} need no file"
            self._problems.add(mark, f"{by}{missing.message}", f"{ways}; {missing.hint}")
            return None
        for problem in entry.problems:
            self._problems.add(mark, f"{by}upscaler {entry.name}: {problem}")
        if entry.problems:
            return None
        return self._upscalers.setdefault(name, self._model_file(entry))

    def embeddings_in(
        self, mark: Mark, texts: Sequence[str], passes: Iterable[int]
    ) -> tuple[ModelFile, ...]:
        """The embeddings that a text names at a step of its passes of so many steps, whatever the
        names' case, ordered by name."""
        if not self._embeddings or not self._overflow:
            return ()
        named = {
            name
            for text in texts
            for steps in set(passes)
            for name in self._overflow.named(text, steps)
        }
        used = [
            entry
            for _, entry in sorted(self._embeddings.items())
            if entry.name in named
            and self._find_at(Kind.EMBEDDING, entry.name, mark)  # tells where it is two files' name
        ]
        for entry in used:
            self._check_embedding(entry, mark)
        return tuple(self._model_file(entry) for entry in used)

    def _described(self, adapters: Iterable[Adapter]) -> list[Entry]:
        return [self.entry_of(adapter.file) for adapter in adapters]

    def entry_of(self, file: ModelFile) -> Entry:
        """What is known of a file that a job of this story names."""
        return self._used[file.path]

    def warn_of_cuts(self, what: str, text: str, steps: int, mark: Mark) -> None:
        """Warns where `text` (`what` it is, in words) is cut in a phrase for want of room, at one
        of its `steps`."""
        for cut in self._overflow.cuts(text, steps) if self._overflow else ():
            self._problems.add(mark, f"{what}: {cut}", "say less, or put BREAK", "warning")

    def _check_embedding(self, entry: Entry, mark: Mark) -> None:
        if entry.path not in self._checked:
            values = [] if entry.problems else value_problems(entry.path, self._finite_cache)
            self._checked[entry.path] = (*entry.problems, *self._width_problems(entry), *values)
        for problem in self._checked[entry.path]:
            self._problems.add(mark, f"embedding {entry.name}: {problem}")

    def _width_problems(self, embedding: Entry) -> list[str]:
        wanted = self.entry.widths if self.entry else ()
        if embedding.problems or not wanted or embedding.widths == wanted:
            return []
        found, read = (" and ".join(map(str, widths)) for widths in (embedding.widths, wanted))
        name = self.entry.name if self.entry else ""
        return [f"has vectors of width {found}, but checkpoint {name} reads {read}"]

    def _checkpoint(self, entry: Entry) -> Checkpoint | None:
        mark = self._file.marks.at(("model", "checkpoint"))
        for problem in entry.problems:
            self._problems.add(mark, f"checkpoint {entry.name}: {problem}")
        if entry.family is None or entry.problems:
            return None
        model = self._file.story.model
        pieces = pieces_of(entry, model, self._find, self._note)
        if pieces is None:
            return None
        return Checkpoint(
            family=entry.family,
            file=self._model_file(entry),
            prediction=_PREDICTIONS.get(model.prediction or "", entry.prediction or "epsilon"),
            vae=self._model_file(pieces.vae) if pieces.vae else None,
            clip_skip=model.clip_skip or 1,
            text_encoders=tuple(self._model_file(one) for one in pieces.text_encoders),
            zero_snr=entry.zero_snr if model.zero_snr is None else model.zero_snr,
        )

    def _note(self, at: tuple[str | int, ...], message: str, hint: str) -> None:
        self._problems.add(self._file.marks.at(at), message, hint)

    def _loras(
        self, said: Loras | None, at: tuple[str | int, ...], weight: float | None = None
    ) -> tuple[Adapter, ...]:
        uses = said if isinstance(said, list) else [] if said is None else [said]
        found = []
        for place, use in enumerate(uses):
            where = (*at, place) if isinstance(said, list) else at
            adapter = self._use(LoraUse(name=use) if isinstance(use, str) else use, where, weight)
            if adapter:
                found.append(adapter)
        return tuple(found)

    def _use(self, use: LoraUse, at: tuple[str | int, ...], weight: float | None) -> Adapter | None:
        entry = self._find(Kind.LORA, use.name, at)
        if entry is None:
            return None
        said = use.weight if use.weight is not None else weight
        unet = (entry.preferred_weight or 1.0) if said is None else said
        text_encoder = unet if use.te is None else use.te
        mark = self._file.marks.at(at)
        adapter = self._adapter(entry, unet, text_encoder, mark)
        return self._limited(adapter, use.blocks, (use.start or 0, use.stop), mark)

    def _limited(
        self,
        adapter: Adapter | None,
        said: str | Sequence[float] | None,
        steps: tuple[int, int | None],
        mark: Mark,
    ) -> Adapter | None:
        """The adapter with the blocks and the steps that it is limited to; None after noting the
        problem."""
        if adapter is None or self.entry is None:
            return adapter
        start, stop = steps
        if stop is not None and stop <= start:
            self._problems.add(
                mark,
                f"LoRA {adapter.file.name}: it stops at step {stop} and starts at {start}, so it "
                "never counts",
                "steps are counted from 0",
            )
            return None
        try:
            numbers = blocks.said(said) if isinstance(said, str) else said
            factors = blocks.expanded(numbers, self.entry.family or "") if numbers else ()
        except ValueError as problem:
            what, _, hint = str(problem).partition(": ")
            self._problems.add(mark, f"LoRA {adapter.file.name}: {what}", hint)
            return None
        return replace(adapter, blocks=factors, start=start, stop=stop)

    def _adapter(
        self, entry: Entry, unet: float, text_encoder: float, mark: Mark
    ) -> Adapter | None:
        problems = self._lora_problems(entry)
        for problem in problems:
            self._problems.add(mark, f"LoRA {entry.name}: {problem}")
        return None if problems else Adapter(self._model_file(entry), unet, text_encoder)

    def _lora_problems(self, entry: Entry) -> Sequence[str]:
        if self.entry is None or self.entry.problems:
            return ()
        if self.checkpoint is None:  # a part of it is missing: what is for that would not fit
            return entry.problems
        if entry.path not in self._checked:
            paths = [Path(encoder.path) for encoder in self.checkpoint.text_encoders]
            self._checked[entry.path] = lora_problems(entry, self.entry, self._finite_cache, paths)
        return self._checked[entry.path]

    def _model_file(self, entry: Entry) -> ModelFile:
        if entry.path not in self._files:
            self._files[entry.path] = ModelFile(
                entry.name, str(entry.path), self._hash_of(entry.path)
            )
            self._used[str(entry.path)] = entry
        return self._files[entry.path]

    def _find(self, kind: Kind, name: str, at: tuple[str | int, ...]) -> Entry | None:
        return self._find_at(kind, name, self._file.marks.at(at))

    def _find_at(self, kind: Kind, name: str, mark: Mark) -> Entry | None:
        try:
            return self._catalog.find(kind, name, self._file.directory)
        except NotFetched as missing:
            self._problems.add(mark, missing.message, missing.hint, "warning")
            return None
        except NotFound as missing:
            self._problems.add(mark, missing.message, missing.hint)
            return None


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The first of each name, as the model path's first folders win."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(folded(entry.name), entry)
    return found
