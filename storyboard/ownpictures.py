"""The pictures of the author's own that panels name: shown as they are, or drawn on from."""

from __future__ import annotations

from pathlib import Path

from storyboard.boxes import HOW, box, looks_like_box
from storyboard.casting import Hash
from storyboard.errors import Mark, Problems
from storyboard.jobs import Beginning, Box, Mask, ModelFile
from storyboard.ownfiles import LiesOutside, file_beside
from storyboard.prompting import Place
from storyboard.story.model import Init, Panel
from storyboard.story.read import StoryFile

DENOISE = 0.75
"""How much of a picture to begin with is drawn anew, where nothing is said."""


class OwnPictures:
    """Finds them beside the story; what is not there is noted as a problem."""

    def __init__(self, file: StoryFile, hash_of: Hash, problems: Problems) -> None:
        self._file = file
        self._hash_of = hash_of
        self._problems = problems

    def art(self, where: Place, panel: Panel) -> str | None:
        """The path of a picture that is shown instead of a drawn one."""
        if panel.art is None:
            return None
        mark = self._file.marks.at((*where.path, "art"))
        path = self._beside(panel.art, mark, "art")
        return None if path is None else str(path)

    def beginning(self, where: Place, panel: Panel) -> Beginning | None:
        """What the panel's preview begins with, where that is not noise."""
        at = (*where.path, "mask" if panel.init is None else "init")
        mark = self._file.marks.at(at)
        if panel.init is None:
            if panel.mask is not None:
                self._problems.add(
                    mark,
                    f"panel {where.address} has a `mask` and no `init` for it",
                    "say which picture it is of; `storyboard mend` redraws a part of a drawn panel",
                )
            return None
        init = panel.init if isinstance(panel.init, Init) else Init(picture=panel.init)
        picture = self._file_of(init.picture, mark, "init")
        mask = self._mask(where, panel.mask)
        denoise = DENOISE if init.denoise is None else init.denoise
        return None if picture is None else Beginning(picture, denoise, mask)

    def _mask(self, where: Place, said: str | None) -> Mask | None:
        if said is None:
            return None
        mark = self._file.marks.at((*where.path, "mask"))
        if not looks_like_box(said):
            return self._file_of(said, mark, "mask")
        found: Box | None = box(said)
        if found is None:
            self._problems.add(mark, f"the box {said} does not lie within the picture", HOW)
        return found

    def _file_of(self, name: str, mark: Mark, what: str) -> ModelFile | None:
        path = self._beside(name, mark, what)
        return None if path is None else ModelFile(name, str(path), self._hash_of(path))

    def _beside(self, name: str, mark: Mark, what: str) -> Path | None:
        """The picture's path; None after noting why it is not looked at."""
        try:
            path = file_beside(self._file.directory, name)
        except LiesOutside:
            self._problems.add(
                mark, f"{what} {name} lies outside the story's folder", "copy it beside the story"
            )
            return None
        if path is None:
            self._problems.add(mark, f"there is no picture {name} beside the story")
        return path
