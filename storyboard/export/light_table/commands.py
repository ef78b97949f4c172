"""The commands that the light table offers to copy, quoted for a POSIX shell."""

from __future__ import annotations

import shlex

from storyboard.export.light_table.cards import LightTable, PanelCard, TakeCard


def pick_command(table: LightTable, panel: PanelCard, take: TakeCard) -> str:
    """Makes the take the panel's own; for the story's own, undoes what was picked."""
    return _line(table, "pick", panel, "-" if take.number is None else str(take.number))


def draw_command(table: LightTable, panel: PanelCard) -> str:
    """Draws other takes of the panel; where its own picture is not there, draws that."""
    return _line(table, "reroll" if panel.state == "ready" else "preview", panel)


def _line(table: LightTable, verb: str, panel: PanelCard, *more: str) -> str:
    # A file whose name begins like an option is still a file.
    story = f"./{table.story}" if table.story.startswith("-") else table.story
    return shlex.join([table.program, verb, story, panel.address, *more, *table.options])
