"""CLIP's tokenizer: a prompt's token ids, read from a folder of files, without transformers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE

from storyboard.errors import ProblemsError, argument_error

_WORD_END = "</w>"
_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d"
    r"|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
_POSITIONS = 77  # where nothing is said, or transformers' "very large"
_SOUGHT = "a tokenizer folder holds vocab.json, merges.txt and tokenizer_config.json"


@dataclass(frozen=True, slots=True, eq=False)
class ClipTokenizer:
    """Byte-pair encoding as CLIP does it: equal to transformers' CLIPTokenizer, id by id.

    `begin` and `end` stand around every chunk, `pad` fills it behind the first `end`; `comma` is
    the id of a comma that ends a word, None in a vocabulary without one; `positions` is how many
    tokens the text encoder takes, with `begin` and `end`.
    """

    begin: int
    end: int
    pad: int
    comma: int | None
    positions: int
    _tokenizer: Tokenizer = field(repr=False)
    _letters: dict[str, int] = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> ClipTokenizer:
        """Reads vocab.json, merges.txt and tokenizer_config.json, or else tokenizer.json.

        Raises `ProblemsError` where a file is missing or broken.
        """
        settings = _json(folder / "tokenizer_config.json")
        special = _special_tokens(settings)
        try:
            tokenizer = _build(_model(folder, special["unk_token"].content), special)
        except ProblemsError:
            raise
        except Exception as error:  # the tokenizers library raises bare Exceptions
            raise _broken(folder, error) from error
        return cls(
            begin=_id(tokenizer, folder, special["bos_token"].content),
            end=_id(tokenizer, folder, special["eos_token"].content),
            pad=_id(tokenizer, folder, special["pad_token"].content),
            comma=tokenizer.token_to_id("," + _WORD_END),
            positions=positions_in(settings.get("model_max_length")),
            _tokenizer=tokenizer,
            _letters={letter: byte for byte, letter in enumerate(_byte_letters())},
        )

    def padded_with(self, token: int) -> ClipTokenizer:
        """The same that fills chunks with `token`; SDXL's second text encoder wants 0."""
        return replace(self, pad=token)

    def ids(self, text: str) -> list[int]:
        """The text's token ids, without `begin` and `end`; white space and case do not matter."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text that the ids stand for, for messages: lower case, one space after a word."""
        tokens = (self._tokenizer.id_to_token(token) or "" for token in ids)
        letters = "".join(token.replace(_WORD_END, " ") for token in tokens)
        decoded = bytes(b for letter in letters for b in self._bytes(letter))
        return decoded.decode("utf-8", errors="replace").strip()

    def _bytes(self, letter: str) -> bytes:
        byte = self._letters.get(letter)
        return letter.encode("utf-8") if byte is None else bytes([byte])


def _build(model: BPE, special: dict[str, AddedToken]) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.add_special_tokens(list(special.values()))
    return tokenizer


def _model(folder: Path, unknown: str) -> BPE:
    vocabulary = folder / "vocab.json"
    merges = folder / "merges.txt"
    if not vocabulary.exists() and (folder / "tokenizer.json").exists():
        return _model_of_one_file(folder / "tokenizer.json", unknown)
    return _bpe(_json(vocabulary), _merges(merges), unknown)


def _model_of_one_file(path: Path, unknown: str) -> BPE:
    """transformers 5 saves vocabulary and merges in one file, the merges as pairs or joined."""
    model = _json(path)["model"]
    merges = [
        _pair(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]
    ]
    return _bpe(model["vocab"], merges, unknown)


def _bpe(vocabulary: dict[str, int], merges: list[tuple[str, str]], unknown: str) -> BPE:
    return BPE(
        vocab=vocabulary,
        merges=merges,
        continuing_subword_prefix="",
        end_of_word_suffix=_WORD_END,
        fuse_unk=False,
        unk_token=unknown,
    )


def _merges(path: Path) -> list[tuple[str, str]]:
    """One pair a line; the first line may tell the version. Only "\\n" ends a line: merges may
    hold characters that `str.splitlines` takes for line ends."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [_pair(line.split(" ")) for line in lines if line and not line.startswith("#version")]


def _pair(merge: Sequence[str]) -> tuple[str, str]:
    if len(merge) != 2:
        raise ValueError(f"the merge {' '.join(merge)!r} is no pair")
    return merge[0], merge[1]


def _special_tokens(settings: dict[str, Any]) -> dict[str, AddedToken]:
    """CLIP's special tokens; a configuration holds each as its text, or as its settings."""
    defaults = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>"}
    tokens = {}
    for name in ("bos_token", "eos_token", "unk_token", "pad_token"):
        value = settings.get(name) or defaults.get(name, defaults["eos_token"])
        given = value if isinstance(value, dict) else {"content": value}
        tokens[name] = AddedToken(
            str(given.get("content", defaults["eos_token"])),
            normalized=bool(given.get("normalized", False)),
            special=True,
        )
    return tokens


def positions_in(length: object) -> int:
    """A `model_max_length`, if it is one at all."""
    return length if isinstance(length, int) and 2 < length <= 4096 else _POSITIONS


def _id(tokenizer: Tokenizer, folder: Path, token: str) -> int:
    number: int | None = tokenizer.token_to_id(token)
    if number is None or number >= tokenizer.get_vocab_size(with_added_tokens=False):
        raise _broken(folder, ValueError(f"the vocabulary lacks '{token}'"))
    return number


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, ValueError, RecursionError) as error:
        raise _broken(path, error) from error
    if not isinstance(value, dict):
        raise _broken(path, ValueError("it holds no mapping"))
    return value


def _broken(path: Path, error: Exception) -> Exception:
    reason = str(error)
    if isinstance(error, FileNotFoundError):
        reason = f"there is no {Path(error.filename or path).name}"
    return argument_error(f"the tokenizer cannot be read: {reason}", _SOUGHT, file=str(path))


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in the vocabulary: printable Latin-1 for itself, the
    others from U+0100 on, in their order (byte-level BPE, as in GPT-2)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]
