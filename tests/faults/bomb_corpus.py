"""Small files that would be large, or take for ever, if they were read as they ask to be."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from storyboard.digests import recipe
from tests.support.jobs import preview

Story = Callable[[Path], str]

_PAGES = "pages: [{layout: 1x1, panels: [{scene: a}]}]\n"
_HEAD = "title: A Tale\n"


@dataclass(frozen=True)
class StoryBomb:
    """A story's text; `ends` is how `check` must end, None where either is right."""

    name: str
    text: str
    ends: int | None = 2


def story_bombs() -> Iterator[StoryBomb]:
    """All of them."""
    yield from _of_yaml()
    yield from _of_templates()
    yield from _of_prompts()


def _of_yaml() -> Iterator[StoryBomb]:
    laughs = "a0: &a0 [lol, lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )
    yield StoryBomb("a billion laughs", _HEAD + laughs + _PAGES)
    doubled = "a0: &a0 {x: y}\n" + "".join(
        f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}\n" for n in range(1, 60)
    )
    yield StoryBomb("mappings doubled", _HEAD + doubled + _PAGES)
    yield StoryBomb(
        "quadratic aliases",
        _HEAD + "a: &a [" + "x, " * 20_000 + "]\nb: [" + "*a, " * 20_000 + "]\n",
    )
    yield StoryBomb("200,000 brackets", "[" * 200_000)
    yield StoryBomb("200,000 braces", "{a: " * 200_000)
    yield StoryBomb("a deep block", "".join(" " * n + "a:\n" for n in range(1_500)))
    yield StoryBomb("dashes on a line", "- " * 100_000)
    yield StoryBomb("ten megabytes of text", _HEAD + "x: " + "y" * 10_000_000)
    yield StoryBomb("a million items", _HEAD + "x: [" + "1," * 1_000_000 + "]\n")
    yield StoryBomb("100,000 unknown keys", _HEAD + "".join(f"k{n}: 1\n" for n in range(100_000)))
    yield StoryBomb(
        "100,000 panels",
        _HEAD + "pages:\n  - layout: 1x1\n    panels:\n" + "      - {}\n" * 100_000,
    )
    yield StoryBomb("an endless number", _HEAD + "seed: " + "9" * 500_000 + "\n" + _PAGES)
    yield StoryBomb("an alias of itself", _HEAD + "vars: &a {x: *a}\n" + _PAGES)
    yield StoryBomb("a key of a megabyte", _HEAD + "? " + "k" * 1_000_000 + "\n: 1\n" + _PAGES)
    yield StoryBomb(
        "100,000 anchors", _HEAD + "x:\n" + "".join(f"  - &n{n} 1\n" for n in range(100_000))
    )
    yield StoryBomb(
        "a layout of a million cells",
        _HEAD + "pages: [{layout: 1000x1000, panels: [{scene: a}]}]\n",
    )
    yield StoryBomb("includes in a circle", "include: story.yaml\n" + _HEAD + _PAGES)
    yield StoryBomb("controls and bidi", _HEAD + 'x: "\\x00\\x1b\\u202e"\n' + _PAGES)


def _of_templates() -> Iterator[StoryBomb]:
    def told(name: str, template: str, more: str = "", ends: int | None = 2) -> StoryBomb:
        return StoryBomb(name, f"{_HEAD}{more}prompt: {json.dumps(template)}\n{_PAGES}", ends)

    words = f"vars: {{w: [{', '.join(['x'] * 200)}], t: {'y' * 19_000}}}\n"
    loops = "{% for a in w %}" * 4 + "{{ t }}" + "{% endfor %}" * 4
    yield told("a text made wide", "{{ 'x'.ljust(900000000) }}")
    yield told("a text times a number", "{{ 'x' * 900000000 }}")
    yield told("a number to a number", "{{ 9 ** 9 ** 9 ** 9 }}")
    yield told("a range", "{% for i in range(1000000000) %}x{% endfor %}")
    yield told("loops in loops", loops, words)
    yield told(
        "two loops of a long text",
        "{% for a in w %}{% for b in w %}{{ t }}{% endfor %}{% endfor %}",
        words,
    )
    yield told("a macro of itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")
    yield told("a set that doubles", "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}")
    yield told(
        "replaced and replaced", "{{ t" + " | replace('y', 'yyyyyyyyyy')" * 12 + " }}", words
    )
    yield told("a deep expression", "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}")
    yield told("a deep not", "{{ " + "not " * 6_000 + "1 }}")
    yield told("a long chain", "{{ 1" + " == 1" * 3_900 + " }}")
    yield told("the way to Python", "{{ ''.__class__.__mro__[1].__subclasses__() }}")
    yield told("a format", "{{ '{0.__class__}'.format(1) }}")
    yield told("a file", "{% include '/etc/passwd' %}")
    yield told("an import", "{% import 'os' as os %}")
    yield told("an endless constant", "{{ " + "9" * 19_000 + " }}")
    yield told("a slice", "{{ t[::1] }}", words)


def _of_prompts() -> Iterator[StoryBomb]:
    negatives = "".join(f"  s{n}: {{negative: *long}}\n" for n in range(1, 200))
    yield StoryBomb(
        "two hundred negatives",
        f"{_HEAD}styles:\n  s0: {{negative: &long '{'y, ' * 6_600}'}}\n{negatives}"
        f"style: [{', '.join(f's{n}' for n in range(200))}]\n{_PAGES}",
    )

    def told(name: str, scene: str, ends: int | None = None) -> StoryBomb:
        text = f"{_HEAD}pages: [{{layout: 1x1, panels: [{{scene: {json.dumps(scene)}}}]}}]\n"
        return StoryBomb(name, text, ends)

    yield told("parentheses", "(" * 9_000 + "a" + ")" * 9_000)
    yield told("open parentheses", "(" * 19_000)
    yield told("brackets", "[" * 6_000 + "a" + ":b:0.5]" * 1_500)
    yield told("alternatives", "[" + "a|" * 9_000 + "b]")
    yield told("alternatives in each other", "[a|" * 4_000 + "b" + "]" * 4_000)
    yield told("wildcards in each other", "{a|" * 4_000 + "b" + "}" * 4_000)
    yield told("a thousand of a choice", "{1000$$" + "a|" * 5_000 + "b}")
    yield told("open wildcards", "{" * 19_000)
    yield told("a wildcard file of itself", "__loop__ " * 500)
    yield told("a wildcard file of one line", "__long__", 2)
    yield told("a long separator", "{900$$" + "s" * 15_000 + "$$" + "a|" * 950 + "b}", 2)
    yield told("LoRA tags", "<lora:mei:1>" * 1_600)
    yield told("one long word", "x" * 19_900)
    yield told("AND", "a AND " * 3_000)
    yield told("BREAK", "a BREAK " * 2_400)
    yield told("emphasis without an end", "(a:" * 6_000)


def _png(
    width: int, height: int, *chunks: tuple[bytes, bytes], mode: int = 2, depth: int = 8
) -> bytes:
    """A PNG of that size by its word, with these chunks, and then its pixels' `IDAT`."""
    head = struct.pack(">IIBBBBB", width, height, depth, mode, 0, 0, 0)
    every = ((b"IHDR", head), *chunks, (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in every
    )


def _zeros(count: int) -> bytes:
    """So many zeros, deflated."""
    deflate = zlib.compressobj(9)
    block, whole = bytes(2**20), b""
    for _ in range(count // len(block)):
        whole += deflate.compress(block)
    return whole + deflate.compress(bytes(count % len(block))) + deflate.flush()


def _gif() -> bytes:
    """Ten thousand frames, each of 8000 x 8000 by its word."""
    head = b"GIF89a" + struct.pack("<HH", 8_000, 8_000) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 8_000, 8_000) + b"\0\x02\x02\x44\x01\0"
    return head + frame * 10_000 + b"\x3b"


def _tiff(width: int, height: int, samples: int = 3) -> bytes:
    """One strip, of nothing."""
    tags = (
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 2), (273, 4, 8),
        (277, 3, samples), (278, 4, height), (279, 4, 8),
    )  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + b"\0" * 4


def _jpeg(side: int) -> bytes:
    """Its real size written over by another."""
    stream = io.BytesIO()
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(stream, "JPEG")
    data = stream.getvalue()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", side, side) + data[at + 4 :]


def _deep_recipe() -> bytes:
    nested = {**recipe(preview())}
    text = json.dumps(nested)
    for _ in range(2_000):
        text = '{"kind": "preview", "beginning": {"picture": ' + text + "}}"
    return text.encode("ascii")


def _many_hashes() -> bytes:
    """The WebUI's text of a picture with a list of hashes that has none in it."""
    settings = "Steps: 4, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8"
    lists = f'Lora hashes: "{", " * 200_000}", TI hashes: "{", a" * 150_000}"'
    return f"a\n{settings}, {lists}".encode()


def pictures() -> dict[str, bytes]:
    """Pictures by the names of their files."""
    text = b"parameters\0\1\0\0\0"
    return {
        "wide.png": _png(60_000, 60_000, (b"IDAT", _zeros(2**20))),
        "thin.png": _png(2**31 - 1, 1, (b"IDAT", _zeros(2**20))),
        "900-megapixels.png": _png(30_000, 30_000, (b"IDAT", _zeros(2**28))),
        **{
            f"{name}.png": _png(
                side, side, (b"IDAT", _zeros(side * (side * samples + 1))), mode=mode, depth=depth
            )
            for name, side, samples, mode, depth in (
                ("rgb-above", 9_400, 3, 2, 8),
                ("rgba-above", 9_400, 4, 6, 8),
                ("16-bits-above", 9_400, 2, 0, 16),
                ("rgb-within", 8_600, 3, 2, 8),
                ("grey-within", 7_700, 1, 0, 8),
                ("rgba-within", 6_100, 4, 6, 8),
                ("16-bits-within", 4_400, 2, 0, 16),
            )
        },
        "itxt.png": _png(8, 8, (b"iTXt", text + _zeros(2**29)), (b"IDAT", _zeros(8 * 25))),
        "many-itxt.png": _png(
            8, 8, *[(b"iTXt", text + _zeros(2**20 - 64))] * 200, (b"IDAT", _zeros(8 * 25))
        ),
        "ztxt.png": _png(
            8, 8, (b"zTXt", b"parameters\0\0" + _zeros(2**29)), (b"IDAT", _zeros(200))
        ),
        "iccp.png": _png(8, 8, (b"iCCP", b"p\0\0" + _zeros(2**29)), (b"IDAT", _zeros(200))),
        "behind.png": _png(8, 8, (b"IDAT", _zeros(200)), (b"iTXt", text + _zeros(2**29))),
        "recipe.png": _png(
            8, 8, (b"tEXt", b"storyboard\0" + _deep_recipe()), (b"IDAT", _zeros(8 * 25))
        ),
        "brackets.png": _png(
            8, 8, (b"tEXt", b"storyboard\0" + b"[" * 900_000), (b"IDAT", _zeros(200))
        ),
        "hashes.png": _png(
            8, 8, (b"tEXt", b"parameters\0" + _many_hashes()), (b"IDAT", _zeros(8 * 25))
        ),
        "frames.gif": _gif(),
        "wide.tif": _tiff(100_000, 100_000),
        "wider.tif": _tiff(2**31, 2**31, 65_535),
        "wide.jpg": _jpeg(65_500),
    }
