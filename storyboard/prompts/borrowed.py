"""transformers' CLIPTokenizer, asked as our own is, so that prompts can be cut up with either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from storyboard.prompts.tokenizer import positions_in

_COMMA = ",</w>"


class Tokens(Protocol):
    """What a prompt is cut up with; `storyboard.prompts.tokenizer.ClipTokenizer` says what of it
    means what."""

    @property
    def begin(self) -> int:
        """The token before a chunk's own."""

    @property
    def end(self) -> int:
        """The first token behind them."""

    @property
    def pad(self) -> int:
        """All others behind them."""

    @property
    def comma(self) -> int | None:
        """A comma that ends a word."""

    @property
    def positions(self) -> int:
        """A chunk's length."""

    def ids(self, text: str) -> list[int]:
        """The text's own tokens."""


class TransformersTokenizer(Protocol):
    """What is asked of transformers' CLIPTokenizer, of version 4 or 5, quick or slow."""

    model_max_length: int
    bos_token_id: Any
    eos_token_id: Any
    pad_token_id: Any

    def __call__(self, text: str, **options: Any) -> Mapping[str, Any]:
        """`input_ids`, among others."""

    def convert_tokens_to_ids(self, tokens: Any) -> Any:
        """A token's id, or that of the unknown one."""

    def convert_ids_to_tokens(self, ids: Any) -> Any:
        """An id's token."""


@dataclass(frozen=True)
class Borrowed:
    """transformers' tokenizer as it is set up now; whoever sets another pad token borrows anew."""

    begin: int
    end: int
    pad: int
    comma: int | None
    positions: int
    _theirs: TransformersTokenizer

    @classmethod
    def of(cls, theirs: TransformersTokenizer) -> Borrowed:
        """Chunks are filled with its own pad token, SD 1.x's with the end token and SDXL's second
        encoder's with `!`."""
        end, pad = theirs.eos_token_id, theirs.pad_token_id
        comma = theirs.convert_tokens_to_ids(_COMMA)
        return cls(
            begin=theirs.bos_token_id,
            end=end,
            pad=end if pad is None else pad,
            comma=comma if theirs.convert_ids_to_tokens(comma) == _COMMA else None,
            positions=positions_in(theirs.model_max_length),
            _theirs=theirs,
        )

    def ids(self, text: str) -> list[int]:
        """The text's token ids, without `begin` and `end`."""
        found: Sequence[int] = self._theirs(text, add_special_tokens=False, verbose=False)[
            "input_ids"
        ]
        return list(found)
