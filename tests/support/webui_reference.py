"""A slow reference of the WebUI's prompt grammar, written from its published rules alone, and the
prompts that the kept cases were made of. It shares no code with the package.

`python -m tests.support.webui_reference` writes `tests/data/webui/more-prompt-cases.json` and
`more-chunk-cases.json` again; token ids are those of transformers' CLIPTokenizer.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "webui"
TOKENIZER = Path(__file__).parents[2] / "storyboard" / "builtin" / "tokenizers" / "clip"
BEGIN, END, COMMA = 49406, 49407, 267
ROOM, BACKTRACK = 75, 20

Pair = tuple[str, float]
Tokenize = Callable[[str], list[int]]

_SIGNS = (*"()[]", "\\", "\\(", "\\)", "\\[", "\\]", "\\\\", ":", ", ", " ", "\n")
_WEIGHTS = (":1.3)", ":0.5)", ":-1)", ":+2)", ":.7)", ":2.)", ":0)", ":1.2.3)", ":1.2 )", ": 1.2)")
_WORDS = (
    "BREAK",
    " BREAK ",
    "BREAKS",
    "break",
    "cat",
    "blue hair",
    "1girl",
    "猫",
    "é",
    "<x>",
    "{a}",
)
_ATTENTION = (*_SIGNS, *_WEIGHTS, *_WORDS)
_PHRASES = (
    "masterpiece",
    "best quality",
    "(ultra-detailed)",
    "(full body:1.2)",
    "1boy",
    "chibi",
    "((smile))",
    "[flower]",
    "playing guitar",
    "harbour at dusk",
    "red raincoat",
    "looking at viewer",
    "(depth of field:0.8)",
    "猫耳",
    "of the",
    "an old lighthouse keeper who counts the ships that never came back to this cold harbour",
    "wind",
    "\\(series\\)",
    "close-up",
    "50mm f/1.4",
    "don't",
    "Ünïcode",
    "EasyNegative",
    "(bad hands v4:1.3)",
)
EMBEDDINGS = {"EasyNegative": 8, "bad hands v4": 3}


def pairs(text: str) -> list[Pair]:
    """What `parse_attention` must give, letter by letter."""
    items: list[list[Any]] = []
    rounds: list[int] = []
    squares: list[int] = []

    def put(piece: str) -> None:
        for number, part in enumerate(re.split(r"\s*\bBREAK\b\s*", piece, flags=re.DOTALL)):
            if number:
                items.append(["BREAK", -1.0])
            items.append([part, 1.0])

    def multiply(start: int, factor: float) -> None:
        for item in items[start:]:
            item[1] *= factor

    place, run = 0, ""
    while place < len(text):
        letter, rest = text[place], text[place:]
        weight = re.match(r":([+-]?[.0-9]+)\)", rest)
        if letter not in "\\()[]:":
            run += letter
            place += 1
            continue
        if run:
            put(run)
            run = ""
        if letter == "\\":
            literal = rest[1:2] if rest[1:2] and rest[1] in "()[]\\" else ""
            items.append([literal, 1.0])
            place += 1 + len(literal)
        elif weight and rounds and _number(weight[1]) is not None:
            multiply(rounds.pop(), float(weight[1]))
            place += len(weight[0])
        elif weight:  # without a bracket, or no number: text, and its bracket an ordinary one
            put(weight[0][:-1] if rounds else weight[0])
            place += len(weight[0]) - (1 if rounds else 0)
        else:
            place += 1
            if letter == "(":
                rounds.append(len(items))
            elif letter == "[":
                squares.append(len(items))
            elif letter == ")" and rounds:
                multiply(rounds.pop(), 1.1)
            elif letter == "]" and squares:
                multiply(squares.pop(), 1 / 1.1)
            else:
                put(letter)
    if run:
        put(run)
    for start in rounds:
        multiply(start, 1.1)
    for start in squares:
        multiply(start, 1 / 1.1)
    joined: list[list[Any]] = []
    for piece, factor in items or [["", 1.0]]:
        if joined and joined[-1][1] == factor:
            joined[-1][0] += piece
        else:
            joined.append([piece, factor])
    return [(str(piece), float(factor)) for piece, factor in joined]


def _number(literal: str) -> float | None:
    try:
        return float(literal)
    except ValueError:
        return None


@dataclass(frozen=True)
class Unit:
    """A token, or an embedding's vectors, which stay together."""

    token: int
    weight: float
    size: int = 1


def chunks(text: str, tokenize: Tokenize) -> list[list[Pair | tuple[int, float]]]:
    """What `chunks` must give: each chunk's 77 pairs; an embedding's tokens are 0. What is empty at
    the end, behind a last BREAK, is no chunk."""
    found = [chunk for part in _parts(pairs(text)) for chunk in _cut(_units(part, tokenize))]
    return [_filled(chunk) for chunk in (found if found[-1] else found[:-1] or found)]


def _parts(read: list[Pair]) -> list[list[Pair]]:
    parts: list[list[Pair]] = [[]]
    for piece, weight in read:
        if piece == "BREAK" and weight <= 0:
            parts.append([])
        else:
            parts[-1].append((piece, weight))
    return parts


def _units(part: list[Pair], tokenize: Tokenize) -> list[Unit]:
    units = []
    names = sorted(((tokenize(name), size) for name, size in EMBEDDINGS.items()), reverse=True)
    for phrase, weight in part:
        ids = tokenize(phrase)
        while ids:
            name, size = next((n for n in names if ids[: len(n[0])] == n[0]), (ids[:1], 1))
            units.append(Unit(ids[0], weight, size))
            ids = ids[len(name) :]
    return units


def _cut(units: list[Unit]) -> Iterator[list[Unit]]:
    """Takes as much as goes into a chunk, or up to its last comma where a phrase is cut."""
    while True:
        count, used = 0, 0
        while count < len(units) and used + units[count].size <= ROOM:
            used += units[count].size
            count += 1
        rest = units[count:]
        if rest and used == ROOM and rest[0].token != COMMA:
            count = _back(units[:count]) or count
        yield units[:count]
        units = units[count:]
        if not units:
            return


def _back(units: list[Unit]) -> int | None:
    """How many stay where the last comma is near enough to the end."""
    behind = 0
    for number in range(len(units) - 1, -1, -1):
        behind += units[number].size
        if behind > BACKTRACK:
            return None
        if units[number].token == COMMA:
            return number + 1
    return None


def _filled(units: list[Unit]) -> list[Any]:
    row: list[tuple[int, float]] = [(BEGIN, 1.0)]
    for unit in units:
        row += [(unit.token if unit.size == 1 else 0, unit.weight)] * unit.size
    return row + [(END, 1.0)] * (ROOM + 2 - len(row))


def digest(rows: list[list[Any]]) -> str:
    """Chunks in few letters."""
    plain = [[[int(token), round(float(weight), 6)] for token, weight in row] for row in rows]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]


def attention_prompts(count: int) -> Iterator[str]:
    """By rule: pieces of the grammar in every order."""
    chance = random.Random("attention")
    for _ in range(count):
        yield "".join(chance.choice(_ATTENTION) for _ in range(chance.randint(1, 14)))


def chunk_prompts(count: int) -> Iterator[str]:
    """By rule: phrases in lists that end near the borders of chunks."""
    chance = random.Random("chunks")
    for _ in range(count):
        separator = chance.choice([", ", ",", " ", ", ", " BREAK "])
        phrases = [chance.choice(_PHRASES) for _ in range(chance.randint(1, 36))]
        yield separator.join(phrases) + chance.choice(["", "", ",", " BREAK", ", (wind"])


def main() -> None:
    """Writes the cases again."""
    from transformers import CLIPTokenizer

    clip: Any = CLIPTokenizer.from_pretrained(TOKENIZER)

    def tokenize(text: str) -> list[int]:
        ids: list[int] = clip(text, add_special_tokens=False, verbose=False).input_ids
        return ids

    made = "by tests/support/webui_reference.py from the WebUI's rules, independent of the package"
    texts = dict.fromkeys(attention_prompts(2750))
    told = "a prompt, and its pieces with their weights, rounded to 9 places"
    _write(
        "more-prompt-cases.json",
        f"{told}; made {made}",
        [[text, [[piece, round(weight, 9)] for piece, weight in pairs(text)]] for text in texts],
    )
    told = (
        "a prompt, how many tokens each chunk uses up to its end token, and the digest of all pairs"
        f" (embeddings: {EMBEDDINGS}, ids of transformers' CLIPTokenizer)"
    )
    rows = {text: chunks(text, tokenize) for text in dict.fromkeys(chunk_prompts(420))}
    _write(
        "more-chunk-cases.json",
        f"{told}; made {made}",
        [[text, [_used(row) for row in found], digest(found)] for text, found in rows.items()],
    )


def _used(row: list[Any]) -> int:
    return [token for token, _ in row].index(END) - 1


def _write(name: str, about: str, cases: list[Any]) -> None:
    lines = ",\n".join(
        json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases
    )
    text = f'{{"about": {json.dumps(about)},\n"cases": [\n{lines}\n]}}\n'
    (DATA / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
