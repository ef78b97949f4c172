"""A story in another language: the words of its side file, or those that it says itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from storyboard.arranging import named_panels
from storyboard.compiler import panel_path
from storyboard.errors import Mark, Problem, Problems, ProblemsError
from storyboard.nearest import did_you_mean
from storyboard.story.lettering import Balloon, Caption, Sfx, spoken
from storyboard.story.model import Page, Panel, Story
from storyboard.story.read import StoryFile
from storyboard.story.sidefile import PanelTexts, SideFile, read_side_file, side_path

Spoken = str | dict[str, str]
Kind = Literal["caption", "balloons", "sfx"]
_MOST_TOLD = 20
"""Panels that are told one by one: a file that was just begun has hundreds to go."""
_CALLED: dict[Kind, str] = {"caption": "caption", "balloons": "balloon", "sfx": "sound"}


def translated(file: StoryFile, language: str) -> tuple[StoryFile, tuple[Problem, ...]]:
    """The story with its words in a language too, and a warning for each panel that is not wholly
    translated. Where its words stand is as in the story that was given.

    Raises `ProblemsError` where the side file is wrong, or nothing is said in the language.
    """
    path = side_path(file.path, language)
    side = read_side_file(path) if path.exists() else SideFile(path, "", {})
    translator = _Translator(file, language, side)
    story = translator.story()
    if not path.exists() and not translator.found:
        hint = f"`storyboard translate {file.path} {language}` writes {path.name} to fill"
        message = f"nothing of the story is in {language}"
        raise ProblemsError([Problem(Mark(str(file.path)), message, hint)])
    warnings = translator.problems.all()
    if len(warnings) > _MOST_TOLD:
        more = f"and {len(warnings) - _MOST_TOLD} more panels are not wholly in {language}"
        last = Problem(Mark(str(path)), more, "", "warning")
        warnings = (*warnings[:_MOST_TOLD], last)
    return replace(file, story=story), warnings


def side_file_text(file: StoryFile, language: str) -> str:
    """A side file to fill: all that is said, in the story's order, each text as a comment above
    its empty place. What the story itself says in the language is in its place already."""
    story = file.story
    lines = [
        f"# {_line(story.title)} in {language}. What is left empty is shown as the story has it.",
        f"# {_line(story.title)}",
        'title: ""',
        "panels:",
    ]
    for number, page in enumerate(story.pages, 1):
        for _, name, panel in named_panels(page):
            lines += _panel_lines(f"{number}.{name}", panel, story.language, language)
    return "\n".join(lines) + "\n"


def _panel_lines(address: str, panel: Panel, ours: str, language: str) -> list[str]:
    lines = []
    for kind, texts in texts_of(panel).items():
        lines += [f"    {kind}:"] if texts else []
        for text in texts:
            said = text if isinstance(text, str) else text.get(ours, next(iter(text.values())))
            there = "" if isinstance(text, str) else text.get(language, "")
            lines += [f"      # {_line(said)}", f"      - {json.dumps(there, ensure_ascii=False)}"]
    return [f"  {address}:", *lines] if lines else []


def _line(text: str) -> str:
    """A text as a comment: in one line."""
    return " ".join(text.split())


def texts_of(panel: Panel) -> dict[Kind, list[Spoken]]:
    """What a panel says, by kind and in the story's order."""
    said = panel.caption
    captions = said if isinstance(said, list) else [] if said is None else [said]
    return {
        "caption": [one if isinstance(one, str) else one.text for one in captions],
        "balloons": [spoken(one)[1] for one in panel.balloons],
        "sfx": [one.text for one in panel.sfx],
    }


class _Translator:
    """Puts a side file's words into a story; `found` counts the texts that are in the language."""

    def __init__(self, file: StoryFile, language: str, side: SideFile) -> None:
        self.file, self.language, self.side = file, language, side
        self.problems = Problems()
        self.found = 0

    def story(self) -> Story:
        """The story with the words put in. Raises `ProblemsError` where they do not fit it."""
        story = self.file.story
        self._check_addresses()
        pages = [self._page(number, page) for number, page in enumerate(story.pages, 1)]
        wrong = [one for one in self.problems.all() if one.severity == "error"]
        if wrong:  # what is not translated can wait until then
            raise ProblemsError(wrong)
        return story.model_copy(update={"title": self.side.title or story.title, "pages": pages})

    def _check_addresses(self) -> None:
        known = set(_addresses(self.file.story))
        for address, texts in self.side.panels.items():
            if address not in known:
                hint = did_you_mean(address, known) or "a panel's address is its page and its name"
                self.problems.add(texts.mark, f"the story has no panel {address}", hint)

    def _page(self, number: int, page: Page) -> Page:
        panels = {
            key: self._panel(f"{number}.{name}", panel) for key, name, panel in named_panels(page)
        }
        put = panels if isinstance(page.panels, dict) else list(panels.values())
        return page.model_copy(update={"panels": put})

    def _panel(self, address: str, panel: Panel) -> Panel:
        texts = self.side.panels.get(address)
        said = {
            kind: self._merged(address, kind, ours, texts) for kind, ours in texts_of(panel).items()
        }
        self._tell_untranslated(address, [one for many in said.values() for one in many], texts)
        return _with_words(panel, said)

    def _merged(
        self, address: str, kind: Kind, ours: Sequence[Spoken], texts: PanelTexts | None
    ) -> list[Spoken]:
        words = texts.words.get(kind) if texts is not None else None
        if words is None or words.texts == ("",):
            return list(ours)
        if len(words.texts) != len(ours):
            here, there = _count(len(words.texts), kind), _count(len(ours), kind)
            message = f"panel {address} has {there} in the story, and {here} here"
            self.problems.add(words.mark, message, 'leave "" for what is not translated yet')
            return list(ours)
        return [self._both(one, text) for one, text in zip(ours, words.texts, strict=True)]

    def _both(self, said: Spoken, text: str) -> Spoken:
        if not text:
            return said
        ours = {self.file.story.language: said} if isinstance(said, str) else said
        return {**ours, self.language: text}

    def _tell_untranslated(
        self, address: str, said: Sequence[Spoken], texts: PanelTexts | None
    ) -> None:
        done = sum(isinstance(one, dict) and self.language in one for one in said)
        self.found += done
        if done < len(said):
            path = panel_path(self.file, address)
            mark = texts.mark if texts is not None else self.file.marks.key(path)
            count = f"{done} of {len(said)} texts" if done else "no text"
            message = f"panel {address}: {count} in {self.language}, the rest is shown as it is"
            self.problems.add(mark, message, "", "warning")


def _addresses(story: Story) -> Iterator[str]:
    for number, page in enumerate(story.pages, 1):
        for _, name, _ in named_panels(page):
            yield f"{number}.{name}"


def _count(number: int, kind: Kind) -> str:
    return f"{number} {_CALLED[kind]}{'' if number == 1 else 's'}"


def _with_words(panel: Panel, said: dict[Kind, list[Spoken]]) -> Panel:
    update: dict[str, object] = {
        "balloons": [
            _balloon(balloon, text)
            for balloon, text in zip(panel.balloons, said["balloons"], strict=True)
        ],
        "sfx": [_sound(one, text) for one, text in zip(panel.sfx, said["sfx"], strict=True)],
    }
    if panel.caption is not None:
        ours = panel.caption if isinstance(panel.caption, list) else [panel.caption]
        update["caption"] = [
            _caption(one, text) for one, text in zip(ours, said["caption"], strict=True)
        ]
    return panel.model_copy(update=update)


def _balloon(balloon: Balloon, text: Spoken) -> Balloon:
    return balloon.model_copy(update={spoken(balloon)[0]: text})


def _sound(sound: Sfx, text: Spoken) -> Sfx:
    return sound.model_copy(update={"text": text})


def _caption(caption: str | Caption, text: Spoken) -> str | Caption:
    if isinstance(caption, Caption):
        return caption.model_copy(update={"text": text})
    return text if isinstance(text, str) else Caption(text=text)
