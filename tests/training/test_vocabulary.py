"""The words that inkling's card tells are those that its captions teach."""

from __future__ import annotations

from storyboard.models.vocabulary import read_vocabulary
from storyboard.prompts.words import words_in
from training.art.captions import EXPRESSIONS
from training.art.sampling import sample_picture
from training.vocabulary import vocabulary

SAMPLES = 1500


def test_every_word_that_captions_use_often_is_told() -> None:
    known = read_vocabulary(vocabulary(SAMPLES))
    assert known is not None
    counts: dict[str, int] = {}
    for seed in range(SAMPLES, 2 * SAMPLES):
        for word in set(words_in(sample_picture(seed).caption)):
            counts[word] = counts.get(word, 0) + 1
    assert {word for word, count in counts.items() if count > 20} <= known.words


def test_the_tables_of_the_art_are_groups_and_their_tags_stand_once() -> None:
    groups = vocabulary(SAMPLES)
    assert {"people", "hair", "expressions", "outfits", "places", "framing"} <= groups.keys()
    assert all(len(tags) == len(set(tags)) > 0 for tags in groups.values())
    tags = {tag.strip() for row in EXPRESSIONS.values() for text in row for tag in text.split(",")}
    assert set(groups["expressions"]) == tags - {""}


def test_words_that_are_never_taught_are_not_promised() -> None:
    few = vocabulary(40)
    taught = {word for seed in range(40) for word in words_in(sample_picture(seed).caption)}
    told = {word for name, tags in few.items() if name != "filler" for tag in tags
            for word in words_in(tag)}  # fmt: skip
    assert told <= taught
