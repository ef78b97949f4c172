"""Where the story's values stand: from a path such as `("pages", 0, "seed")` to file and line."""

from __future__ import annotations

from storyboard.errors import Mark
from storyboard.story.nodes import Entry, Mapping, Node, Scalar, Sequence

Path = tuple[str | int, ...]


class Marks:
    """Looks places up in a tree of nodes, included files and all."""

    def __init__(self, root: Node) -> None:
        self._root = root

    def node(self, path: Path) -> Node | None:
        """The node at `path`, None where nothing was written."""
        node: Node | None = self._root
        for step in path:
            node = _below(node, step)
        return node

    def at(self, path: Path) -> Mark:
        """Where the value at `path` stands, or the nearest value around it that is there."""
        node = self._root
        for step in path:
            below = _below(node, step)
            if below is None:
                break
            node = below
        return node.mark

    def key(self, path: Path) -> Mark:
        """Where the key of the value at `path` stands; of a list's item, the item."""
        around = self.node(path[:-1])
        entry = _entry(around, path[-1]) if path else None
        return entry.key.mark if entry else self.at(path)


def _entry(node: Node | None, step: str | int) -> Entry | None:
    return node.entries.get(str(step)) if isinstance(node, Mapping) else None


def _below(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, Sequence):
        in_list = isinstance(step, int) and 0 <= step < len(node.items)
        return node.items[int(step)] if in_list else None
    entry = _entry(node, step)
    return entry.value if entry else None


def plain(node: Node) -> object:
    """The tree as dictionaries, lists and texts, for decoding."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}
