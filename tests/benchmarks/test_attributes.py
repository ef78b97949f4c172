"""The truth of a scene: told where it can be seen, left out where no eye could tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from benchmarks.attributes import CLASSES, NAMED, truth_of
from training.art.spec import Animal, Framing, Marks, Person, Place, Scene, Style, View

GIRL = Person(
    boy=False,
    hair="red",
    hair_style="ponytail",
    skin="tan",
    eyes="blue",
    expression="angry",
    outfit="dress",
    outfit_color="teal",
    pose="waving",
)
ALONE = Scene(Place("park", "night", "snow"), Framing.MEDIUM, (GIRL,))


def truth(scene: Scene, who: str = "nobody") -> Mapping[str, str]:
    return truth_of(scene, who).classes


def posed(framing: Framing, pose: str) -> Scene:
    return replace(ALONE, framing=framing, people=(replace(GIRL, pose=pose),))


def test_everything_is_told_of_one_person_in_a_place() -> None:
    assert truth(ALONE) == {
        "people": "1",
        "framing": "upper body",
        "view": "front",
        "hair": "red",
        "hair style": "ponytail",
        "skin": "tan",
        "expression": "angry",
        "pose": "waving",
        "outfit": "dress",
        "outfit color": "teal",
        "place": "park",
        "time": "night",
        "weather": "snow",
        "animal": "none",
        "identity": "nobody",
    }


def test_every_word_of_a_truth_is_a_class() -> None:
    for name, word in truth(ALONE).items():
        assert word in CLASSES[name]
    assert set(NAMED) <= set(CLASSES)


def test_numbers_stand_in_the_classes_order_and_hide_what_is_not_seen() -> None:
    found = truth_of(Scene(Place("sea"))).numbers()
    assert len(found) == len(CLASSES)
    by_name = dict(zip(CLASSES, found, strict=True))
    assert by_name["people"] == 0
    assert by_name["hair"] == by_name["framing"] == by_name["expression"] == -1


@pytest.mark.parametrize("name", ["expression", "skin", "hair style", "identity"])
def test_from_behind_a_face_is_not_told(name: str) -> None:
    behind = replace(ALONE, people=(replace(GIRL, view=View.BACK),))
    assert name not in truth(behind)
    assert truth(behind)["hair"] == "red"


@pytest.mark.parametrize("name", ["expression", "identity", "pose", "outfit"])
def test_from_afar_small_things_are_not_told(name: str) -> None:
    assert name not in truth(replace(ALONE, framing=Framing.WIDE))


@pytest.mark.parametrize("name", ["pose", "outfit", "outfit color", "place", "weather"])
def test_a_close_up_shows_a_head_alone(name: str) -> None:
    assert name not in truth(replace(ALONE, framing=Framing.CLOSE))


@pytest.mark.parametrize("pose", ["sitting", "running"])
def test_legs_are_told_where_they_are_seen(pose: str) -> None:
    assert "pose" not in truth(posed(Framing.MEDIUM, pose))
    assert truth(posed(Framing.FULL, pose))["pose"] == pose


def test_black_and_white_shows_who_is_there_and_how_near() -> None:
    inked = truth(replace(ALONE, style=Style.MANGA), "mei")
    assert inked == {"people": "1", "framing": "upper body", "view": "front", "identity": "mei"}


def test_of_two_people_only_their_number_is_told() -> None:
    two = truth(replace(ALONE, people=(GIRL, GIRL)))
    assert two["people"] == "2"
    assert not {"hair", "expression", "pose", "view", "framing"} & set(two)
    assert two["identity"] == "nobody"


def test_indoors_the_sky_is_not_told() -> None:
    inside = truth(replace(ALONE, place=Place("kitchen", "night", "rain")))
    assert inside["place"] == "kitchen"
    assert not {"time", "weather"} & set(inside)


def test_fog_hides_the_place_behind_somebody() -> None:
    foggy = Place("park", "night", "fog")
    assert "place" not in truth(replace(ALONE, place=foggy))
    assert truth(Scene(foggy))["place"] == "park"


def test_a_thing_on_a_table_hides_the_place() -> None:
    table = truth(Scene(Place("kitchen"), Framing.CLOSE, thing="cup"))
    assert not {"place", "time", "weather", "framing"} & set(table)


def test_a_character_is_told_by_name_and_its_own_hair_has_no_colours_name() -> None:
    bo = replace(GIRL, marks=Marks(hair_rgb=(134, 236, 196)))
    found = truth(replace(ALONE, people=(bo,)), "bo")
    assert found["identity"] == "bo"
    assert "hair" not in found


def test_an_animal_is_told() -> None:
    assert truth(Scene(Place("park"), animal=Animal("dog", "brown")))["animal"] == "dog"
