"""Story files from the disk: bytes within bounds, UTF-8 text, nodes, a mapping at the root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import Mark, Problem, ProblemsError
from storyboard.story.nodes import LIMITS, Limits, Mapping, Scalar, parse
from storyboard.story.values import is_null


@dataclass(frozen=True, slots=True)
class StoryDocument:
    """A story file's mapping, what is wrong with it so far, and what it cost."""

    root: Mapping
    problems: tuple[Problem, ...]
    bytes: int
    nodes: int


def read_document(path: Path, limits: Limits = LIMITS) -> StoryDocument:
    """The nodes of a story file; the root is a mapping.

    Raises `ProblemsError` where the file cannot be read, is no text, or is no mapping.
    """
    file = str(path)
    text = read_text(path, limits)
    document = parse(text, file, limits)
    root = document.root
    if root is None or (isinstance(root, Scalar) and is_null(root.text)):
        raise _failed(file, "the file is empty", "`storyboard new NAME` writes a story")
    if not isinstance(root, Mapping):
        found = "text" if isinstance(root, Scalar) else "a list"
        problem = Problem(
            root.mark,
            f"a story file has keys at its top level, such as `title:`, not {found}",
            "`storyboard new NAME` writes a story to start from",
        )
        raise ProblemsError([*document.problems, problem])
    return StoryDocument(root, document.problems, len(text.encode()), document.nodes)


def read_text(path: Path, limits: Limits = LIMITS) -> str:
    """A file's text, at most `limits.bytes` of UTF-8, a byte order mark taken away.

    Raises `ProblemsError`.
    """
    file = str(path)
    data = _bytes(path, limits.bytes + 1)
    if len(data) > limits.bytes:
        raise _failed(file, f"the file is larger than {limits.bytes:,} bytes", "is it a story?")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _failed(file, "the file is UTF-16, not UTF-8", "save it as UTF-8")
    if b"\0" in data:
        raise _failed(file, "this is a binary file, not text", "a story is a YAML file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        before = data[start : error.start].decode("utf-8", "replace")
        mark = Mark(file, data.count(b"\n", 0, error.start) + 1, len(before) + 1)
        problem = Problem(mark, "this is not UTF-8 text", "save the file as UTF-8")
        raise ProblemsError([problem]) from None


def _bytes(path: Path, most: int) -> bytes:
    file = str(path)
    try:
        if path.is_dir():
            raise _failed(file, "this is a folder, not a story file")
        if not path.exists():
            raise _failed(file, "there is no such file")
        if not path.is_file():
            raise _failed(file, "this is not a regular file")
        with path.open("rb") as stream:
            return stream.read(most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _failed(file, f"the file cannot be read: {reason}") from None


def _failed(file: str, message: str, hint: str = "") -> ProblemsError:
    return ProblemsError([Problem(Mark(file), message, hint)])
