"""Tables of figures, as Markdown for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """A measure's result. Shares go from 0 to 1."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        """The title, the table, and notes below it."""
        written = [[_written(cell) for cell in row] for row in self.rows]
        lines = [_line(self.columns), _line(["---"] + ["---:"] * (len(self.columns) - 1))]
        lines += [_line(row) for row in written]
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", *lines, *notes])

    def document(self) -> dict[str, Any]:
        """The same as JSON: each row as a mapping from the columns' names."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": list(self.notes)}


def share(hits: int, count: int) -> float | None:
    """How many of so many; None where there were none to count."""
    return round(hits / count, 4) if count else None


def document(command: str, tables: Sequence[Table]) -> dict[str, Any]:
    """All tables of a run, with the command that made them."""
    measures = {table.name: table.document() for table in tables}
    return {"command": command, "measures": measures}


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _written(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return str(cell).replace("|", "\\|")
