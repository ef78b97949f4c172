"""Samplers' names are the WebUI's, and say what a drawing costs."""

from __future__ import annotations

import pytest

from storyboard.engine.names import (
    SAMPLERS,
    eta_of,
    evaluations,
    joined,
    parted,
    sampler_hint,
    sampler_named,
)


def test_names_are_those_of_the_webui() -> None:
    for name in (
        "DPM++ 2S a Karras",
        "DPM++ 2M SDE Exponential",
        "DPM++ 2M SDE Heun Karras",
        "DPM++ 3M SDE Polyexponential",
        "Euler a SGM Uniform",
        "LMS Karras",
        "DPM2 a Karras",
        "DDIM",
        "UniPC",
        "LCM",
    ):
        assert sampler_named(name).name == name
    assert len(SAMPLERS) == len(set(SAMPLERS))
    assert len({name.casefold() for name in SAMPLERS}) == len(SAMPLERS)


def test_without_a_schedule_levels_are_spaced_evenly_in_training_steps() -> None:
    for name in ("DPM++ 2S a", "DPM++ 2M", "Euler a", "Euler", "DPM++ SDE", "DPM++ 2M SDE"):
        assert sampler_named(name).spacing == "uniform"


def test_automatic_is_the_webuis_own_choice_for_a_sampler() -> None:
    assert sampler_named("DPM++ 2M Automatic").spacing == "karras"
    assert sampler_named("DPM++ 2M SDE Automatic").spacing == "exponential"
    assert sampler_named("Euler a Automatic").spacing == "uniform"
    assert sampler_named("DDIM Automatic").spacing == sampler_named("DDIM").spacing


def test_samplers_with_a_schedule_of_their_own_take_no_other() -> None:
    assert "DDIM Karras" not in SAMPLERS
    assert "UniPC Exponential" not in SAMPLERS


@pytest.mark.parametrize(
    ("sampler", "parts"),
    [
        ("DPM++ 2M Karras", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M SDE Heun SGM Uniform", ("DPM++ 2M SDE Heun", "SGM Uniform")),
        ("Euler a", ("Euler a", "")),
        ("DPM++ 2M", ("DPM++ 2M", "Uniform")),
        ("DPM++ 2M Automatic", ("DPM++ 2M", "Automatic")),
        ("DDIM", ("DDIM", "")),
        ("Somebody's Karras", ("Somebody's Karras", "")),
    ],
)
def test_a_name_comes_apart_as_the_webui_writes_it(sampler: str, parts: tuple[str, str]) -> None:
    assert parted(sampler) == parts


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_written_is_read_as_the_same_sampler(sampler: str) -> None:
    name = joined(*parted(sampler))
    assert name is not None
    one, other = sampler_named(name), sampler_named(sampler)
    assert (one.solver, one.spacing) == (other.solver, other.spacing)


@pytest.mark.parametrize(
    ("sampler", "schedule", "name"),
    [
        ("DPM++ 2M", "Karras", "DPM++ 2M Karras"),
        ("dpm++ 2m", "karras", "DPM++ 2M Karras"),
        ("DPM++ 2M Karras", "", "DPM++ 2M Karras"),
        ("DPM++ 2M Karras", "Karras", "DPM++ 2M Karras"),
        ("DPM++ 2M Karras", "Exponential", None),
        ("DPM++ 2M", "Automatic", "DPM++ 2M Automatic"),
        ("DDIM", "Karras", "DDIM"),
        ("UniPC", "Automatic", "UniPC"),
        ("DDIM", "Nobody's", None),
        ("Euler a", "Align Your Steps", None),
        ("Nobody's", "Karras", None),
    ],
)
def test_the_webuis_two_words_become_a_name(sampler: str, schedule: str, name: str | None) -> None:
    assert joined(sampler, schedule) == name


def test_eta_is_as_said_or_the_samplers_own() -> None:
    assert (eta_of("Euler a"), eta_of("DDIM"), eta_of("DPM++ SDE Karras")) == (1.0, 0.0, 1.0)
    assert (eta_of("DDIM", 0.5), eta_of("Euler a", 0.0)) == (0.5, 0.0)
    assert eta_of("Nobody's") == 1.0


def test_an_unknown_name_is_a_key_error_and_hints_at_a_known_one() -> None:
    with pytest.raises(KeyError, match="Euler b"):
        sampler_named("Euler b")
    with pytest.raises(KeyError, match="Euler b"):
        evaluations("Euler b", 5)
    assert sampler_hint("dpm++ 2s a karras") == "did you mean `DPM++ 2S a Karras`?"
    assert sampler_hint("DPM++ 2Sa Karras") == "did you mean `DPM++ 2S a Karras`?"
    assert sampler_hint("zzz").startswith("there are: DPM++ 2S a, ")
