"""The tokenizer: CLIP's byte-pair encoding over a small vocabulary of our own."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from training.art.sampling import sample_picture
from training.words import BLAME, PRAISE, SMALL

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]+")
LENGTH = 77


def byte_letters() -> dict[int, str]:
    """CLIP's printable stand-in for every byte (as in GPT-2's encoder)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {byte: chr(byte) for byte in printable}, 0
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + extra)
            extra += 1
    return letters


def write_tokenizer(folder: Path, captions: int = 12000, words: int = 2) -> int:
    """Learns the merges from captions and common prompt words; returns the vocabulary's size."""
    counts: Counter[str] = Counter()
    for seed in range(captions):
        counts.update(WORDS.findall(sample_picture(seed).caption.lower()))
    for word in (*PRAISE, *BLAME, *SMALL):
        for piece in WORDS.findall(word):
            counts[piece] += 40
    merges = _learn({(*word[:-1], word[-1] + "</w>"): n for word, n in counts.items()})
    letters = list(byte_letters().values())
    vocabulary = letters + [letter + "</w>" for letter in letters]
    vocabulary += ["".join(pair) for pair in merges] + [START, END]
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {token: index for index, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(numbers, ensure_ascii=False), "utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")
    _write_configs(folder)
    return len(vocabulary)


def _write_configs(folder: Path) -> None:
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    config = {
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": LENGTH,
        "tokenizer_class": "CLIPTokenizer",
        **special,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def _learn(words: dict[tuple[str, ...], int]) -> list[tuple[str, str]]:
    """Byte-pair merges until every word that occurs often is one token."""
    merges: list[tuple[str, str]] = []
    while True:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        if not pairs:
            return merges
        pair, count = max(pairs.items(), key=lambda item: (item[1], item[0]))
        if count < 30:
            return merges
        merges.append(pair)
        words = {_merged(word, pair): n for word, n in words.items()}


def _merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    parts, index = [], 0
    while index < len(word):
        if word[index : index + 2] == pair:
            parts.append(pair[0] + pair[1])
            index += 2
        else:
            parts.append(word[index])
            index += 1
    return tuple(parts)
