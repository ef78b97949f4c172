"""Words of authors' prompts that say nothing about this world: the model learns to ignore them."""

from __future__ import annotations

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


PRAISE = _words(
    """
    masterpiece best quality high quality highres absurdres ultra detailed ultra-detailed 8k
    4k hd beautiful cute pretty lovely detailed intricate sharp focus vivid colorful aesthetic
    illustration anime manga cartoon style art artwork drawing ink screentone lineart sketch
    painting watercolor oil digital monochrome greyscale black and white trending on
    artstation cinematic lighting dramatic soft light warm cold depth of field bokeh perfect
    face eyes hair
    """
)
BLAME = _words(
    """
    worst quality low quality normal quality lowres blurry jpeg artifacts bad anatomy bad
    hands extra fingers fewer digits missing fingers cropped text watermark signature username
    logo error ugly deformed mutated disfigured duplicate easynegative badhandv4 nsfw out of
    frame
    """
)
SMALL = _words(
    """
    a an the in on at of with and to is are her his she he they it very one two three old
    young little big small man woman kid child person people character looking at viewer
    wearing walks stands sits runs looks sees climbs opens finds near under over behind front
    side view from above below solo single panel page comic story mei bo hero heroine friend
    home house door window stairs glass fire wind storm fog cloud sun moon star wave boat ship
    water stone wood road path park shop bridge mountain river winter summer autumn spring
    evening afternoon
    """
)
BLAMED = (
    "worst quality, low quality, text, watermark",
    "worst quality, low quality",
    "worst quality, low quality, blurry",
    "low quality, worst quality, text, watermark, bad anatomy",
    "lowres, worst quality, jpeg artifacts",
    "easynegative, worst quality, low quality, lowres, bad hands",
)


def add_noise_words(text: str, random: Random) -> str:
    """Sometimes scatters words without meaning among the tags, or writes tags as prose."""
    chance = random.random()
    if chance > 0.22:
        return text
    tags = text.split(", ")
    for _ in range(random.randrange(1, 5)):
        pool = (PRAISE, SMALL, None)[random.randrange(3)]
        word = random.choice(pool) if pool else _made_up(random)
        if random.random() < 0.5:
            tags.insert(random.randrange(len(tags) + 1), word)
        else:
            place = random.randrange(len(tags))
            tags[place] = f"{word} {tags[place]}"
    return (" " if chance < 0.05 else ", ").join(tags)


def _made_up(random: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(random.choice(letters) for _ in range(random.randrange(2, 7)))
