"""inkling's card, storyboard.json: what it recommends, the words it knows, how it was trained.

`python -m training.card` writes it anew beside the weights that ship: to be run when the settings
below or the art's words have changed. The facts of the training stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.vocabulary import vocabulary

NAME = "inkling"
FILE = "storyboard.json"
UPSCALER = "inkling-2x"
SETTINGS = {
    "sampler": {"cfg": 3},
    "final": {"upscaler": UPSCALER, "denoise": 0.2, "steps": 12, "cfg": 1},
}
"""What a story draws with that says nothing else; the words are the story format's."""


def card(trained: Mapping[str, Any]) -> dict[str, Any]:
    """The whole card; `trained` are the facts of the training."""
    return {
        "name": NAME,
        "family": "sd15",
        "native_pixels": 50176,
        "size_multiple": 32,
        "licence": "Apache-2.0",
        "settings": SETTINGS,
        "vocabulary": vocabulary(),
        "trained": dict(trained),
    }


def write_card(folder: Path, trained: Mapping[str, Any]) -> None:
    """Writes it into a folder, each list on a line of its own."""
    text = json.dumps(card(trained), indent=2, ensure_ascii=False)
    rows = re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s+\]", _row, text)
    (folder / FILE).write_text(rows + "\n", encoding="utf-8")


def _row(found: re.Match[str]) -> str:
    return "[" + re.sub(r",\n\s+", ", ", found[1]) + "]"


def main() -> None:
    """Keeps what the present card says of the training."""
    folder = Path("storyboard/builtin/models/checkpoints") / NAME
    present = json.loads((folder / FILE).read_text(encoding="utf-8"))
    write_card(folder, present["trained"])


if __name__ == "__main__":
    main()
