"""Captions in the words of authors: shuffled tags, slightly varied."""

from __future__ import annotations

from random import Random

from training.art.spec import Framing, Person, Place, Scene, Style, View

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
    "park": ("park", "park, bench, trees", "in a park, path"),
    "river": ("river", "river, stone bridge", "bridge over a river"),
    "desert": ("desert", "desert, cactus", "dunes, sand, cactus"),
    "castle": ("castle", "castle, towers", "castle on a hill"),
    "classroom": ("classroom", "classroom, blackboard", "school, classroom, desks"),
    "cafe": ("cafe", "coffee shop, cafe", "cafe, counter"),
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
    "fog": ("fog", "foggy", "mist"),
    "falling leaves": ("falling leaves", "autumn, falling leaves", "autumn leaves, fall"),
}
VIEWS: dict[View, tuple[str, ...]] = {
    View.FRONT: ("", "", "", "looking at viewer", "facing viewer"),
    View.SIDE: ("from side", "profile", "side view, profile"),
    View.BACK: ("from behind", "back view", "from behind, facing away"),
}
POSES: dict[str, tuple[str, ...]] = {
    "standing": ("", "", "standing"),
    "waving": ("waving", "waving hand"),
    "arms up": ("arms up", "cheering, arms up", "arms raised"),
    "hands on hips": ("hands on hips", "hand on hip"),
    "pointing": ("pointing", "pointing finger", "pointing aside"),
    "sitting": ("sitting", "sitting on a stool"),
    "running": ("running", "run, running"),
}
STYLES: dict[Style, tuple[str, ...]] = {
    Style.COLOR: ("comic", "comic art", "flat color"),
    Style.MANGA: ("ink drawing, screentone",),
    Style.WATERCOLOR: ("watercolor, soft colors",),
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
        if not (scene.animal or scene.thing or scene.vehicle):
            tags.append("scenery")
            if random.random() < 0.4:
                tags.append("wide shot")
    tags += _object_tags(scene, random)
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


def _object_tags(scene: Scene, random: Random) -> list[str]:
    tags = []
    if scene.thing:
        tags += [scene.thing, "on a table"]
        if random.random() < 0.7:
            tags.append("close-up")
    if scene.vehicle:
        tags.append(scene.vehicle)
    if scene.animal:
        kind, coat = scene.animal.kind, scene.animal.coat
        word = random.choice((kind, f"{coat} {kind}", f"{coat} {kind}"))
        tags.append(f"{word}, animal" if random.random() < 0.2 else word)
    return tags


def _people_tags(scene: Scene, random: Random, trigger: str) -> list[str]:
    people = scene.people
    if not people:
        return []
    if len(people) == 2:
        return _pair_tags(people, random)
    person = people[0]
    tags = [random.choice(("1boy", "1boy", "boy") if person.boy else ("1girl", "1girl", "girl"))]
    if not trigger:
        tags += _looks(person, random)
    elif random.random() < 0.35:
        tags += [f"{person.outfit_color} {person.outfit}"]
    if person.view is not View.BACK:
        tags.append(random.choice(EXPRESSIONS[person.expression]))
    tags.append(random.choice(VIEWS[person.view]))
    return tags + _doing(person, random)


def _doing(person: Person, random: Random) -> list[str]:
    """What a person does and holds."""
    tags = [random.choice(POSES[person.pose])]
    if person.prop:
        word = person.prop
        if word == "lantern":
            word = random.choice(("lantern", "lantern", "glowing lantern"))
        tags.append(random.choice(("holding {}", "holding a {}", "{}")).format(word))
    return tags


def _pair_tags(people: tuple[Person, ...], random: Random) -> list[str]:
    """Two people: each one's words stay together, from left to right, as authors write them."""
    boys = sum(person.boy for person in people)
    tags = [{0: "2girls", 1: "1girl, 1boy", 2: "2boys"}[boys]]
    if random.random() < 0.3:
        tags.append("two people")
    sided = random.random() < 0.5
    described = []
    for person, side in zip(people, ("on the left", "on the right"), strict=True):
        who = "boy" if person.boy else "girl"
        words = f"{who}, {person.hair} hair, {person.outfit_color} {person.outfit}"
        if random.random() < 0.4:
            words += f", {random.choice(EXPRESSIONS[person.expression])}"
        described.append(f"{words} {side}" if sided else words)
    return [*tags, ", ".join(described)]


def _looks(person: Person, random: Random) -> list[str]:
    hair = random.choice(COLOR_WORDS.get(person.hair, (person.hair,)))
    words = () if person.boy else STYLE_WORDS.get(person.hair_style, ())
    style = random.choice(words or (person.hair_style,))
    if random.random() < 0.35 and style.endswith("hair"):
        tags = [f"{style.removesuffix(' hair')} {hair} hair"]
    else:
        tags = [f"{hair} hair", style]
    if person.view is not View.BACK and (random.random() < 0.75 or person.skin == "dark"):
        tags.append(f"{person.skin} skin")
    seen = person.view is not View.BACK and person.expression not in ("laughing", "closed eyes")
    if seen and random.random() < 0.6:
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
