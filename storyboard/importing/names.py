"""The model files that pictures name, found on the model path: by name, or else by their hash."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from storyboard.importing.sketch import Named, Second, Sketch
from storyboard.models.catalog import Catalog, Entry, Kind, NotFound
from storyboard.models.hashing import Hasher
from storyboard.models.header import ModelFileProblem
from storyboard.models.scan import without_ending
from storyboard.models.side_files import plain_text

_WEBUI_LORA_DIGITS = 12
_FEWEST_DIGITS = 10  # earlier WebUIs wrote 8, of another hash


class Finder:
    """Looks files up, each once. A file that is found by name is hashed to see that it is the
    picture's; only where a name is not found, every file of its kind is hashed."""

    def __init__(self, catalog: Catalog, hasher: Hasher) -> None:
        self._catalog = catalog
        self._hasher = hasher
        self._found: dict[Named, tuple[str, str]] = {}
        self._entries: dict[Kind, list[Entry]] = {}

    def settled(self, sketch: Sketch) -> Sketch:
        """The sketch with the names that the model path has, and notes where one is missing or
        another file than the picture's."""
        names: dict[tuple[Kind, str], str] = {}
        notes = []
        for named in dict.fromkeys(sketch.files):
            name, note = self._looked_up(named)
            names[named.kind, named.name] = name
            notes += [note] if note else []
        return replace(_Renaming(names).sketch(sketch), notes=(*sketch.notes, *notes))

    def entry(self, sketch: Sketch) -> Entry | None:
        """The sketch's checkpoint; None where it is not on the model path."""
        name = sketch.model.checkpoint
        try:
            return self._catalog.find(Kind.CHECKPOINT, name) if name else None
        except NotFound:
            return None

    def _looked_up(self, named: Named) -> tuple[str, str]:
        """The name to write, and a note or nothing."""
        if named not in self._found:
            self._found[named] = self._look_up(named)
        return self._found[named]

    def _look_up(self, named: Named) -> tuple[str, str]:
        what = f"{named.kind.noun} {plain_text(named.name)}"
        try:
            entry = self._catalog.find(named.kind, named.name)
        except NotFound as missing:
            same = next(self._with_hash(named), None)
            if same is None:
                said = f" (hash {named.hash[:12]})" if named.hash else ""
                return named.name, f"was drawn with {what}{said}: {missing.message}"
            return self._name_of(same), ""
        if self._is(entry, named) is not False:
            return named.name, ""
        same = next(self._with_hash(named), None)
        if same is not None:
            return self._name_of(same), ""
        return (
            named.name,
            f"was drawn with another file than the {what} on the model path: its hash is "
            f"{named.hash[:12]}",
        )

    def _name_of(self, entry: Entry) -> str:
        """The shortest name that stands for the entry."""
        parts = without_ending(entry.path.as_posix()).split("/")
        for depth in range(1, len(parts)):
            name = "/".join(parts[-depth:])
            with suppress(NotFound):
                if self._catalog.find(entry.kind, name).path == entry.path:
                    return name
        return entry.name

    def _with_hash(self, named: Named) -> Iterator[Entry]:
        if named.kind not in self._entries:
            self._entries[named.kind] = self._catalog.entries(named.kind)
        return (entry for entry in self._entries[named.kind] if self._is(entry, named))

    def _is(self, entry: Entry, named: Named) -> bool | None:
        """Whether a file has the hash that the picture says; None where that cannot be told."""
        digits = named.hash.lower()
        if not re.fullmatch(f"[0-9a-f]{{{_FEWEST_DIGITS},64}}", digits):
            return None
        try:
            if entry.path.is_dir():
                # The WebUI has no folders; a folder's hash is one of ours.
                whole = len(digits) == 64
                return self._hasher.folder(entry.path) == digits if whole else None
            if named.kind is Kind.LORA and len(digits) == _WEBUI_LORA_DIGITS:
                return self._hasher.lora(entry.path) == digits
            return self._hasher.file(entry.path).startswith(digits)
        except ModelFileProblem:  # `check` tells what is wrong with it
            return None


@dataclass(frozen=True, slots=True)
class _Renaming:
    """Other names for files, by kind and the picture's name."""

    names: Mapping[tuple[Kind, str], str]

    def sketch(self, old: Sketch) -> Sketch:
        """The sketch with them, in its prompts too."""
        model, second = old.model, old.second
        return replace(
            old,
            prompt=self._text(old.prompt),
            negative=self._text(old.negative),
            model=replace(
                model,
                checkpoint=self._name(Kind.CHECKPOINT, model.checkpoint),
                vae=self._name(Kind.VAE, model.vae),
                text_encoders=tuple(
                    self.names.get((Kind.TEXT_ENCODER, name), name) for name in model.text_encoders
                ),
            ),
            second=second and self._second(second),
        )

    def _second(self, second: Second) -> Second:
        return replace(
            second,
            upscaler=self.names.get((Kind.UPSCALER, second.upscaler), second.upscaler),
            prompt=second.prompt and self._text(second.prompt),
            negative=second.negative and self._text(second.negative),
        )

    def _name(self, kind: Kind, old: str | None) -> str | None:
        return self.names.get((kind, old), old) if old else old

    def _text(self, prompt: str) -> str:
        for (kind, old), new in self.names.items():
            if old != new and kind is Kind.LORA:
                tagged = rf"(?<=<lora:|<lyco:)\s*{re.escape(old)}\s*(?=[:>])"
                prompt = re.sub(tagged, _as_is(new), prompt)
            elif old != new and kind is Kind.EMBEDDING:
                word = rf"(?i:(?<!\w){re.escape(_as_text(old))}(?!\w))"
                prompt = re.sub(word, _as_is(_as_text(new)), prompt)
        return prompt


def _as_text(name: str) -> str:
    """A name as a prompt says it: its brackets are no weight."""
    return re.sub(r"([()\[\]\\])", r"\\\1", name)


def _as_is(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text
