"""What a story means beyond its values' types: names that must be known, keys that go together.

Works on the nodes and not on the models, so that these problems are told together with wrong
types, each at its place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from storyboard.errors import Problem
from storyboard.nearest import did_you_mean
from storyboard.story.lettering import BALLOON_KINDS
from storyboard.story.nodes import Entry, Mapping, Node, Scalar, Sequence
from storyboard.story.syntax import shortened
from storyboard.story.values import BUILT_IN_VARIABLES, is_name, is_null


def story_problems(root: Mapping, complete: bool) -> Iterator[Problem]:
    """Everything; where the tree is not `complete`, unknown names are nobody's fault yet."""
    yield from _folded_names(root, "characters", "characters")
    yield from _folded_names(root, "styles", "styles")
    pages = list(_items(_value(root, "pages")))
    panels = [panel for page in pages for panel in _panels(page)]
    for page in pages:
        yield from _page_problems(page)
    for level in (root, *pages, *panels):
        yield from _variable_problems(level)
    for panel in panels:
        yield from _text_problems(panel)
    if complete:
        yield from _reference_problems(root, [root, *pages], panels)


def _value(node: Node | None, key: str) -> Node | None:
    """The value at a key, None where nothing is said."""
    entry = node.entries.get(key) if isinstance(node, Mapping) else None
    return entry.value if entry and not _is_null(entry.value) else None


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and is_null(node.text)


def _items(node: Node | None) -> tuple[Node, ...]:
    """A list's items; one value alone is its own only item."""
    if isinstance(node, Sequence):
        return node.items
    return () if node is None else (node,)


def _entries(node: Node | None) -> tuple[Entry, ...]:
    return tuple(node.entries.values()) if isinstance(node, Mapping) else ()


def _panels(page: Node) -> tuple[Node, ...]:
    panels = _value(page, "panels")
    if isinstance(panels, Mapping):
        return tuple(entry.value for entry in _entries(panels))
    return panels.items if isinstance(panels, Sequence) else ()


def _folded_names(owner: Node, key: str, what: str) -> Iterator[Problem]:
    """Names that differ only by case name the same file on Windows and macOS."""
    first: dict[str, Scalar] = {}
    for entry in _entries(_value(owner, key)):
        folded = unicodedata.normalize("NFC", entry.key.text).casefold()
        earlier = first.setdefault(folded, entry.key)
        if earlier is not entry.key:
            ours, theirs = shortened(entry.key.text), shortened(earlier.text)
            yield Problem(
                entry.key.mark,
                f"two {what} are named alike: `{ours}`, and `{theirs}` in line {earlier.mark.line}",
                "names that differ only by case are the same file's on many systems",
            )


def _page_problems(page: Node) -> Iterator[Problem]:
    yield from _folded_names(page, "panels", "panels of this page")
    if isinstance(page, Mapping) and _value(page, "layout") and _value(page, "tiers"):
        yield Problem(
            page.entries["tiers"].key.mark,
            "the page has both a `layout` and `tiers`",
            "keep one of the two",
        )


def _variable_problems(level: Node) -> Iterator[Problem]:
    for entry in _entries(_value(level, "vars")):
        name = entry.key.text
        if name in BUILT_IN_VARIABLES:
            yield Problem(
                entry.key.mark,
                f"`{name}` is a template's own name for {BUILT_IN_VARIABLES[name]}",
                "give the variable another name",
            )
        elif is_name(name) and not name.isidentifier():
            yield Problem(
                entry.key.mark,
                f"`{name}` cannot be used in a template",
                "a variable's name has letters, digits and `_`, and begins with a letter",
            )


def _text_problems(panel: Node) -> Iterator[Problem]:
    for balloon in _items(_value(panel, "balloons")):
        if isinstance(balloon, Mapping):
            yield from _balloon_problems(balloon)
    for key, called in (("caption", "the caption"), ("sfx", "the sound")):
        for item in _items(_value(panel, key)):
            text = item.entries.get("text") if isinstance(item, Mapping) else None
            if text and any(map(_is_blank, _texts(text.value))):
                yield Problem(text.key.mark, f"{called} has no text")


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and is_null(node.text) and not node.text


def _is_blank(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text.strip()


def _balloon_problems(balloon: Mapping) -> Iterator[Problem]:
    keys = [balloon.entries[key] for key in BALLOON_KINDS if key in balloon.entries]
    said = [entry for entry in keys if not _is_empty(entry.value)] or keys[:1]
    if len(said) > 1:
        first, second = (entry.key.text for entry in said[:2])
        yield Problem(
            said[1].key.mark, f"a balloon either `{first}` or `{second}`", "make it two balloons"
        )
    if not said:
        ways = ", ".join(f"`{kind}`" for kind in BALLOON_KINDS[:-1])
        yield Problem(balloon.mark, f"a balloon needs {ways} or `{BALLOON_KINDS[-1]}`")
    for entry in said:
        for text in _texts(entry.value):
            if _is_blank(text):
                yield Problem(entry.key.mark, "the balloon has no text")


def _texts(said: Node) -> list[Node]:
    """A text, or its translations."""
    return [entry.value for entry in _entries(said)] if isinstance(said, Mapping) else [said]


def _reference_problems(root: Mapping, levels: list[Node], panels: list[Node]) -> Iterator[Problem]:
    characters = _known_names(root, "characters")
    styles = _known_names(root, "styles")
    for level in (*levels, *panels):
        for style in _items(_value(level, "style")):
            yield from _unknown(style, "style", "styles", styles)
    for panel in panels:
        cast = [_who(item) for item in _items(_value(panel, "characters"))]
        speakers = [_value(balloon, "who") for balloon in _items(_value(panel, "balloons"))]
        for name in (*cast, *speakers):
            yield from _unknown(name, "character", "characters", characters)


def _known_names(root: Mapping, key: str) -> list[str]:
    return [entry.key.text for entry in _entries(_value(root, key))]


def _who(item: Node) -> Node | None:
    return _value(item, "who") if isinstance(item, Mapping) else item


def _unknown(name: Node | None, what: str, where: str, known: list[str]) -> Iterator[Problem]:
    if not isinstance(name, Scalar) or name.text in known or not is_name(name.text):
        return
    hint = did_you_mean(name.text, known) or (
        f"`{where}` has: {', '.join(known[:12])}" if known else f"`{where}` names nobody yet"
    )
    yield Problem(name.mark, f"there is no {what} `{name.text}`", hint)
