"""The pinned prompts: an author's words, and what must then be seen."""

from __future__ import annotations

from collections import Counter

from benchmarks.attributes import CLASSES
from benchmarks.measures.identity import scenes_of
from benchmarks.panels import COUNTS
from benchmarks.prompts import asked

ALL = [asked(number) for number in range(240)]


def test_the_prompts_of_a_number_never_change_in_a_run() -> None:
    assert asked(7) == asked(7)
    assert asked(7) != asked(8)


def test_every_class_that_is_expected_exists() -> None:
    for one in ALL:
        for name, word in one.classes.items():
            assert word in CLASSES[name]


def test_what_is_expected_is_said() -> None:
    for one in ALL:
        words = f"{one.panel.shot}, {one.panel.scene}"
        for name in ("hair", "outfit", "outfit color", "weather", "skin", "pose"):
            if name in one.classes:
                assert one.classes[name] in words


def test_each_attribute_is_asked_for_often_enough_to_be_a_figure() -> None:
    asked_for = Counter(name for one in ALL for name in one.classes)
    for name in ("hair", "framing", "people", "place", "expression", "skin"):
        assert asked_for[name] >= 80
    assert asked_for["pose"] >= 40
    assert "identity" not in asked_for


def test_all_hair_colours_places_and_counts_come_up() -> None:
    for name in ("hair", "place", "people", "expression", "framing"):
        assert {one.classes.get(name) for one in ALL} >= set(CLASSES[name])


def test_a_character_s_scenes_say_nothing_of_its_looks() -> None:
    looks = ("hair", "skin", "raincoat", "hoodie", "jacket", "scarf", "glasses", "star")
    for name in COUNTS:
        for panel in scenes_of(name, 40, 1.0):
            assert not any(word in panel.scene for word in looks)
            assert panel.characters == ((name, 1.0),)


def test_a_character_s_scenes_are_the_same_at_every_weight() -> None:
    low, high = scenes_of("mei", 40, 0.0), scenes_of("mei", 40, 1.25)
    assert [(p.scene, p.seed, p.cell) for p in low] == [(p.scene, p.seed, p.cell) for p in high]
