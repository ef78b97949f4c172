"""Writes the few drawn pictures that the tests of the probe judge, where nothing can draw.

`python -m training.probe_examples tests/benchmarks/drawn`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from benchmarks.attributes import CHARACTERS, CLASSES, truth_of
from training.art.scene import draw_scene
from training.art.spec import Framing, Style, View
from training.probe_art import HELD_OUT_FROM, Sample, sample

COUNT = 12
_NEAR = (Framing.CLOSE, Framing.MEDIUM)


def chosen() -> Iterator[Sample]:
    """A picture with nobody, one with two people, one of each character, and hair of many colours:
    held-out samples, the first that fit."""
    wanted = {"0", "2", *CHARACTERS, *CLASSES["hair"][: COUNT - 2 - len(CHARACTERS)]}
    seed = HELD_OUT_FROM
    while wanted:
        one = sample(seed)
        seed += 1
        if one.scene.style is Style.COLOR and (kind := _kind(one)) in wanted:
            wanted.remove(kind)
            yield one


def _kind(one: Sample) -> str:
    scene = one.scene
    if len(scene.people) != 1:
        return str(len(scene.people))
    person = scene.people[0]
    if scene.framing not in _NEAR or person.view is not View.FRONT:
        return ""
    return person.hair if one.who == "nobody" else one.who


def main() -> None:
    """Draws them into the folder that is named on the command line, with their truth beside."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    truths = {}
    for number, one in enumerate(chosen()):
        name = f"{number:02d}.png"
        few = Image.fromarray(draw_scene(one.scene, *one.size)).quantize(48)
        few.save(folder / name, optimize=True)
        truths[name] = dict(truth_of(one.scene, one.who).classes)
    (folder / "truth.json").write_text(json.dumps(truths, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
