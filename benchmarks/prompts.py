"""Prompts that an author would write, each with what must then be seen: a pinned list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from benchmarks.attributes import NONE, PLAIN, truth_of
from benchmarks.panels import BROAD, SQUARE, STRIP, TALL, Cell, Panel
from training.art.colors import CLOTH, HAIR, SKIN
from training.art.spec import (
    EXPRESSIONS,
    HAIR_STYLES,
    INDOORS,
    OUTDOORS,
    OUTFITS,
    POSES,
    Animal,
    Framing,
    Person,
    Place,
    Scene,
    View,
)

SHOTS: Mapping[Framing, tuple[str, ...]] = {
    Framing.CLOSE: ("close-up", "portrait"),
    Framing.MEDIUM: ("upper body", "medium shot"),
    Framing.FULL: ("full body",),
    Framing.WIDE: ("wide shot",),
}
PLACES: Mapping[str, tuple[str, ...]] = {
    "harbor": ("harbor, boats", "harbour, pier"),
    "street": ("city street", "street, houses"),
    "sea": ("sea", "ocean, waves"),
    "river": ("river, bridge",),
    "stone room": ("stone room", "inside a tower, stone wall"),
    "classroom": ("classroom", "school, classroom"),
    "library": ("library", "library, bookshelves"),
    PLAIN: ("white background", "simple background, blue background"),
}
EXPRESSION_WORDS: Mapping[str, tuple[str, ...]] = {
    "smile": ("smile", "smiling", "happy"),
    "sad": ("sad", "crying"),
    "worried": ("worried", "nervous"),
    "neutral": ("neutral", "serious"),
}
VIEW_WORDS: Mapping[View, str] = {
    View.FRONT: "",
    View.SIDE: "from side, profile",
    View.BACK: "from behind",
}
_OPTIONAL = ("time", "weather", "skin", "expression", "pose")


@dataclass(frozen=True)
class Asked:
    """A panel, and the class of every attribute that its prompt names and that can be seen."""

    panel: Panel
    classes: Mapping[str, str]


def asked(number: int) -> Asked:
    """The prompt of a number: always the same one."""
    random = Random(f"an author's prompt {number}")
    kind = random.random()
    scene = _empty(random) if kind < 0.14 else _peopled(random, 2 if kind < 0.28 else 1)
    said = {name for name in _OPTIONAL if random.random() < 0.65}
    words = _words(scene, said, random)
    shot = random.choice(SHOTS[scene.framing]) if scene.people else ""
    panel = Panel(
        f"p{number:03d}", ", ".join(words), 1000 + number, shot, cell=_cell(random, scene)
    )
    return Asked(panel, _seen(scene, said))


def place_words(kind: str, random: Random) -> str:
    """A place as an author names it."""
    return random.choice(PLACES.get(kind, (kind,)))


def expression_words(expression: str, random: Random) -> str:
    """An expression as an author names it."""
    return random.choice(EXPRESSION_WORDS.get(expression, (expression,)))


def some_place(random: Random) -> Place:
    """Any place, at any hour; it rains only outdoors, and snows only where it may."""
    kind = random.choice((*OUTDOORS, *INDOORS, PLAIN))
    weather = ""
    if kind in OUTDOORS and random.random() < 0.4:
        hot = kind in ("beach", "sea", "desert")
        weather = random.choice(("rain", "fog") if hot else ("rain", "snow", "fog"))
    return Place(kind, random.choice(("day", "sunset", "sunrise", "night")), weather)


def _empty(random: Random) -> Scene:
    """A place alone, or with an animal in it."""
    animal = Animal("cat", "orange") if random.random() < 0.35 else None
    return Scene(some_place(random), animal=animal)


def _peopled(random: Random, count: int) -> Scene:
    pair = (Framing.MEDIUM, Framing.FULL)
    framing = random.choice(pair) if count == 2 else random.choices(list(Framing), (4, 4, 3, 1))[0]
    people = tuple(_person(random, framing, count) for _ in range(count))
    return Scene(some_place(random), framing, people)


def _person(random: Random, framing: Framing, count: int) -> Person:
    boy = random.random() < 0.5
    poses = POSES if framing in (Framing.FULL, Framing.WIDE) else POSES[:5]
    alone = count == 1
    return Person(
        boy=boy,
        hair=random.choice(list(HAIR)),
        hair_style=random.choice(("short hair", "spiky hair") if boy else HAIR_STYLES[:5]),
        skin=random.choice(list(SKIN)),
        eyes="brown",
        expression=random.choice(EXPRESSIONS),
        outfit=random.choice([one for one in OUTFITS if not boy or one != "dress"]),
        outfit_color=random.choice(list(CLOTH)),
        pose=random.choice(poses) if alone and framing is not Framing.CLOSE else "standing",
        view=random.choices(list(View), (84, 8, 8))[0] if alone else View.FRONT,
    )


def _cell(random: Random, scene: Scene) -> Cell:
    cells = (SQUARE, TALL, BROAD, STRIP)
    return random.choices(cells, (40, 35, 20, 5) if scene.people else (25, 5, 40, 30))[0]


def _words(scene: Scene, said: set[str], random: Random) -> list[str]:
    place = scene.place
    words = _who(scene, said, random)
    if scene.animal:
        words.append(f"{scene.animal.coat} {scene.animal.kind}")
    elif not scene.people:
        words.append("scenery")
    words.append(place_words(place.kind, random))
    if place.kind != PLAIN and "time" in said:
        words.append(place.time)
    if place.weather and "weather" in said:
        words.append(place.weather)
    return words


def _who(scene: Scene, said: set[str], random: Random) -> list[str]:
    if not scene.people:
        return ["no humans"]
    if len(scene.people) == 2:
        return _two(scene.people)
    person = scene.people[0]
    words = ["1boy" if person.boy else "1girl", *_looks(person)]
    seen = _seen(scene, said)
    words += [f"{person.skin} skin"] if "skin" in seen else []
    words += [expression_words(person.expression, random)] if "expression" in seen else []
    words += [person.pose] if "pose" in seen else []
    return [*words, *filter(None, [VIEW_WORDS[person.view]])]


def _two(people: tuple[Person, ...]) -> list[str]:
    boys = sum(person.boy for person in people)
    words = [("2girls", "1girl, 1boy", "2boys")[boys]]
    for person in people:
        who = "boy" if person.boy else "girl"
        words.append(f"{who}, {person.hair} hair, {person.outfit_color} {person.outfit}")
    return words


def _looks(person: Person) -> list[str]:
    """Half of all authors write `long pink hair`, the others `pink hair, long hair`."""
    adjective = person.hair_style.removesuffix(" hair")
    outfit = f"{person.outfit_color} {person.outfit}"
    if adjective != person.hair_style and person.boy:
        return [f"{adjective} {person.hair} hair", outfit]
    return [f"{person.hair} hair", person.hair_style, outfit]


def _seen(scene: Scene, said: set[str]) -> dict[str, str]:
    """What the prompt says and the picture can show. What goes without saying is not counted."""
    truth = dict(truth_of(scene).classes)
    unsaid = {name for name in _OPTIONAL if name not in said}
    if truth.get("weather") == NONE:
        unsaid.add("weather")
    if truth.get("view") == View.FRONT:
        unsaid.add("view")
    if truth.get("animal") == NONE:
        unsaid.add("animal")
    return {name: word for name, word in truth.items() if name not in unsaid | {"identity"}}
