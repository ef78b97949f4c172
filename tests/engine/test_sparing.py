"""What can be given back before a rung of the ladder is taken."""

from __future__ import annotations

import pytest
import torch

from storyboard.engine.ladder import Stage
from storyboard.engine.memory import _TO_DRAW_IN, Memory, OutOfMemory, has_room_twice
from storyboard.geometry import Size

SIZE = Size(64, 64)


class Spares:
    """Something that can be given back once."""

    def __init__(self) -> None:
        self.left = 1

    def __call__(self) -> bool:
        self.left -= 1
        return self.left >= 0


def test_what_can_be_spared_goes_before_any_rung() -> None:
    notes: list[str] = []
    memory = Memory(torch.device("cpu"), notes.append)
    spares = Spares()
    memory.take_in(None, spares)

    def do() -> str:
        if spares.left > 0:
            raise torch.OutOfMemoryError
        return "drawn"

    assert memory.attempted(Stage.UNET, SIZE, do) == "drawn"
    assert notes == ["out of memory: LoRAs' clean weights are kept off the device (the same)"]
    assert memory.repairs(SIZE) == ()


def test_where_there_is_nothing_to_spare_the_rungs_follow() -> None:
    notes: list[str] = []
    memory = Memory(torch.device("cpu"), notes.append)
    memory.take_in(None, Spares())

    def do() -> str:
        raise torch.OutOfMemoryError

    with pytest.raises(OutOfMemory):
        memory.attempted(Stage.VAE, SIZE, do)
    assert [note.split(":")[1][:5] for note in notes] == [" LoRA", " the ", " the "]
    assert memory.repairs(SIZE) == (
        "sliced VAE: out of memory",
        "tiled VAE, an approximation: out of memory",
    )


@pytest.mark.parametrize(("beside", "room"), [(3 * 2**20, True), (2 * 2**20, False)])
def test_a_gpu_keeps_clean_weights_where_there_is_memory_left_to_draw(
    beside: int, room: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = _TO_DRAW_IN + beside
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 2 * free))
    weights = [torch.zeros(2**18)]  # a MB
    assert has_room_twice(weights, torch.device("cuda")) is room


def test_a_processors_memory_is_taken_for_enough() -> None:
    assert has_room_twice([torch.zeros(2**18)], torch.device("cpu"))
