"""What merged LoRAs cost while drawing, and a switch: `python -m benchmarks.speed.merged`.

The same model is asked with four LoRAs and with none, in turn. A step's seconds are the
processor's where that computes, a switch's the clock's; what is read and worked out beforehand
is in neither.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch

from benchmarks.speed.bench import MODELS
from benchmarks.speed.tale import INKLING, write_tale
from benchmarks.speed.weights import make_checkpoint
from storyboard.desk import Desk
from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras
from storyboard.engine.memory import has_room_twice
from storyboard.engine.model import Wording
from storyboard.jobs import Adapter
from storyboard.workspace import Workspace

_ROUNDS = 30
_STEP = 500.0
_SIZE = "448x640"


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.merged", description=__doc__)
    parser.add_argument("--model", choices=MODELS, default="inkling")
    parser.add_argument("--width", type=float, default=1.0, help="of random models, a share")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    folder, cast = Path("output/benchmarks/merged"), INKLING
    if options.model != "inkling":
        cast = make_checkpoint(folder / "models", options.model, options.width, _SIZE)
    write_tale(folder / "tale.yaml", cast, 4, 1)
    (folder / "models").mkdir(parents=True, exist_ok=True)
    workspace = Workspace(folder / "output", (folder / "models",))
    panels = Desk.open(workspace, folder / "tale.yaml").compiled.panels
    previews = [panel.preview for panel in panels if panel.preview is not None]
    adapters = {one.file.sha256: one for job in previews for one in job.adapters}
    checkpoint, size = previews[0].checkpoint, previews[0].size
    model = family_named(checkpoint.family, "").load(checkpoint, placement(options.device))
    loras = MergedLoras(model, has_room_twice(model.weights.values(), model.device))
    said = model.condition("1girl", "", Wording(checkpoint.clip_skip, ())).prompt
    factor = model.vae.factor
    x = torch.randn(1, model.vae.channels, size.height // factor, size.width // factor)
    clock = process_time if model.device.type == "cpu" else perf_counter
    ways: dict[str, list[Adapter]] = {"none": [], "four": list(adapters.values())}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    switches: dict[str, list[float]] = {"in": [], "in, foreseen": [], "out": []}
    for number in range(2 * _ROUNDS + 2):
        for name, wanted in ways.items():
            foreseen = bool(wanted) and number % 2 == 1
            if foreseen:
                loras.foresee(wanted)
                loras.settle()
            begun = perf_counter()
            loras.set(wanted)
            _finished(model.device)
            way = "out" if not wanted else "in, foreseen" if foreseen else "in"
            switches[way].append(perf_counter() - begun)
            model.predict(x, _STEP, said)
            _finished(model.device)
            begun = clock()
            model.predict(x, _STEP, said)
            _finished(model.device)
            seconds[name].append(clock() - begun)
    ratio = median(f / n for f, n in zip(seconds["four"][2:], seconds["none"][2:], strict=True))
    print(f"a step with {len(adapters)} LoRAs over one with none: {ratio:.3f}")
    for way, found in switches.items():
        print(f"a switch, {way}: {median(found[2:]) * 1000:.1f} ms")
    return 0


def _finished(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    sys.exit(main())
