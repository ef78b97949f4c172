"""What a character or a style adds to prompts: the story's words, or else its LoRAs' own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.models.entries import Entry
from storyboard.prompts.compose import join_parts
from storyboard.story.model import Character, Style


@dataclass(frozen=True, slots=True)
class Saying:
    """Texts that join the prompt and the negative prompt."""

    prompt: str
    negative: str


def saying(said: Character | Style, loras: Sequence[Entry]) -> Saying:
    """The story's `prompt` and `negative`, empty ones too; one that it leaves out is what the
    files beside the LoRAs say (`activation text`, `negative text`)."""
    told = said.model_fields_set
    return Saying(
        said.prompt if "prompt" in told else join_parts(lora.activation for lora in loras),
        said.negative if "negative" in told else join_parts(lora.negative for lora in loras),
    )
