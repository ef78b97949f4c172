"""The schema and the reference say what the models say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from storyboard.story.base import Model
from storyboard.story.model import Story, json_schema
from storyboard.story.reference import reference_markdown
from storyboard.story.shapes import all_models
from storyboard.story.values import BUILT_IN_VARIABLES
from tests.story.stories import EXAMPLE

DOCUMENT = Path(__file__).parents[2] / "docs" / "story-format.md"


def complaints(story: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(json_schema()).iter_errors(story)]


def small(**more: Any) -> dict[str, Any]:
    return {"title": "T", "pages": [{"panels": {"a": {}}}]} | more


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_the_schema_takes_the_formats_example() -> None:
    assert complaints(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "story",
    [
        small(),
        small(title=1984, author=None, style=None, styles={"ink": None}, vars={"x": [1, "a"]}),
        small(pages=[{"panels": [{}, {"caption": ["a", {"text": "b"}]}], "tiers": [1, [2, 1]]}]),
        small(pages=[{"panels": {"梅-1": None, 2: {"size": "448x640"}}}]),
    ],
)
def test_the_schema_takes_what_the_reader_takes(story: dict[str, Any]) -> None:
    with_names = yaml.safe_load(yaml.safe_dump(story, allow_unicode=True))
    text_keys = {str(k): v for k, v in with_names.items()}
    for page in text_keys["pages"]:
        if isinstance(page["panels"], dict):
            page["panels"] = {str(name): panel for name, panel in page["panels"].items()}
    assert complaints(text_keys) == []


@pytest.mark.parametrize(
    "story",
    [
        {},
        small(scen=1),
        small(pages=[]),
        small(pages=[{"panels": {"a": {"scen": 1}}}]),
        small(pages=[{"panels": {"a b": {}}}]),
        small(model={"vea": "x"}),
        small(seed=-1),
        small(reading="up"),
        small(sampler={"steps": 501}),
        small(vars={"x": {"y": 1}}),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(story: dict[str, Any]) -> None:
    assert complaints(story)


def test_the_reference_is_what_the_models_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == reference_markdown()


def test_everything_that_can_be_said_is_described() -> None:
    reference = reference_markdown()
    for model in all_models(Story):
        assert model.__doc__
        assert issubclass(model, Model)
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert f"| `{name}` |" in reference
    for name in BUILT_IN_VARIABLES:
        assert f"| `{name}` |" in reference


def test_links_lead_somewhere() -> None:
    reference = reference_markdown()
    headings = {
        line.lstrip("# ")
        .lower()
        .replace(" ", "-")
        .replace("`", "")
        .replace("'", "")
        .replace(",", "")
        for line in reference.splitlines()
        if line.startswith("## ")
    }
    anchors = {part.split(")")[0] for part in reference.split("](#")[1:]}
    assert anchors <= headings
