"""A panel's prompts: templates filled with what the panel, its characters and styles say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from storyboard.choosing import Choosing
from storyboard.errors import Mark, Problems
from storyboard.prompts.compose import join_parts
from storyboard.prompts.lora_tags import LoraTag, LoraTagProblem, take_lora_tags
from storyboard.prompts.templates import Template, TemplateProblem, compile_template
from storyboard.prompts.wildcards import Library
from storyboard.sayings import Saying
from storyboard.settings import Drawing, level_of
from storyboard.story.model import Appearance, Page, Panel
from storyboard.story.read import StoryFile

TemplateKey = Literal["quality", "prompt", "negative"]


@dataclass(frozen=True, slots=True)
class Composed:
    """`raw` is the prompt as composed, its wildcards chosen by `seed`; `prompt` is the same without
    its LoRA tags."""

    raw: str
    prompt: str
    negative: str
    tags: tuple[LoraTag, ...]
    seed: int


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

    def __init__(
        self,
        file: StoryFile,
        problems: Problems,
        people: Mapping[str, Saying],
        looks: Mapping[str, Saying],
        wildcards: Library,
    ) -> None:
        """`people` and `looks` are what characters and styles say, by name."""
        self._file = file
        self._problems = problems
        self._people = people
        self._looks = looks
        self._choosing = Choosing(file, wildcards, problems)

    def compose(
        self, place: Place, page: Page, panel: Panel, drawing: Drawing, seed: int
    ) -> Composed | None:
        """The panel's prompts, their wildcards chosen by its `seed`; None after noting what is
        wrong with them."""
        people, styles = self._sayings(panel, drawing)
        variables = self._variables(place, panel, drawing)
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
        prompt = self._choosing.chosen(filled["prompt"], "prompt", seed, place, page, panel)
        negative = self._choosing.chosen(
            join_parts(negatives), "negative", seed, place, page, panel
        )
        if prompt is None or negative is None:
            return None
        return self._tagged(prompt, negative, place, seed)

    def reword(
        self, place: Place, page: Page, panel: Panel, drawing: Drawing, first: Composed
    ) -> Composed | None:
        """The second pass' prompts, where `drawing.final` has its own, from the `first` pass' (as
        composed, LoRA tags and all); None after noting what is wrong with them."""
        variables = self._variables(place, panel, drawing)
        variables["quality"] = self._fill("quality", drawing.quality, variables, place, page, panel)
        variables |= {"prompt": first.raw, "negative": first.negative}
        told = [first.raw, first.negative]
        for index, key in enumerate(("prompt", "negative")):
            source = getattr(drawing.final, key)
            try:
                if source is not None:
                    told[index] = _template(source).render(variables)
            except TemplateProblem as problem:
                self._problems.add(
                    self._final_mark(key, place),
                    f"in the template `final.{key}`: {problem.message}",
                    problem.hint,
                )
                return None
        prompt = self._choosing.chosen(told[0], "prompt", first.seed, place, page, panel)
        negative = self._choosing.chosen(told[1], "negative", first.seed, place, page, panel)
        if prompt is None or negative is None:
            return None
        return self._tagged(prompt, negative, place, first.seed)

    def _final_mark(self, key: str, place: Place) -> Mark:
        """Where the panel, or else its page, or else the story says it."""
        owners: tuple[tuple[str | int, ...], ...] = (place.path, ("pages", place.page), ())
        paths = [(*owner, "final", key) for owner in owners]
        said = (path for path in paths if self._file.marks.node(path) is not None)
        return self._file.marks.at(next(said, place.path))

    def _variables(self, place: Place, panel: Panel, drawing: Drawing) -> dict[str, Any]:
        """What every template of the panel knows."""
        people, styles = self._sayings(panel, drawing)
        return {
            **drawing.variables,
            "vars": drawing.variables,
            "title": self._file.story.title,
            "page": place.page + 1,
            "panel": place.name,
            "names": tuple(_who(panel)),
            "shot": panel.shot,
            "scene": panel.scene,
            "characters": join_parts(person.prompt for person in people),
            "styles": join_parts(style.prompt for style in styles),
        }

    def _sayings(self, panel: Panel, drawing: Drawing) -> tuple[list[Saying], list[Saying]]:
        """What the panel's characters and styles say."""
        people = [self._people[name] for name in _who(panel) if name in self._people]
        return people, [self._looks[name] for name in drawing.styles if name in self._looks]

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

    def _tagged(self, raw: str, negative: str, place: Place, seed: int) -> Composed | None:
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
        return Composed(raw, prompt, negative, tuple(tags), seed)


def _who(panel: Panel) -> list[str]:
    return [one.who if isinstance(one, Appearance) else one for one in panel.characters]


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
