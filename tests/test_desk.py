"""What a story's desk tells of the files that its pictures are drawn with."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from storyboard.desk import short_hashes
from storyboard.jobs import Adapter, ModelFile
from storyboard.models.hashing import short_lora_hash
from tests.models import made
from tests.support.jobs import preview


def adapter(path: Path) -> Adapter:
    """The LoRA in a file as it is now."""
    return Adapter(ModelFile("mei", str(path), sha256(path.read_bytes()).hexdigest()), 1.0, 1.0)


def test_a_lora_that_was_trained_again_has_another_short_hash(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "mei.safetensors", {"sshs_model_hash": "1" * 64})
    first, _ = short_hashes(preview(adapters=(adapter(path),)))
    made.lora(path, {"sshs_model_hash": "2" * 64})
    second, _ = short_hashes(preview(adapters=(adapter(path),)))
    assert (first, second) == ({"mei": "1" * 12}, {"mei": "2" * 12})
    assert second["mei"] == short_lora_hash(path)
