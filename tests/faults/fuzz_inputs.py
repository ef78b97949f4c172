"""What is given to the fuzzed readers: real stories, headers, takes and recipes, with something
changed; and texts made of the pieces that their grammars are made of."""

from __future__ import annotations

import copy
import io
import json
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from storyboard.digests import recipe
from storyboard.models.catalog import builtin_root
from storyboard.pnginfo import OURS, WEBUI
from tests.support.jobs import final, preview

ROOT = Path(__file__).parent.parent.parent

Path_ = tuple[str | int, ...]

NUMBERS = ("0", "-1", "1.5", "1e9", "1e999", "-.inf", ".nan", "0.0000001", "9" * 30, "9" * 5000)
ODD = (
    "", " ", "\0", "\x1b[2J", "\ud800", "\ufeff", "\u202e", "\N{PILE OF POO}", "é", "e\u0301",
    "../..", "/etc/passwd", "C:\\x", "x" * 3000, "\n", "\t", "\r", "'", '"', "\\", "#", "%", "@",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**18, 2**64, 10**400, float("nan"), float("inf"), 1e308,
    "", "x", "\0", "\ud800", "../../x", "x" * 2000, [], {}, [[[]]], {"a": {}}, [0] * 300,
    [[[[[[[[[[0]]]]]]]]]], {"kind": "preview"},
)  # fmt: skip
"""What may stand in a document where something else is meant."""

YAML = (
    "&a ", "*a", "*a *a", "<<: *a", "!!python/object/apply:os.system [id]", "!x", "---\n", "...\n",
    "? [", "? {", "- ", "- - - - -", ": ", "|", ">-", "|9", "{", "}", "[", "]", "[" * 200,
    "{a: " * 50, "{{ shot }}", "{a|b}", "[a:b:0.5]", "2026-99-99", "12:30:61", "0x", "0o9",
    "1_000", "yes", "No", "~", "null", "%YAML 9.9\n", "%TAG ! x\n", "\u2028", "\x85", '"\\x00"',
    '"\\ud800"', "'", '"', "\t", "include: story.yaml", "include: [a, b]", "pages: 3",
    "panels: []", "title: {}", "seed: -1", "size: 9x9", "layout: |\n  a a\n  b c", "layout: 99x99",
    "art: ../x", "init: {picture: x}", "mask: 0,0,1,1", "takes: 64", "locked: true", "art: \0",
    "vars: {a: [1, 2]}", "final: {scale: nan}",
)  # fmt: skip
TEMPLATE = (
    "{{", "}}", "{%", "%}", "{#", "#}", " shot ", " names ", " words ", "vars.season", "vars['a']",
    "names[0]", "names[-9]", "|", " join", "(", ")", "', '", " upper", " default('x')",
    " replace('a', 'b')", " first", " length", " if ", " else ", " endif ", " for x in names ",
    " endfor ", " x ", "loop.last", "loop.__init__", " in ", " == ", " not ", " and ",
    " is defined", "'x'*9**9", "range(9)", "self", ".__class__", "[1, 2]", "{'a': 1}",
    " set y = 1 ", " macro m() ", " include 'x' ", " + ", " ~ ", "-", "1", "1e400", "9" * 400,
    "'" + "x" * 2500 + "'", "rain, ", "\n",
)  # fmt: skip
PROMPT = (
    "(", ")", "[", "]", "((((", "))))", "{", "}", "{{", "|", "||", ":", "::", ":1.2)", ":0.5]",
    ":-1)", ",", "a", "cat", "masterpiece", "BREAK", " BREAK ", " AND ", "AND", ":0.7",
    "<lora:mei:1>", "2$$", "1-3$$, $$", "0.5::", "__a__", "__loop__", "__none__", "__", "\\",
    "\\(", "\\{", "\n", "  ", "{2$$a|b|c}", "[a|b]", "[a:b:0.5]", "[a:5]", "[[a:b:3]:c:0.2]",
)  # fmt: skip
TAG = (
    "<lora:", "<lyco:", "<hypernet:", "<LORA:", "mei", "manga ink", ":", ":0.8", ":-1", ":te=0.5",
    ":unet=1", ":lbw=1,0,0.5", ":lbw=ALL", ":start=3", ":stop=2", ":step=0-9", ":dyn=3", "=", ">",
    "<", ",", " ", "a, b", "nan", "inf", "1e400", ":0.8:0.2:0.1",
)  # fmt: skip
PARAMETERS = (
    "a cat", "\nNegative prompt: ", "\nSteps: 20", ", Sampler: Euler a", ", CFG scale: 7",
    ", Seed: 1", ", Size: 512x768", ", Size: 9x", ", Model hash: abc", ", Model: x",
    ", Clip skip: 99", ", VAE: ../x", ", Denoising strength: 2", ", Hires upscale: 1e9",
    ", Hires steps: -1", ", ENSD: 31337", ", RNG: NV", ', Lora hashes: "mei: 1, bo"',
    ', TI hashes: "', ", Hashes: {", ', Hashes: {"a": [}', ", Version: v1",
    ", Hires upscaler: Latent", ", Variation seed: x", ", Schedule type: Karras", ':"', "\\",
    ", : ,",
)  # fmt: skip


def _texts(pieces: Sequence[str], most: int = 24) -> st.SearchStrategy[str]:
    """Texts made of a grammar's pieces, numbers, and odd signs."""
    piece = st.sampled_from((*pieces, *pieces, *NUMBERS, *ODD))
    return st.lists(piece, max_size=most).map("".join)


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """A text with lines changed: each edit has a kind, a place, and a piece to put there."""
    lines = text.split("\n")
    for kind, place, piece in edits:
        at = place % len(lines)
        line = lines[at]
        indent = line[: len(line) - len(line.lstrip())]
        key, colon, _ = line.partition(":")
        changed = (
            f"{key}{colon} {piece}",
            f"{indent}{piece}\n{line}",
            "",
            f"{line}\n{line}",
            f"  {line}",
            line.lstrip(),
            line[: place % (len(line) + 1)] + piece + line[place % (len(line) + 1) :],
            f"{indent}{piece}: {line.strip()}",
        )
        lines[at] = changed[kind % len(changed)]
    return "\n".join(lines)


def _edits(pieces: Sequence[str]) -> st.SearchStrategy[list[tuple[int, int, str]]]:
    piece = st.sampled_from((*pieces, *NUMBERS, *ODD))
    edit = st.tuples(st.integers(0, 7), st.integers(0, 10_000), piece)
    return st.lists(edit, min_size=1, max_size=4)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@cache
def _stories() -> tuple[str, ...]:
    files = (*ROOT.glob("stories/*.yaml"), *ROOT.glob("tests/story/data/*.yaml"))
    return tuple(path.read_text(encoding="utf-8") for path in sorted(files))


def stories() -> st.SearchStrategy[bytes]:
    """Real stories, their lines changed."""
    return st.builds(_edited, st.sampled_from(_stories()), _edits(YAML)).map(_bytes)


def _places(document: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Every place in a document, that of its root too."""
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _places(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from _places(value, (*path, index))


def _put(document: Any, path: Path_, value: Any) -> Any:
    """The document with a value in a place that may be gone by now."""
    if not path:
        return value
    holder = document
    for step in path[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return document
    last = path[-1]
    of_list = isinstance(holder, list) and isinstance(last, int) and last < len(holder)
    if of_list or (isinstance(holder, dict) and isinstance(last, str)):
        holder[last] = value
    return document


def _changed(base: Any) -> st.SearchStrategy[Any]:
    """A document with up to three of its values changed, taken away or renamed."""
    change = st.tuples(st.sampled_from(tuple(_places(base))), st.sampled_from(VALUES))

    def made(changes: Sequence[tuple[Path_, Any]]) -> Any:
        document = copy.deepcopy(base)
        for path, value in changes:
            document = _put(document, path, copy.deepcopy(value))
        return document

    return st.lists(change, max_size=3).map(made)


def _smudged(data: bytes, smudges: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Bytes with some of them cut out, put in or written over."""
    for kind, place, piece in smudges:
        at = place % (len(data) + 1)
        rest = (data[at:], data[at + len(piece) :], b"", data[at + 1 :])[kind]
        data = data[:at] + (piece if kind != 3 else b"") + rest
    return data


def _smudges(most: int) -> st.SearchStrategy[list[tuple[int, int, bytes]]]:
    piece = st.sampled_from((b"\0", b"\xff" * 8, b'"', b"{", b"}", b"\x80\x02", b"PK\x03\x04"))
    return st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**16), piece), max_size=most)


@cache
def real_headers() -> dict[str, tuple[dict[str, Any], int]]:
    """Real LoRAs' headers by name, cut to a few tensors, with how many bytes these have."""
    found = {}
    for path in sorted((builtin_root() / "loras").glob("*.safetensors")):
        data = path.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        whole = json.loads(data[8 : 8 + length])
        tensors = sorted(
            (item for item in whole.items() if item[0] != "__metadata__"),
            key=lambda item: int(item[1]["data_offsets"][0]),
        )[:4]
        metadata = dict(sorted(whole.get("__metadata__", {}).items())[:6])
        end = max(info["data_offsets"][1] for _, info in tensors)
        found[path.stem] = {"__metadata__": metadata, **dict(tensors)}, end
    return found


def headers() -> st.SearchStrategy[bytes]:
    """Real headers, something in them changed, and then perhaps the bytes too."""

    def file(base: tuple[dict[str, Any], int]) -> st.SearchStrategy[bytes]:
        document, size = base

        def packed(changed: Any, length: int | None, smudges: Any, missing: int) -> bytes:
            text = json.dumps(changed).encode("ascii")
            head = struct.pack("<Q", len(text) if length is None else length)
            return _smudged(head + text, smudges) + b"\0" * (size - missing)

        length = st.sampled_from((None, None, None, 0, 1, 2**23 + 1, 2**63))
        missing = st.sampled_from((0, 0, 0, 1, -1))
        return st.builds(packed, _changed(document), length, _smudges(2), missing)

    return st.one_of([file(base) for base in real_headers().values()])


@cache
def _takes() -> tuple[Any, Any]:
    """A list of picked takes, and one of all takes."""
    job = preview()
    pick = {
        "take": 3,
        "of": "0" * 64,
        "raw_prompt": "a",
        "recipe": {**recipe(job), "digest": "0" * 64},
    }
    take = {"take": 1, "told": "seed 8", "raw_prompt": "a", "recipe": recipe(job)}
    return {"1.face": pick, "2.hand": pick}, {"format": 1, "takes": {"1.face": [take, take]}}


def takes() -> st.SearchStrategy[bytes]:
    """Lists of takes, something in them changed, as YAML or JSON, and then perhaps a line too."""
    picks, book = _takes()

    def as_yaml(document: Any) -> str:
        text: str = yaml.safe_dump(document, allow_unicode=False)
        return text

    texts = st.one_of(
        _changed(picks).map(as_yaml),
        _changed(picks).map(json.dumps),
        _changed(book).map(json.dumps),
    )
    no_edits: list[tuple[int, int, str]] = []
    edits = st.one_of(st.just(no_edits), _edits(YAML))
    return st.builds(_edited, texts, edits).map(_bytes)


def pngs() -> st.SearchStrategy[bytes]:
    """Pictures with recipes of ours or the WebUI's, something in them changed."""
    pixels = Image.fromarray(np.zeros((8, 8, 3), np.uint8))

    def packed(ours: Any, theirs: str | None, smudges: Any, squeezed: bool) -> bytes:
        texts = PngImagePlugin.PngInfo()
        for key, text in ((OURS, ours), (WEBUI, theirs)):
            if text is not None:
                text = _bytes(text).decode("utf-8", "replace").replace("\0", "")
                texts.add_itxt(key, text, zip=squeezed)
        file = io.BytesIO()
        pixels.save(file, "PNG", pnginfo=texts)
        return _smudged(file.getvalue(), smudges)

    recipes = st.one_of(
        st.none(), *(_changed(recipe(job)).map(json.dumps) for job in (preview(), final(preview())))
    )
    parameters = st.one_of(st.none(), _texts(PARAMETERS))
    return st.builds(packed, recipes, parameters, _smudges(2), st.booleans())


INPUTS: dict[str, st.SearchStrategy[Any]] = {
    "story": stories(),
    "template": _texts(TEMPLATE),
    "prompt": _texts(PROMPT),
    "lora_tags": _texts(TAG),
    "header": headers(),
    "takes": takes(),
    "png": pngs(),
}
"""What each target of `fuzz_targets` is given."""
