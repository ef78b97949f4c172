"""Captions in the words of authors: shuffled tags, slightly varied."""

from __future__ import annotations

from random import Random

from training.art.spec import Framing, Person, Place, Scene, Style

EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "smile": ("smile", "smiling", "gentle smile", "happy"),
    "laughing": ("laughing", "happy, laughing", "open mouth, happy", "big smile, closed eyes"),
    "sad": ("sad", "crying", "sad, tears"),
    "worried": ("worried", "nervous", "worried look"),
    "angry": ("angry", "frowning", "angry look"),
    "surprised": ("surprised", "surprised, open mouth", "shocked"),
    "closed eyes": ("closed eyes", "eyes closed", "sleepy, closed eyes", "sleeping"),
    "neutral": ("neutral", "serious", "calm", "expressionless"),
}
FRAMINGS: dict[Framing, tuple[str, ...]] = {
    Framing.CLOSE: ("close-up", "close up", "portrait", "face, close-up"),
    Framing.MEDIUM: ("upper body", "medium shot"),
    Framing.FULL: ("full body", "standing, full body"),
    Framing.WIDE: ("wide shot", "wide shot, from afar"),
}
PLACES: dict[str, tuple[str, ...]] = {
    "harbor": (
        "harbor, sea, boats, pier",
        "harbour, boats",
        "pier, sea",
        "on a pier, harbor",
        "dock, boats, harbor",
    ),
    "lighthouse": ("lighthouse, cliff, sea", "lighthouse", "lighthouse on a cliff"),
    "sea": ("sea", "ocean, waves", "sea, horizon"),
    "beach": ("beach, sea", "beach, palm tree", "beach, sand"),
    "street": ("city street", "street, buildings", "town, street", "city, houses, street lamp"),
    "forest": ("forest", "forest, trees", "in the woods, pine trees"),
    "meadow": ("meadow, hills", "meadow, flowers", "field, tree, grass"),
    "mountains": ("mountains", "snowy mountains", "mountains, pine trees"),
    "kitchen": ("kitchen", "kitchen, window", "in a kitchen, pot, shelf"),
    "bedroom": ("bedroom", "bedroom, bed, window", "bed, curtains"),
    "library": ("library", "library, bookshelves", "bookshelf"),
    "stone room": (
        "stone room",
        "stone room, window",
        "inside a tower, stone wall",
        "inside a lighthouse, stone room, stairs",
    ),
}
TIMES: dict[str, tuple[str, ...]] = {
    "day": ("day", "daytime", "blue sky"),
    "sunset": ("sunset", "dusk", "evening, dusk"),
    "sunrise": ("sunrise", "dawn", "morning, sunrise"),
    "night": ("night", "night sky, stars", "night"),
}
WET: dict[str, tuple[str, ...]] = {
    "rain": ("rain", "raining", "rainy"),
    "snow": ("snow", "snowing", "snow, winter"),
}
STYLES: dict[Style, tuple[str, ...]] = {
    Style.COLOR: ("comic", "comic art", "flat color"),
    Style.MANGA: ("ink drawing, screentone",),
}
STYLE_WORDS = {
    "short hair": ("short hair", "bob cut", "short hair"),
    "twintails": ("twintails", "twin tails"),
}
COLOR_WORDS = {"blonde": ("blonde", "blond", "yellow")}


def caption(scene: Scene, random: Random, quality: str = "", trigger: str = "") -> str:
    """The tags of a scene in shuffled order; a trigger comes first."""
    tags = _people_tags(scene, random, trigger) + _place_tags(scene.place, random)
    if scene.people:
        tags.append(random.choice(FRAMINGS[scene.framing]))
    else:
        tags += ["no humans"]
        if not scene.cat and not scene.thing:
            tags.append("scenery")
            if random.random() < 0.4:
                tags.append("wide shot")
    if scene.thing:
        tags += [f"{scene.thing}", "on a table"]
        if random.random() < 0.7:
            tags.append("close-up")
    if scene.cat:
        word = random.choice(("cat", f"{scene.cat} cat", f"{scene.cat} cat"))
        tags.append(
            word if not scene.people else f"{word}, animal" if random.random() < 0.3 else word
        )
    if random.random() < 0.25:
        tags.append(random.choice(STYLES[Style.COLOR]))
    tags = [tag for tag in tags if tag]
    random.shuffle(tags)
    # The subject mostly leads, as in prompts that people write.
    lead = [tag for tag in tags if tag.startswith(("1girl", "1boy", "2", "no humans", "1 girl"))]
    if random.random() < 0.7:
        tags = lead + [tag for tag in tags if tag not in lead]
    if quality:
        tags.insert(0 if random.random() < 0.6 else len(tags), quality)
    return ", ".join(([trigger] if trigger else []) + tags)


def _people_tags(scene: Scene, random: Random, trigger: str) -> list[str]:
    people = scene.people
    if not people:
        return []
    if len(people) == 2:
        boys = sum(person.boy for person in people)
        counts = {0: "2girls", 1: "1girl, 1boy", 2: "2boys"}[boys]
        return [counts] + [tag for person in people for tag in _short_tags(person, random)]
    person = people[0]
    tags = [random.choice(("1boy", "1boy", "boy") if person.boy else ("1girl", "1girl", "girl"))]
    if not trigger:
        tags += _looks(person, random)
    elif random.random() < 0.35:
        tags += [f"{person.outfit_color} {person.outfit}"]
    tags.append(random.choice(EXPRESSIONS[person.expression]))
    if person.pose == "waving":
        tags.append(random.choice(("waving", "waving hand")))
    elif scene.framing in (Framing.FULL, Framing.WIDE) and random.random() < 0.4:
        tags.append("standing")
    if person.prop:
        article = random.choice(("holding {}", "holding a {}", "{}"))
        word = person.prop
        if person.prop == "lantern":
            word = random.choice(("lantern", "lantern", "glowing lantern"))
        tags.append(article.format(word))
    return tags


def _short_tags(person: Person, random: Random) -> list[str]:
    return [f"{person.hair} hair", f"{person.outfit_color} {person.outfit}"]


def _looks(person: Person, random: Random) -> list[str]:
    hair = random.choice(COLOR_WORDS.get(person.hair, (person.hair,)))
    words = () if person.boy else STYLE_WORDS.get(person.hair_style, ())
    style = random.choice(words or (person.hair_style,))
    if random.random() < 0.35 and style.endswith("hair"):
        tags = [f"{style.removesuffix(' hair')} {hair} hair"]
    else:
        tags = [f"{hair} hair", style]
    if random.random() < 0.75 or person.skin == "dark":
        tags.append(f"{person.skin} skin")
    if person.expression not in ("laughing", "closed eyes") and random.random() < 0.6:
        tags.append(f"{person.eyes} eyes")
    tags.append(f"{person.outfit_color} {person.outfit}")
    if person.scarf:
        tags.append(f"{person.scarf} scarf")
    return tags


def _place_tags(place: Place, random: Random) -> list[str]:
    if place.kind == "plain":
        color = place.color or "white"
        return [random.choice((f"{color} background", f"simple background, {color} background"))]
    tags = [random.choice(PLACES[place.kind])]
    told = place.time != "day" or random.random() < 0.5
    if told and (not place.indoors or place.time == "night" or random.random() < 0.6):
        tags.append(random.choice(TIMES[place.time]))
    if place.weather:
        tags.append(random.choice(WET[place.weather]))
    if place.kind == "lighthouse":
        on = ("shining light", "beam of light", "glowing light, beam of light", "light on")
        off = ("dark", "light off", "no light", "")
        tags.append(random.choice(on if place.light_on else off))
    return tags
