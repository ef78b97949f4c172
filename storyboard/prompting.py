"""A panel's prompts: templates filled with what the panel, its characters and styles say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from storyboard.errors import Mark, Problems
from storyboard.prompts.compose import join_parts
from storyboard.prompts.lora_tags import LoraTag, LoraTagProblem, take_lora_tags
from storyboard.prompts.templates import Template, TemplateProblem, compile_template
from storyboard.settings import Drawing, level_of
from storyboard.story.model import Appearance, Page, Panel
from storyboard.story.read import StoryFile

TemplateKey = Literal["quality", "prompt", "negative"]


@dataclass(frozen=True, slots=True)
class Composed:
    """`raw` is the prompt as composed; `prompt` is the same without its LoRA tags."""

    raw: str
    prompt: str
    negative: str
    tags: tuple[LoraTag, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel stands in its story: indexes count from 0, `key` is its name or its index."""

    page: int
    key: str | int
    name: str

    @property
    def path(self) -> tuple[str | int, ...]:
        """Its path in the story file."""
        return ("pages", self.page, "panels", self.key)

    @property
    def address(self) -> str:
        """`page.name`, pages counted from 1."""
        return f"{self.page + 1}.{self.name}"


class Prompting:
    """Composes the prompts of one story's panels."""

    def __init__(self, file: StoryFile, problems: Problems) -> None:
        self._file = file
        self._problems = problems

    def compose(self, place: Place, page: Page, panel: Panel, drawing: Drawing) -> Composed | None:
        """The panel's prompts; None after noting what is wrong with them."""
        story = self._file.story
        who = [one.who if isinstance(one, Appearance) else one for one in panel.characters]
        people = [story.characters[name] for name in who if name in story.characters]
        styles = [story.styles[name] for name in drawing.styles if name in story.styles]
        variables: dict[str, Any] = {
            **drawing.variables,
            "vars": drawing.variables,
            "title": story.title,
            "page": place.page + 1,
            "panel": place.name,
            "names": tuple(who),
            "shot": panel.shot,
            "scene": panel.scene,
            "characters": join_parts(person.prompt for person in people),
            "styles": join_parts(style.prompt for style in styles),
        }
        filled: dict[str, str] = {}
        for key in ("quality", "prompt", "negative"):
            text = self._fill(key, getattr(drawing, key), variables, place, page, panel)
            if text is None:
                return None
            filled[key] = variables[key] = text
        negatives = (
            filled["negative"],
            *(p.negative for p in people),
            *(s.negative for s in styles),
        )
        return self._tagged(filled["prompt"], join_parts(negatives), place)

    def _fill(
        self,
        key: TemplateKey,
        source: str,
        variables: Mapping[str, Any],
        place: Place,
        page: Page,
        panel: Panel,
    ) -> str | None:
        try:
            return _template(source).render(variables)
        except TemplateProblem as problem:
            mark = self._template_mark(key, place, page, panel)
            self._problems.add(mark, f"in the template `{key}`: {problem.message}", problem.hint)
            return None

    def _template_mark(self, key: TemplateKey, place: Place, page: Page, panel: Panel) -> Mark:
        level = level_of(key, self._file.story, page, panel)
        paths: tuple[tuple[str | int, ...], ...] = (
            (*place.path, key),
            ("pages", place.page, key),
            (key,),
            place.path,
        )
        return self._file.marks.at(paths[level])

    def _tagged(self, raw: str, negative: str, place: Place) -> Composed | None:
        mark = self._file.marks.at((*place.path, "scene"))
        if "<lora:" in negative.casefold():
            self._problems.add(
                mark,
                f"panel {place.address}: a LoRA tag in a negative prompt does nothing",
                "put it into the prompt; a negative weight there turns a LoRA around",
                "warning",
            )
        try:
            prompt, tags = take_lora_tags(raw)
        except LoraTagProblem as problem:
            self._problems.add(mark, f"panel {place.address}: {problem.message}", problem.hint)
            return None
        return Composed(raw, prompt, negative, tuple(tags))


@cache
def _template(source: str) -> Template:
    return compile_template(source)


def weights_here(appearances: Iterable[str | Appearance]) -> dict[str, float | None]:
    """Each character of a panel with the LoRA weight that it has there, None for its usual one."""
    return {
        one.who if isinstance(one, Appearance) else one: (
            one.weight if isinstance(one, Appearance) else None
        )
        for one in appearances
    }
