"""YAML text to a tree of nodes that know where they stand, with bounds on what a file can cost.

The bounds are kept while the parser's events come, before anything is built: composing a deep
document recursively would end the process, and a few aliases can stand for billions of nodes.
Nothing is guessed here: a scalar is the text that was written and whether it was quoted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from storyboard.errors import Mark, Problem, ProblemsError
from storyboard.story.syntax import QUOTE, bad_character, shortened, syntax_problem
from storyboard.story.values import Plain


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text; a `Plain` one stood without quotes."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `flow` where it was written with brackets."""

    items: tuple[Node, ...]
    mark: Mark
    flow: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping's key and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order in which they were written; `flow` where with braces."""

    entries: dict[str, Entry]
    mark: Mark
    flow: bool


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: bytes, depth of nesting, nodes after aliases are followed."""

    bytes: int = 4_000_000
    depth: int = 32
    nodes: int = 150_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Document:
    """A text's tree, None where it is empty, what is wrong with it, and how many nodes it has."""

    root: Node | None
    problems: tuple[Problem, ...]
    nodes: int


def parse(text: str, file: str, limits: Limits = LIMITS, *, pure: bool = False) -> Document:
    """The nodes of one YAML document; `pure` parses without libyaml, several times slower.

    Raises `ProblemsError` where the text is no YAML or goes beyond the limits; what else is wrong
    (keys said twice, tags, anchors that nothing refers to) is told in the document.
    """
    offending = bad_character(text, file)
    if offending:
        raise ProblemsError([offending])
    builder = _Builder(_events(text, pure), file, limits)
    try:
        root = builder.document()
    except yaml.MarkedYAMLError as error:
        raise ProblemsError([*builder.problems, syntax_problem(error, text, file)]) from None
    return Document(root, tuple(builder.problems), builder.nodes)


def _events(text: str, pure: bool) -> Iterator[yaml.Event]:
    """The parser's events, one by one as they are asked for."""
    fast = None if pure else getattr(yaml, "CSafeLoader", None)
    loader = (fast or yaml.SafeLoader)(text)
    while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
        yield event


@dataclass(slots=True)
class _Anchored:
    """A node that aliases may stand for, with its cost."""

    node: Node
    mark: Mark
    nodes: int
    height: int
    used: bool = False


@dataclass(slots=True)
class _Builder:
    """Builds nodes from events and keeps count of what they cost."""

    events: Iterator[yaml.Event]
    file: str
    limits: Limits
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    nodes: int = 0
    deepest: int = 0

    def document(self) -> Node | None:
        """The only document's root."""
        root: Node | None = None
        started = False
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if started:
                    raise self.fatal(event, "a second document begins here", "one story a file")
                started = True
                root = self.node(next(self.events), 1)
        for name, anchored in self.anchors.items():
            self.check_used(name, anchored)
        return root

    def node(self, event: yaml.Event, depth: int) -> Node:
        """The node that begins with `event`."""
        self.count(1, depth, event)
        if isinstance(event, yaml.AliasEvent):
            return self.aliased(event, depth)
        assert isinstance(event, yaml.NodeEvent)
        self.check_tag(event)
        if event.anchor is None:
            return self.built(event, depth)
        nodes, deepest = self.nodes, self.deepest
        self.deepest = depth
        node = self.built(event, depth)
        earlier = self.anchors.get(event.anchor)
        if earlier:
            self.check_used(event.anchor, earlier)
        self.anchors[event.anchor] = _Anchored(
            node, self.mark(event), self.nodes - nodes, self.deepest - depth
        )
        self.deepest = max(self.deepest, deepest)
        return node

    def built(self, event: yaml.NodeEvent, depth: int) -> Node:
        mark = self.mark(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, mark)
        assert isinstance(event, yaml.CollectionStartEvent)
        flow = bool(event.flow_style)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self.node(e, depth + 1) for e in self.inside()), mark, flow)
        return self.mapping(mark, flow, depth)

    def mapping(self, mark: Mark, flow: bool, depth: int) -> Node:
        entries: dict[str, Entry] = {}
        braces = False
        for key_event in self.inside():
            key = self.node(key_event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            braces = braces or (flow and isinstance(key, Mapping) and key.flow)
            if not braces:
                self.enter(entries, key, value)
        if not braces:
            return Mapping(entries, mark, flow)
        self.problem(mark, "YAML takes `{{` for the beginning of a mapping, not for text", QUOTE)
        return Scalar(Plain(), mark)

    def scalar(self, event: yaml.ScalarEvent, mark: Mark) -> Scalar:
        if event.style == '"' and bad_character(event.value, self.file):
            self.problem(
                mark,
                "an escape in this text stands for a control character",
                "take it out, or write two backslashes",
            )
        # a plain scalar's style is "" from libyaml and None from the pure parser
        return Scalar(event.value if event.style else Plain(event.value), mark)

    def inside(self) -> Iterator[yaml.Event]:
        """The events up to the end of the present collection."""
        while not isinstance(event := next(self.events), yaml.CollectionEndEvent):
            yield event

    def enter(self, entries: dict[str, Entry], key: Node, value: Node) -> None:
        """Adds a key and its value, unless the key cannot be one or is there already."""
        if not isinstance(key, Scalar):
            self.problem(
                key.mark,
                "a mapping or a list cannot be a key",
                "put text that begins with { or [ in quotes",
            )
        elif key.text == "<<" and isinstance(key.text, Plain):
            self.problem(
                key.mark,
                "merge keys `<<` are not taken",
                "say it once for the story or the page, or use `include`",
            )
        elif key.text in entries:
            first = entries[key.text].key.mark
            self.problem(
                key.mark,
                f"the key `{shortened(key.text)}` is there twice",
                f"first in line {first.line}",
            )
        else:
            entries[str(key.text)] = Entry(key, value)

    def aliased(self, event: yaml.AliasEvent, depth: int) -> Node:
        anchored = self.anchors.get(event.anchor or "")
        if anchored is None:
            self.problem(
                self.mark(event),
                f"`*{shortened(event.anchor or '')}` refers to an anchor that is not there",
                "put text that begins with * in quotes",
            )
            return Scalar(Plain(), self.mark(event))
        anchored.used = True
        self.count(anchored.nodes, depth + anchored.height, event)
        return anchored.node

    def count(self, nodes: int, depth: int, event: yaml.Event) -> None:
        """Keeps the bounds; `nodes` more nodes reach down to `depth`."""
        self.nodes += nodes
        self.deepest = max(self.deepest, depth)
        if self.deepest > self.limits.depth:
            raise self.fatal(
                event,
                f"this is nested deeper than {self.limits.depth} levels",
                "a story needs about 8; is there a bracket too many?",
            )
        if self.nodes > self.limits.nodes:
            raise self.fatal(
                event,
                f"there are more than {self.limits.nodes:,} values up to here, aliases followed",
                "split the story into several files",
            )

    def check_tag(self, event: yaml.NodeEvent) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self.problem(
                self.mark(event),
                f"YAML tags such as `{shortened(shown)}` are not taken",
                "put text that begins with ! in quotes",
            )

    def check_used(self, name: str, anchored: _Anchored) -> None:
        """An anchor that nothing refers to is most often text that lost its beginning."""
        if not anchored.used:
            self.problem(
                anchored.mark,
                f"`&{shortened(name)}` is taken as an anchor, and nothing refers to it",
                "put text that begins with & in quotes, or take the anchor out",
            )

    def problem(self, mark: Mark, message: str, hint: str) -> None:
        self.problems.append(Problem(mark, message, hint))

    def fatal(self, event: yaml.Event, message: str, hint: str) -> ProblemsError:
        return ProblemsError([*self.problems, Problem(self.mark(event), message, hint)])

    def mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        if start is None:
            return Mark(self.file)
        return Mark(self.file, start.line + 1, start.column + 1)
