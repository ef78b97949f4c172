"""Drawing with a model: the same picture whatever is drawn beside it, mended where it can be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.engine.base import Drawn, Failed, PreviewBatch, Source
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.drawing import Panel, Walk, draw_latents
from storyboard.engine.families import family_named
from storyboard.engine.guidance import guided
from storyboard.engine.loras import read_lora
from storyboard.engine.model import Encoded, Model, Wording
from storyboard.engine.sd15 import Sd15Model
from storyboard.engine.vae import Vae
from storyboard.errors import ProblemsError
from storyboard.events import Event, Loading
from storyboard.jobs import Adapter, PreviewJob, Sampling
from tests.engine.drawing_table import Table, difference, latent, source, with_sampler
from tests.support.tiny_model import TinyModel, model_file, tiny_lora

Predict = Callable[[Sd15Model, Tensor, float, Encoded], Tensor]


@pytest.fixture
def together(tiny_model: TinyModel) -> Iterator[Table]:
    """An engine that puts a whole batch through the UNet at once, as on a GPU."""
    engine = DiffusionEngine("cpu", at_once=64)
    yield Table(engine, tiny_model)
    engine.close()


@pytest.fixture
def narrow(tiny_model: TinyModel) -> Iterator[Table]:
    """The same in bfloat16."""
    engine = DiffusionEngine("cpu", "bfloat16", at_once=64)
    yield Table(engine, tiny_model)
    engine.close()


def unet_that(monkeypatch: pytest.MonkeyPatch, does: Callable[[Sd15Model, Tensor], None]) -> None:
    """Lets the model do something, or raise, before it answers."""
    answer: Predict = Sd15Model.predict

    def predict(model: Sd15Model, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        does(model, x)
        return answer(model, x, timestep, context)

    monkeypatch.setattr(Sd15Model, "predict", predict)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_on_a_cpu_panels_side_by_side_are_what_they_are_alone(
    dtype: str, tiny_model: TinyModel
) -> None:
    table = Table(DiffusionEngine("cpu", dtype), tiny_model)
    jobs = [table.preview(seed=seed) for seed in range(3)]
    on_one = [table.one(job) for job in jobs]
    torch.set_num_threads(3)
    try:
        alone = [table.one(job) for job in jobs]
        among = table.drawn(jobs)
    finally:
        torch.set_num_threads(1)
    for one, other in zip(on_one + alone, among * 2, strict=True):
        assert isinstance(other, Drawn)
        assert other.provenance["together"] == 3
        assert np.array_equal(one.pixels, other.pixels)
        assert np.array_equal(latent(one), latent(other))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_panel_is_the_same_in_a_batch_of_any_size(together: Table, count: int) -> None:
    sampling = Sampling("DPM++ 2S a Karras", 8, 6.0)
    jobs = [together.preview(f"cat {seed}", seed, sampling=sampling) for seed in range(count)]
    for job, among in zip(jobs, together.drawn(jobs), strict=True):
        alone = together.one(job)
        scale = float(np.abs(latent(alone)).max())
        assert float(np.abs(latent(alone) - latent(among)).max()) <= 1e-4 * scale
        off = np.abs(alone.pixels.astype(int) - among.pixels.astype(int)) > 1
        assert off.mean() <= 0.001
        assert among.provenance["together"] == count


def test_prompts_of_other_lengths_are_never_drawn_together(together: Table) -> None:
    jobs = [together.preview(prompt) for prompt in ("a cat", "word " * 60, "a dog")]
    found = together.drawn(jobs)
    assert [drawn.provenance["together"] for drawn in found] == [2, 1, 2]
    assert [drawn.index for drawn in found] == [0, 1, 2]


def test_guidance_of_one_asks_the_model_for_the_prompt_alone(
    together: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    unet_that(monkeypatch, lambda model, x: asked.append(len(x)))
    together.one(together.preview(sampling=with_sampler("Euler", cfg=1.0)))
    assert asked == [1, 1, 1]
    together.one(together.preview(sampling=with_sampler("Euler", cfg=2.0)))
    assert asked == [1, 1, 1, 2, 2, 2]


def test_guidance_goes_from_the_negative_beyond_the_prompt(tiny_model: TinyModel) -> None:
    model = family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))
    condition = model.condition("a cat", "a dog", Wording(1, ()))
    x = torch.randn(1, 4, 6, 8, generator=torch.Generator().manual_seed(1))

    def answer(cfg: float) -> Tensor:
        return guided(model, [condition], cfg, lambda: None)(x, 500.0)

    negative, prompt = answer(0.0), answer(1.0)
    assert torch.allclose(answer(3.0), negative + 3 * (prompt - negative), atol=1e-5)
    assert torch.allclose(prompt, model.predict(x, 500.0, condition.prompt), atol=1e-5)


def test_epsilon_models_are_drawn_with_too(epsilon_model: TinyModel) -> None:
    table = Table(DiffusionEngine("cpu"), epsilon_model)
    drawn = table.one(table.preview())
    swapped = replace(table.model, prediction="v_prediction")
    other = Table(table.engine, swapped).one(Table(table.engine, swapped).preview())
    assert not np.array_equal(drawn.pixels, other.pixels)


@dataclass(frozen=True)
class Loaded:
    """The tiny model by itself, and a panel for it."""

    model: Model
    panel: Panel


@pytest.fixture
def loaded(tiny_model: TinyModel) -> Loaded:
    model = family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))
    condition = model.condition("a cat", "", Wording(1, ()))
    return Loaded(model, Panel(7, condition, (4, 6, 8)))


def test_a_second_pass_starts_from_noise_of_the_panels_seed(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []
    unet_that(monkeypatch, lambda model, x: seen.append(x.clone()))
    sampling = Sampling("DPM++ 2S a Karras", 5, 1.0)
    walk = Walk.plan(sampling, "v_prediction", loaded.model.schedule, denoise=0.4)
    start = torch.full((4, 6, 8), 0.3)
    draw_latents(loaded.model, [replace(loaded.panel, start=start)], walk, lambda: None)
    noise = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(7))
    sigma = walk.route.sigmas[0]
    first = (start + noise * sigma) / (sigma**2 + 1) ** 0.5
    assert torch.allclose(seen[0][0], first, atol=1e-5)
    assert len(seen) == walk.evaluations == 9
    assert torch.equal(start, torch.full((4, 6, 8), 0.3))


def test_ensd_changes_the_later_noise_alone(loaded: Loaded) -> None:
    def drawn(sampler: str, ensd: int) -> Tensor:
        sampling = Sampling(sampler, 4, 1.0, ensd=ensd)
        walk = Walk.plan(sampling, "v_prediction", loaded.model.schedule)
        return draw_latents(loaded.model, [loaded.panel], walk, lambda: None)

    assert not torch.equal(drawn("Euler a", 0), drawn("Euler a", 31337))
    assert torch.equal(drawn("Euler", 0), drawn("Euler", 31337))


def test_the_checkpoint_is_loaded_once_and_told(tiny_model: TinyModel) -> None:
    told: list[Event] = []
    table = Table(DiffusionEngine("cpu", "float32", report=told.append), tiny_model)
    table.one(table.preview())
    table.one(table.preview("a dog"))
    assert told == [Loading("loading tiny on cpu in float32")]


def test_another_checkpoint_takes_the_place_of_the_first(
    tiny_model: TinyModel, epsilon_model: TinyModel
) -> None:
    engine = DiffusionEngine("cpu")
    first, second = Table(engine, tiny_model), Table(engine, epsilon_model)
    before = first.one(first.preview())
    assert difference(before.pixels, second.one(second.preview()).pixels) > 0
    assert np.array_equal(first.one(first.preview()).pixels, before.pixels)


def test_a_foreseen_batchs_loras_are_read_while_another_is_drawn(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(DiffusionEngine("cpu", "float32"), tiny_model)
    one, two = (tiny_lora(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    first, second = table.preview(adapters=(one,)), table.preview(adapters=(one, two))
    expected = table.one(second)
    read: list[str] = []

    def reading(adapter: Adapter, *rest: Any) -> Any:
        read.append(threading.current_thread().name)
        return read_lora(adapter, *rest)

    monkeypatch.setattr("storyboard.engine.loras.read_lora", reading)
    table.engine.foresee(PreviewBatch((second,)))
    table.one(first)
    assert np.array_equal(table.one(second).pixels, expected.pixels)
    by_drawing, *ahead = read
    assert "ahead" not in by_drawing
    assert len(ahead) == 2
    assert all("ahead" in name for name in ahead)


def test_foreseeing_a_batch_that_cannot_be_drawn_changes_nothing(
    tiny_model: TinyModel, tmp_path: Path
) -> None:
    table = Table(DiffusionEngine("cpu", "float32"), tiny_model)
    job = table.preview()
    expected = table.one(job)
    lora = tiny_lora(tmp_path / "a.safetensors", 1)
    Path(lora.file.path).write_bytes(b"no LoRA")
    for bad in (table.preview(adapters=(lora,)), table.preview(sampling=with_sampler("no such"))):
        table.engine.foresee(PreviewBatch((bad,)))
        assert np.array_equal(table.one(job).pixels, expected.pixels)
        with pytest.raises(ProblemsError):
            table.results([bad])


def test_a_checkpoint_that_cannot_be_loaded_leaves_the_engine_usable(
    tiny_model: TinyModel,
) -> None:
    table = Table(DiffusionEngine("cpu"), tiny_model)
    good = table.preview()
    empty = model_file(tiny_model.folder / "tokenizer")
    bad = replace(good, checkpoint=replace(good.checkpoint, file=empty))
    with pytest.raises(ProblemsError, match="not supported"):
        table.results([bad])
    assert table.one(good).pixels.std() > 0


def out_of_memory_above(count: int) -> Callable[[Sd15Model, Tensor], None]:
    def check(model: Sd15Model, x: Tensor) -> None:
        if len(x) > count:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    return check


def test_out_of_memory_draws_one_by_one_and_says_so(
    together: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [together.preview(seed=seed) for seed in (1, 2)]
    alone = [together.one(job) for job in jobs]
    unet_that(monkeypatch, out_of_memory_above(2))
    told: list[tuple[int, int]] = []
    found = together.results(jobs, on_step=lambda done, total: told.append((done, total)))
    for before, after in zip(alone, found, strict=True):
        assert isinstance(after, Drawn)
        assert np.array_equal(before.pixels, after.pixels)
        assert after.provenance["repairs"] == "smaller batch: out of memory"
    assert told[-1] == (10, 10)


def test_other_errors_are_not_taken_for_a_lack_of_memory(
    together: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: Sd15Model, x: Tensor) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    unet_that(monkeypatch, broken)
    with pytest.raises(RuntimeError, match="multiplied"):
        together.one(together.preview())


def nan_answers(monkeypatch: pytest.MonkeyPatch, always: bool) -> None:
    """The UNet answers NaN for what it is given: in half precision, or always."""
    answer: Predict = Sd15Model.predict

    def predict(model: Sd15Model, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        found = answer(model, x, timestep, context)
        return found * float("nan") if always or not model.is_float32 else found

    monkeypatch.setattr(Sd15Model, "predict", predict)


def test_latents_that_are_no_numbers_are_drawn_again_in_float32(
    narrow: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    nan_answers(monkeypatch, always=False)
    told: list[tuple[int, int]] = []
    (found,) = narrow.results([narrow.preview()], on_step=lambda d, n: told.append((d, n)))
    assert isinstance(found, Drawn)
    assert found.provenance["repairs"] == "drawn again in float32: NaN"
    assert bool(np.isfinite(latent(found)).all())
    assert told[-1] == (10, 10)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_latents_that_stay_no_numbers_fail(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    nan_answers(monkeypatch, always=True)
    table = Table(DiffusionEngine("cpu", dtype), tiny_model)
    (found,) = table.results([table.preview()])
    assert isinstance(found, Failed) and "NaN" in found.message


def vae_that_shows(monkeypatch: pytest.MonkeyPatch, number: float, half: bool) -> None:
    """The VAE decodes to one number: in half precision only, or always."""
    decode = Vae.decode

    def shown(vae: Vae, latent: Tensor) -> Tensor:
        found = decode(vae, latent)
        return found if half and vae.is_float32 else torch.full_like(found, number)

    monkeypatch.setattr(Vae, "decode", shown)


@pytest.mark.parametrize("number", [float("nan"), -1.0], ids=["NaN", "black"])
def test_a_picture_without_numbers_or_black_is_never_kept(
    together: Table, monkeypatch: pytest.MonkeyPatch, number: float
) -> None:
    vae_that_shows(monkeypatch, number, half=False)
    (found,) = together.results([together.preview()])
    assert isinstance(found, Failed) and "black or without numbers" in found.message


def half_vae(table: Table) -> Table:
    """The table with its engine's VAE in half precision, as on a GPU."""
    engine: Any = table.engine
    engine._held.placement = replace(engine._held.placement, vae=torch.float16)
    return table


@pytest.mark.parametrize("number", [float("nan"), -1.0], ids=["NaN", "black"])
def test_a_vae_that_overflows_is_asked_again_in_float32(
    together: Table, monkeypatch: pytest.MonkeyPatch, number: float
) -> None:
    whole = together.one(together.preview())
    together.engine.close()
    vae_that_shows(monkeypatch, number, half=True)
    mended = half_vae(together).one(together.preview())
    assert mended.provenance["repairs"] == "decoded again in float32: NaN or black"
    assert difference(whole.pixels, mended.pixels) < 1


def test_a_preview_that_overflows_while_encoded_is_encoded_in_float32(
    together: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = together.preview()
    given = source(together.one(job))
    together.engine.close()
    encode = Vae.encode

    def overflowing(vae: Vae, pixels: Any) -> Tensor:
        found = encode(vae, pixels)
        return found if vae.is_float32 else torch.full_like(found, float("inf"))

    monkeypatch.setattr(Vae, "encode", overflowing)
    (drawn,) = half_vae(together).drawn([together.final(job)], [given])
    assert drawn.provenance["repairs"] == "encoded again in float32: NaN"


def test_a_latent_of_another_model_fails_in_one_sentence(together: Table) -> None:
    job = together.preview()
    drawn = together.one(job)
    given = Source(drawn.pixels, np.zeros((16, 6, 8), dtype=np.float32))
    (found,) = together.results([together.final(job, upscaler="latent")], [given])
    assert isinstance(found, Failed) and "(16, 6, 8)" in found.message


def test_in_bfloat16_too_a_cpu_draws_a_panel_bitwise_the_same_among_others(
    tiny_model: TinyModel,
) -> None:
    table = Table(DiffusionEngine("cpu", "bfloat16"), tiny_model)
    jobs: list[PreviewJob] = [table.preview(seed=seed) for seed in (1, 2, 3)]
    among = table.drawn(jobs)
    for job, drawn in zip(jobs, among, strict=True):
        assert np.array_equal(table.one(job).pixels, drawn.pixels)
