"""Lengths on paper and on screens: in pixels, millimetres or inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["px", "mm", "in"]

_PER_INCH = {"mm": 25.4, "in": 1.0}


@dataclass(frozen=True, slots=True)
class Length:
    """How long something is; a print's lengths become pixels by its dpi."""

    value: float
    unit: Unit = "px"

    def pixels(self, dpi: float) -> float:
        """In pixels, fractions and all."""
        return self.value if self.unit == "px" else self.value / _PER_INCH[self.unit] * dpi

    def __str__(self) -> str:
        return f"{self.value:g}{'' if self.unit == 'px' else self.unit}"
