"""What all authored models have in common: how unsaid keys and unions of forms are decoded."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, model_validator

from storyboard.story.shapes import text_fields
from storyboard.story.values import Plain, is_null


class Model(BaseModel):
    """The base of every authored mapping: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    called: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _leave_out_the_unsaid(cls, data: Any) -> Any:
        """A key with nothing after it is not said; where text is asked for, `null` is text."""
        if is_null(data):
            return {}
        if not isinstance(data, dict):
            return data
        texts = text_fields(cls)
        return {
            key: value
            for key, value in data.items()
            if key not in cls.model_fields
            or not is_null(value)
            or (key in texts and value != Plain())
        }


def form_of(value: object) -> str:
    """Which of a union's forms a value has; the errors of one form only are shown then."""
    if isinstance(value, (dict, Model)):
        return "<mapping>"
    return "<list>" if isinstance(value, (list, tuple)) else "<text>"


BY_FORM = Discriminator(form_of)
AsText = Tag("<text>")
AsMapping = Tag("<mapping>")
AsList = Tag("<list>")
