"""The public k-diffusion package (MIT), run without the many packages that it asks for, of which
its samplers need only torchsde.

`pip install --no-deps -r tests/oracles.txt` installs both; without them `k_diffusion` is None.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from storyboard.engine.names import SAMPLERS, SamplerName, sampler_named
from storyboard.engine.noise import Generator, generator
from storyboard.jobs import Rng
from tests.engine.recordings import EVERY, RECORDINGS, SEEDS
from tests.engine.toy import ALPHAS, SHAPE, ToyModel


def _quad(function: Callable[[float], float], start: float, end: float, **_: float) -> list[float]:
    """scipy's `integrate.quad` for smooth functions."""
    points, weights = np.polynomial.legendre.leggauss(12)
    half = (end - start) / 2
    values = [function(float(start + half * (point + 1))) for point in points]
    return [float(np.dot(values, weights) * half)]


def _append_dims(x: Tensor, count: int) -> Tensor:
    return x[(...,) + (None,) * (count - x.ndim)]


@contextmanager
def _standing_in(**modules: ModuleType) -> Iterator[None]:
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def _module(name: str, **names: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(names)
    return module


def _loaded() -> tuple[Any, Any] | None:
    """k-diffusion's `sampling` and `external`, and nothing else of it."""
    found = find_spec("k_diffusion")
    if found is None or not found.submodule_search_locations or find_spec("torchsde") is None:
        return None
    folder = Path(found.submodule_search_locations[0])
    package = _module("k_diffusion", __path__=[])
    utils = _module("k_diffusion.utils", append_dims=_append_dims)
    vars(package).update(utils=utils)
    stand_ins = {
        "scipy": _module("scipy", integrate=_module("scipy.integrate", quad=_quad)),
        "torchdiffeq": _module("torchdiffeq", odeint=None),
        "k_diffusion": package,
        "k_diffusion.utils": utils,
    }
    with _standing_in(**stand_ins):
        for part in ("sampling", "external"):
            spec = spec_from_file_location(f"k_diffusion.{part}", folder / f"{part}.py")
            assert spec is not None and spec.loader is not None
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            setattr(package, part, module)
    return package.sampling, package.external


k_diffusion = _loaded()


class Oracle:
    """What k-diffusion draws with the toy model, set up as the WebUI does."""

    def __init__(self, alphas: Tensor) -> None:
        assert k_diffusion is not None
        self._sampling, external = k_diffusion
        self.toy = ToyModel()
        self.model = external.DiscreteEpsDDPMDenoiser(self._epsilon, alphas, quantize=False)

    def levels(self, sampler: SamplerName, steps: int) -> Tensor:
        """The whole drawing's levels, 0 last."""
        if sampler.omits_last_level:
            levels = self._spaced(sampler.spacing, steps + 1)
            return torch.cat([levels[:-2], levels[-1:]])
        return self._spaced(sampler.spacing, steps)

    def drawn(
        self,
        name: str,
        seeds: Sequence[int],
        levels: Tensor,
        start: Tensor | None = None,
        eta: float = 1.0,
        rng: Rng = "cpu",
    ) -> Tensor:
        """From noise at the first level, over a `start` where there is one."""
        sampler = sampler_named(name)
        generators = [generator(seed, rng) for seed in seeds]
        if len(levels) == 2 and sampler.solver in _ONE_STEP_FAILS:
            name = "Euler"  # in one step, which goes to no noise, they are the same
            sampler = sampler_named(name)
        x = _drawn(generators) * levels[0]
        x = x if start is None else start + x
        function = getattr(
            self._sampling, f"sample_{_FUNCTIONS.get(sampler.solver, sampler.solver)}"
        )
        options: dict[str, object] = {"eta": eta} if sampler.draws_noise else {}
        if sampler.solver == "dpmpp_2m_sde_heun":
            options["solver_type"] = "heun"
        if sampler.noise == "fresh":
            options["noise_sampler"] = lambda *_: _drawn(generators)
        if sampler.noise == "brownian":
            options["noise_sampler"] = self._sampling.BrownianTreeNoiseSampler(
                x, levels[levels > 0].min(), levels.max(), seed=list(seeds)
            )
        with warnings.catch_warnings():
            # torchsde warns where a time, once rounded, lies beyond the path's end, and clamps it.
            warnings.filterwarnings("ignore", message=r"Should have (ta|tb)[<>]=t[01]")
            result: Tensor = function(self.model, x, levels, disable=True, **options)
        return result

    def _epsilon(self, x: Tensor, timesteps: Tensor) -> Tensor:
        return self.toy(x, timesteps)

    def _spaced(self, spacing: str, steps: int) -> Tensor:
        low, high = self.model.sigma_min, self.model.sigma_max
        if spacing == "uniform":
            return self._tensor(self.model.get_sigmas(steps))
        if spacing == "sgm_uniform":
            first, last = self.model.sigma_to_t(high), self.model.sigma_to_t(low)
            times = torch.linspace(first.item(), last.item(), steps + 1)[:-1]
            return self._tensor(self._sampling.append_zero(self.model.t_to_sigma(times)))
        if spacing == "simple":
            table = self.model.sigmas
            whole = [-(1 + int(step * len(table) / steps)) for step in range(steps)]
            return self._tensor(self._sampling.append_zero(table[whole]))
        if spacing == "ddim":
            stride = len(self.model.sigmas) // steps
            whole = [1 + step * stride for step in reversed(range(steps))]
            return self._tensor(self._sampling.append_zero(self.model.sigmas[whole]))
        spaced = getattr(self._sampling, f"get_sigmas_{spacing}")
        return self._tensor(spaced(steps, low.item(), high.item()))

    @staticmethod
    def _tensor(levels: Any) -> Tensor:
        assert isinstance(levels, Tensor)
        return levels


_ONE_STEP_FAILS = ("dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde")
"""These raise UnboundLocalError in k-diffusion 0.1.1 when asked for one step."""

_FUNCTIONS = {
    "dpm2": "dpm_2",
    "dpm2_a": "dpm_2_ancestral",
    "dpmpp_2m_sde_heun": "dpmpp_2m_sde",
    "dpmpp_2s_a": "dpmpp_2s_ancestral",
    "euler_a": "euler_ancestral",
}


def _drawn(generators: Sequence[Generator]) -> Tensor:
    return torch.stack([one.randn(SHAPE) for one in generators])


def names() -> list[str]:
    """The samplers that k-diffusion has, with every schedule once."""
    twice = (" Automatic", " Normal", " Uniform")
    return [
        name
        for name in SAMPLERS
        if sampler_named(name).solver not in ("ddim", "unipc", "lcm")
        and (name.endswith(" SGM Uniform") or not name.endswith(twice))
    ]


def _recorded(name: str) -> list[dict[str, object]]:
    oracle, sampler = Oracle(ALPHAS.float()), sampler_named(name)
    runs: list[dict[str, object]] = []
    for steps in (1, 2, 5, 20):
        drawn = oracle.drawn(name, SEEDS, oracle.levels(sampler, steps))
        runs.append({"steps": steps, "values": _kept(drawn)})
    for steps, whole, denoise in ((1, 2, 0.5), (7, 17, 0.4)):
        levels = oracle.levels(sampler, whole)[-steps - 1 :]
        drawn = oracle.drawn(name, SEEDS, levels, start=torch.full(SHAPE, 0.5))
        runs.append({"steps": steps, "denoise": denoise, "values": _kept(drawn)})
    return runs


def _kept(latents: Tensor) -> list[list[float]]:
    return [
        [float(f"{value:.7g}") for value in row[::EVERY]] for row in latents.flatten(1).tolist()
    ]


def _record() -> None:
    about = (
        "Results of the public k-diffusion package (MIT), version 0.1.1.post1, with the toy model "
        "of sampler-cases.json, for float32 alphas_cumprod: one latent a seed, every fifth value. "
        "Runs with denoise are second passes: noise of a new generator, times the first level, "
        "over a start of 0.5 everywhere. Samplers are named as in the WebUI; its omission of the "
        "level before 0 in DPM2, DPM2 a and DPM++ 3M SDE is in it."
    )
    lines = [f'"{name}": {json.dumps(_recorded(name), separators=(",", ":"))}' for name in names()]
    body = ",\n".join(lines)
    text = f'{{"about": "{about}",\n"seeds": {json.dumps(SEEDS)},\n"runs": {{\n{body}\n}}}}\n'
    RECORDINGS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _record()
