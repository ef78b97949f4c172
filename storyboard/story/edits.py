"""Settings tried on one panel without touching the file: `--set cfg=6` is that line, as if the
author had written it.

An edit replaces a node of the story's tree; whatever is wrong with it is then found, and told, as
for a line of the file, with `--set cfg=6` as its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.nearest import did_you_mean
from storyboard.story.drawing import SamplerSettings
from storyboard.story.marks import Marks, Path
from storyboard.story.model import Page, Panel
from storyboard.story.nodes import Entry, Mapping, Node, Scalar, Sequence

PANEL_KEYS = ("shot", "scene", "prompt", "negative", "quality", "seed", "size", "style")
SAMPLER_KEYS = ("sampler", "steps", "cfg", "eta", "ensd", "rng", "fast")
KEYS = (*PANEL_KEYS, *SAMPLER_KEYS)
_OTHERS = {*Page.model_fields, *Panel.model_fields, *SamplerSettings.model_fields} - {*KEYS}


@dataclass(frozen=True, slots=True)
class Setting:
    """`key=value` as somebody typed it behind `option`."""

    key: str
    value: str
    option: str = "--set"

    @property
    def mark(self) -> Mark:
        """Where a problem with it stands."""
        return Mark(f"{self.option} {self}")

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


def setting(text: str, option: str = "--set") -> Setting:
    """`key=value`, taken apart at the first `=`. Raises `ProblemsError`."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argument_error(f"{text!r} is no setting", "write key=value", option)
    return Setting(key.strip(), value, option)


class Edits(Protocol):
    """Changes to a story's tree, before it is examined."""

    def applied(self, root: Mapping) -> Mapping:
        """The tree with all of them in it. Raises `ProblemsError` for keys that are none."""
        ...


@dataclass(frozen=True, slots=True)
class PanelEdits:
    """Settings for the panel at `path` in the story, e.g. `("pages", 0, "panels", "face")`."""

    path: Path
    settings: tuple[Setting, ...]

    def applied(self, root: Mapping) -> Mapping:
        """The tree with all of them in it. Raises `ProblemsError` for keys that are none."""
        problems: list[Problem] = []
        for one in self.settings:
            try:
                root = self._applied(root, one)
            except ProblemsError as error:
                problems += error.problems
        if problems:
            raise ProblemsError(problems)
        return root

    def _applied(self, root: Mapping, said: Setting) -> Mapping:
        value = Scalar(said.value, said.mark)
        owner, dot, last = said.key.rpartition(".")
        if not dot:
            return self._panel_key(root, said, value)
        if owner == "vars":
            return _put(root, (*self.path, "vars", last), value)
        if last == "weight":
            return self._weight(root, owner, value)
        raise _unknown(said)

    def _panel_key(self, root: Mapping, said: Setting, value: Scalar) -> Mapping:
        if said.key == "style":
            names = [part.strip() for part in said.value.split("+") if part.strip()]
            styles = tuple(Scalar(name, said.mark) for name in names)
            return _put(root, (*self.path, "style"), Sequence(styles, said.mark, flow=True))
        if said.key in PANEL_KEYS:
            return _put(root, (*self.path, said.key), value)
        if said.key not in SAMPLER_KEYS:
            raise _unknown(said)
        path = (*self.path, "sampler")
        name = "name" if said.key == "sampler" else said.key
        return _put(_as_mapping(root, path), (*path, name), value)

    def _weight(self, root: Mapping, name: str, value: Scalar) -> Mapping:
        """The weight of a character in this panel, or else of a style of the story."""
        marks = Marks(root)
        people = marks.node((*self.path, "characters"))
        items = people.items if isinstance(people, Sequence) else ()
        for place, item in enumerate(items):
            if _who(item) == name:
                who = _mapping("who", item) if isinstance(item, Scalar) else item
                root = _put(root, (*self.path, "characters", place), who)
                return _put(root, (*self.path, "characters", place, "weight"), value)
        if marks.node(("styles", name)) is not None:
            return _put(root, ("styles", name, "weight"), value)
        styles = marks.node(("styles",))
        known = [one for one in map(_who, items) if one]
        known += styles.entries if isinstance(styles, Mapping) else ()
        hint = did_you_mean(name, known) or (
            f"there are: {', '.join(known)}" if known else "this panel has nobody with a LoRA"
        )
        raise ProblemsError(
            [Problem(value.mark, f"{name} is no character of this panel and no style", hint)]
        )


@dataclass(frozen=True, slots=True)
class StoryEdit:
    """A key of a mapping of the story itself that an option stands for."""

    path: Path
    value: str
    option: str

    def applied(self, root: Mapping) -> Mapping:
        """The tree with it."""
        value = Scalar(self.value, Mark(self.option))
        return _put(_as_mapping(root, self.path[:-1]), self.path, value)


FAST = StoryEdit(("sampler", "fast"), "true", "--fast")


def _as_mapping(root: Mapping, path: Path) -> Mapping:
    """The tree with a mapping at `path`, where a name alone may stand for one."""
    before = Marks(root).node(path)
    return _put(root, path, _mapping("name", before)) if isinstance(before, Scalar) else root


def _unknown(said: Setting) -> ProblemsError:
    if said.key in _OTHERS:
        message = f"`{said.key}` changes no preview, so there is nothing to try"
    else:
        message = f"unknown key `{said.key}`"
    hint = did_you_mean(said.key, KEYS) or (
        f"known: {', '.join(KEYS)}, vars.NAME, and NAME.weight of a character or style"
    )
    return ProblemsError([Problem(said.mark, message, hint)])


def _who(item: Node) -> str:
    if isinstance(item, Mapping):
        said = item.entries.get("who")
        return said.value.text if said and isinstance(said.value, Scalar) else ""
    return item.text if isinstance(item, Scalar) else ""


def _mapping(key: str, value: Node) -> Mapping:
    return Mapping({key: Entry(Scalar(key, value.mark), value)}, value.mark, flow=True)


def _put(root: Mapping, path: Path, value: Node) -> Mapping:
    """The tree with `value` at `path`, which begins with a key; what is missing on the way is made
    as mappings."""
    key, rest = str(path[0]), path[1:]
    old = root.entries.get(key)
    inner = _within(old.value if old else None, rest, value) if rest else value
    name = old.key if old else Scalar(key, value.mark)
    return replace(root, entries={**root.entries, key: Entry(name, inner)})


def _within(node: Node | None, path: Path, value: Node) -> Node:
    step = path[0]
    if isinstance(node, Sequence) and isinstance(step, int):
        item = _within(node.items[step], path[1:], value) if path[1:] else value
        return replace(node, items=(*node.items[:step], item, *node.items[step + 1 :]))
    inside = node if isinstance(node, Mapping) else Mapping({}, value.mark, flow=True)
    return _put(inside, path, value)
