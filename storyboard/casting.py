"""Which files a story's names stand for: its checkpoint, VAE, LoRAs and embeddings.

A name that cannot be found, or a LoRA that does not fit the checkpoint, is a problem at the place
where the story says it, whether or not a panel uses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from storyboard.engine.names import UPSCALERS
from storyboard.errors import Mark, Problems
from storyboard.jobs import Adapter, Checkpoint, ModelFile, Upscaler
from storyboard.models.catalog import Catalog, Entry, Kind, NotFound
from storyboard.models.check import lora_problems, value_problems
from storyboard.nearest import did_you_mean
from storyboard.overflow import Overflow
from storyboard.prompts.lora_tags import LoraTag
from storyboard.settings import CHECKPOINT, NOTHING_SAID
from storyboard.story.model import DrawingSettings, Loras, LoraUse
from storyboard.story.read import StoryFile

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
        return self._adapter(entry, tag.unet, tag.text_encoder, mark) if entry else None

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
        if name in UPSCALERS:
            return name
        try:
            entry = self._catalog.find(Kind.UPSCALER, name, self._file.directory)
        except NotFound as missing:
            ways = did_you_mean(name, UPSCALERS) or f"{' and '.join(UPSCALERS)} need no file"
            self._problems.add(mark, f"{by}{missing.message}", f"{ways}; {missing.hint}")
            return None
        for problem in entry.problems:
            self._problems.add(mark, f"{by}upscaler {entry.name}: {problem}")
        return None if entry.problems else self._model_file(entry)

    def embeddings_in(self, mark: Mark, *texts: str) -> tuple[ModelFile, ...]:
        """The embeddings whose names stand in a text, whatever their case, ordered by name."""
        if not self._embeddings:
            return ()
        words = "\n".join(texts).casefold()
        used = [
            entry
            for name, entry in sorted(self._embeddings.items())
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words)
        ]
        for entry in used:
            self._check_embedding(entry, mark)
        return tuple(self._model_file(entry) for entry in used)

    def entry_of(self, file: ModelFile) -> Entry:
        """What is known of a file that a job of this story names."""
        return self._used[file.path]

    def warn_of_cuts(self, what: str, text: str, mark: Mark) -> None:
        """Warns where `text` (`what` it is, in words) is cut in a phrase for want of room."""
        for cut in self._overflow.cuts(text) if self._overflow else ():
            self._problems.add(mark, f"{what}: {cut}", "say less, or put BREAK", "warning")

    def _check_embedding(self, entry: Entry, mark: Mark) -> None:
        if entry.path not in self._checked:
            values = [] if entry.problems else value_problems(entry.path, self._finite_cache)
            self._checked[entry.path] = (*entry.problems, *values)
        for problem in self._checked[entry.path]:
            self._problems.add(mark, f"embedding {entry.name}: {problem}")

    def _checkpoint(self, entry: Entry) -> Checkpoint | None:
        mark = self._file.marks.at(("model", "checkpoint"))
        for problem in entry.problems:
            self._problems.add(mark, f"checkpoint {entry.name}: {problem}")
        if entry.family is None or entry.problems:
            return None
        model = self._file.story.model
        vae = self._find(Kind.VAE, model.vae, ("model", "vae")) if model.vae else None
        return Checkpoint(
            family=entry.family,
            file=self._model_file(entry),
            prediction=entry.prediction or "epsilon",
            vae=self._model_file(vae) if vae else None,
            clip_skip=model.clip_skip or 1,
        )

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
        unet = 1.0 if said is None else said
        text_encoder = unet if use.te is None else use.te
        return self._adapter(entry, unet, text_encoder, self._file.marks.at(at))

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
        if entry.path not in self._checked:
            self._checked[entry.path] = lora_problems(entry, self.entry, self._finite_cache)
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
        except NotFound as missing:
            self._problems.add(mark, missing.message, missing.hint)
            return None


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.name.casefold(): entry for entry in entries}
