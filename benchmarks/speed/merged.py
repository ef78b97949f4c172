"""What merged LoRAs cost while drawing, and a switch: `python -m benchmarks.speed.merged`.

The same model is asked with four LoRAs and with none, in turn; seconds are the processor's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import process_time

import torch

from benchmarks.speed.tale import INKLING, write_tale
from storyboard.desk import Desk
from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras
from storyboard.engine.model import Wording
from storyboard.jobs import Adapter
from storyboard.workspace import Workspace

_ROUNDS = 60
_STEP = 500.0


def main() -> int:
    """Measures and prints."""
    folder = Path("output/benchmarks/merged")
    write_tale(folder / "tale.yaml", INKLING, 4, 1)
    panels = Desk.open(Workspace(folder / "output"), folder / "tale.yaml").compiled.panels
    previews = [panel.preview for panel in panels if panel.preview is not None]
    adapters = {one.file.sha256: one for job in previews for one in job.adapters}
    checkpoint = previews[0].checkpoint
    model = family_named(checkpoint.family, "").load(checkpoint, placement())
    loras = MergedLoras(model)
    said = model.condition("1girl", "", Wording(checkpoint.clip_skip, ())).prompt
    x = torch.randn(1, 4, 28, 28)
    ways: dict[str, list[Adapter]] = {"none": [], "four": list(adapters.values())}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    switches: list[float] = []
    for _ in range(_ROUNDS + 2):
        for name, wanted in ways.items():
            begun = process_time()
            loras.set(wanted)
            switches.append(process_time() - begun)
            model.predict(x, _STEP, said)
            begun = process_time()
            model.predict(x, _STEP, said)
            seconds[name].append(process_time() - begun)
    ratio = median(f / n for f, n in zip(seconds["four"][2:], seconds["none"][2:], strict=True))
    print(f"a step with {len(adapters)} LoRAs over one with none: {ratio:.3f}")
    for name, found in (("in", switches[1::2]), ("out", switches[::2])):
        print(f"a switch, {name}: {median(found[2:]) * 1000:.0f} ms of the processor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
