"""A checkpoint's noise levels come from its scheduler's configuration, and from the job."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.engine.levels import read_schedule, schedule_of
from storyboard.errors import ProblemsError
from storyboard.jobs import Checkpoint, ModelFile

CHECKPOINT = Checkpoint("sd15", ModelFile("any", "any", "0" * 64), "v_prediction")


def scheduler(folder: Path, **values: object) -> Path:
    path = folder / "scheduler_config.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def test_they_come_from_the_scheduler(tmp_path: Path) -> None:
    usual = scheduler(tmp_path, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    assert read_schedule(usual).sigmas[-1] == pytest.approx(14.6146, rel=1e-5)
    other = scheduler(tmp_path, beta_start=0.0001, beta_end=0.02, beta_schedule="linear")
    assert read_schedule(other).sigmas[-1] == pytest.approx(157.407, rel=1e-4)


def test_without_a_scheduler_they_are_sds_own(tmp_path: Path) -> None:
    missing = tmp_path / "scheduler_config.json"
    for levels in (read_schedule(missing), schedule_of(CHECKPOINT, None)):
        assert levels.sigmas[-1] == pytest.approx(14.6146, rel=1e-5)


def test_the_job_says_whether_they_end_in_noise_alone(tmp_path: Path) -> None:
    told = scheduler(tmp_path, rescale_betas_zero_snr=True)
    rescaling = replace(CHECKPOINT, zero_snr=True)
    assert schedule_of(CHECKPOINT, told).sigmas[-1] == pytest.approx(14.6146, rel=1e-5)
    assert schedule_of(rescaling, told).sigmas[-1] > 4000
    assert schedule_of(rescaling, None).sigmas[-1] > 4000
    assert schedule_of(rescaling, None).sigmas[0] == pytest.approx(0.0292, rel=1e-2)


def test_where_nobody_says_it_the_configuration_does(tmp_path: Path) -> None:
    assert read_schedule(scheduler(tmp_path, rescale_betas_zero_snr=True)).sigmas[-1] > 4000


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"beta_schedule": "squaredcos_cap_v2"}, "squaredcos_cap_v2 are not known"),
        ({"beta_start": 0.5, "beta_end": 0.1}, "must rise"),
        ({"num_train_timesteps": "many"}, "must rise"),
        ({"trained_betas": [0.1, 0.2]}, "not known"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "FlowMatch.* are not known"),
        ({"_class_name": "EDMDPMSolverMultistepScheduler"}, "EDM.* are not known"),
    ],
)
def test_those_that_cannot_be_walked_are_told(
    tmp_path: Path, values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ProblemsError, match=sentence):
        read_schedule(scheduler(tmp_path, **values))
