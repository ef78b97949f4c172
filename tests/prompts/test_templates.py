"""Templates put values in and choose; they cost little, whatever they say, and run nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.prompts.templates import TemplateProblem, Value, compile_template
from tests.support.peaks import peak

VALUES: dict[str, Value] = {
    "shot": "wide shot",
    "characters": "mei, 1girl",
    "scene": "rain,, {{ shot }} {a|b},",
    "styles": "",
    "quality": "(best)",
    "names": ("mei", "bob"),
    "page": 2,
    "weight": 0.5,
    "night": True,
    "vars": {"season": "autumn", "words": ("x", "y")},
}


def render(source: str, **more: Value) -> str:
    return compile_template(source).render(VALUES | more)


def refusal(source: str, **more: Value) -> TemplateProblem:
    start = time.process_time()
    with pytest.raises(TemplateProblem) as raised:
        render(source, **more)
    assert time.process_time() - start < 2
    return raised.value


@pytest.mark.parametrize(
    ("source", "prompt"),
    [
        ("{{ shot }}, {{ styles }}, {{ quality }}", "wide shot, (best)"),
        ("{{ scene }}, {{ quality }}", "rain,, {{ shot }} {a|b},, (best)"),
        ("{{ names }}", "mei, bob"),
        ("{{ page }} {{ weight }} {{ night }}", "2 0.5 true"),
        ("{{ vars.season }}, {{ vars['season'] }}, {{ vars.words[1] }}", "autumn, autumn, y"),
        ("{{ names[0] }} {{ names[-1] }}", "mei bob"),
        ("{% if names | length > 1 %}two{% else %}one{% endif %}", "two"),
        ("{% if 'mei' in names and not page == 1 %}x{% endif %}", "x"),
        ("{{ shot if night else scene }}", "wide shot"),
        ("{% for name in names %}{{ name }}, {% endfor %}{{ styles }}", "mei, bob"),
        (
            "{% for n in names %}{{ n }}{% if not loop.last %} & {% endif %}{% endfor %}",
            "mei & bob",
        ),
        ("{{ names | join(' and ') }}", "mei and bob"),
        ("{{ shot | upper }} {{ shot | title }} {{ names | first }}", "WIDE SHOT Wide Shot mei"),
        ("{{ shot | replace('wide', 'long') | trim }}", "long shot"),
        ("{{ unknown | default('x') }}, {{ vars.no | default(shot) }}", "x, wide shot"),
        ("{{ styles | default('none', true) }}", "none"),
        ("{% if unknown is defined %}{{ unknown }}{% endif %}x", "x"),
        ("{% if lipsum is defined %}{{ lipsum }}{% endif %}x", "x"),  # Jinja2's own
        ("{# a note #}{{ shot }}", "wide shot"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        (
            "{{ shot }},\n{% if styles %}\n{{ styles }},\n{% endif %}\n{{ quality }}\n",
            "wide shot,\n(best)",
        ),
        ("({{ styles }}:1.2), {a|b}, [c:d:0.5], <lora:x:1>", "{a|b}, [c:d:0.5], <lora:x:1>"),
    ],
)
def test_a_template_puts_values_in_and_chooses(source: str, prompt: str) -> None:
    assert render(source) == prompt


def test_values_are_never_templates() -> None:
    assert render("{{ scene }}", scene="{{ 7 * 7 }}{% for %}") == "{{ 7 * 7 }}{% for %}"


def test_a_template_names_its_variables() -> None:
    source = "{{ shot }}{% for n in names %}{{ n }}{% endfor %}{{ x | default(y) }}{{ vars.z }}"
    template = compile_template(source)
    assert template.names == {"shot", "names", "y", "vars"}
    assert template.optional == {"x"}


def test_equal_sources_are_compiled_once() -> None:
    assert compile_template("{{ shot }}!") is compile_template("{{ shot }}" + "!")


@pytest.mark.parametrize(
    ("source", "message", "hint", "line"),
    [
        ("{{ scen }}", "there is no variable `scen`", "did you mean `scene`?", 1),
        ("a\n{% if page > 5 %}\n{{ scen }}{% endif %}", "there is no variable `scen`", "scene", 3),
        ("{{ vars.seasn }}", "there is no variable `seasn` (did you mean `season`?)", "", 1),
        ("{{ xyz }}", "there is no variable `xyz`", "say it under `vars`", 1),
        ("{{ shot | uper }}", "there is no filter `uper`", "did you mean `upper`?", 1),
        ("{{ shot", "this is not a template: unexpected end of template", "{{ name }}", 1),
        ("a\n{% if shot %}", "`{% if %}` is never closed by `{% endif %}`", "", 2),
        ("a\nb\n{% if shot < 1 %}{% endif %}", "the template asks of a value what", "'<'", 3),
        ("{{ names[2] }}", "a list of 2 has no item 2", "", 1),
        ("{{ vars }}", "a template can print texts, numbers and lists only", "", 1),
        (
            "{% for n in shot %}{{ n }}{% endfor %}",
            "a loop goes over a list, not over a text",
            "",
            1,
        ),
        (
            "{% for n in vars %}{{ n }}{% endfor %}",
            "a loop goes over a list, not over named",
            "",
            1,
        ),
        ("{% for n in page %}{% endfor %}", "the template asks of a value what", "iterable", 1),
    ],
)
def test_a_mistake_is_told_with_its_line(source: str, message: str, hint: str, line: int) -> None:
    problem = refusal(source)
    assert problem.message.startswith(message)
    assert hint in problem.hint
    assert problem.line == line


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'x'.ljust(900000000) }}",
        "{{ 'x' * 900000000 }}",
        "{{ 'x' ~ 'y' }}",
        "{{ shot + shot }}",
        "{{ '%900000000d' % page }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% set x = shot %}",
        "{% set x %}a{% endset %}",
        "{% macro f() %}{{ f() }}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with x = 1 %}{{ x }}{% endwith %}",
        "{% call f() %}{% endcall %}",
        "{% autoescape true %}{% endautoescape %}",
        "{{ shot.upper() }}",
        "{{ shot.upper }}",
        "{{ shot.__class__ }}",
        "{{ names['__class__'] }}",
        "{{ names.__class__.__mro__ }}",
        "{{ vars.items }}",
        "{{ shot | attr('__class__') }}",
        "{{ names | map('upper') }}",
        "{{ names | join(attribute='x') }}",
        "{{ shot | center(900000000) }}",
        "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ caller() }}",
        "{{ cycler }}",
        "{{ namespace }}",
        "{{ _x }}",
        "{{ loop }}",
        "{% for n in names %}{{ loop }}{% endfor %}",
        "{% for n in names %}{{ loop.cycle('a') }}{% endfor %}",
        "{% for n in names recursive %}{{ loop(n) }}{% endfor %}",
        "{% for a, b in names %}{% endfor %}",
        "{% for n in [1, 2] %}{% endfor %}",
        "{{ shot[0:900] }}",
        "{{ names[page] }}",
        "{{ {'a': 1} }}",
        "{{ none }}",
        "{{ 1e400 }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ '" + "x" * 2001 + "' }}",
        "{{ " + "(" * 5000,
        "{{ " + "[" * 9000,
        "{% if page %}" * 500 + "{% endif %}" * 500,
        "{{ shot }}" * 1500,
        "{{ shot" + " | lower" * 2000 + " }}",
        "x" * 20_001,
        "{{ shot | title(900000000) }}",
        "{{ shot is string }}",
        "{{ -shot }}",
        "{{ shot | replace('', 'x') }}",
    ],
)
def test_everything_else_is_refused(source: str) -> None:
    assert refusal(source).message


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{# " + "x" * 20_000 + " #}", "a template has at most 20,000 characters"),
        ("{% if page %}" * 25 + "{% endif %}" * 25, "nested too deep"),
        ("{{ _x }}", "a template knows no `_x`"),
        ("{% if self %}{% endif %}", "a template knows no `self`"),
        ("{% for n in names %}{{ loop.nextitem }}{% endfor %}", "there is no `loop.nextitem`"),
        ("{% for n in names recursive %}{% endfor %}", "a loop may not be recursive"),
        ("{{ names[zero] }}", "takes items by a constant number or name"),
        ("{{ -page }}", "only numbers have a minus"),
        ("{{ long | join | length }}", "a prompt has at most 20,000 characters"),
        ("{{ long | upper | length }}", "a prompt has at most 20,000 characters"),
        ("{{ names | join(separator='; ') }}", "the filter `join` takes 0 to 1 values"),
        ("{{ shot | title(9) }}", "the filter `title` takes 0 values"),
    ],
)
def test_nothing_else_stops_a_template_that_goes_beyond(source: str, says: str) -> None:
    assert says in refusal(source, _x="a", zero=0, long=("x" * 100,) * 200).message


def test_what_would_be_too_long_is_never_joined() -> None:
    with peak() as used:
        refusal("{{ many | join(between) }}", many=("",) * 900, between="x" * 90_000)
    assert used.bytes < 2**23


MANY = tuple("x" * 100 for _ in range(200))


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}",
        "{% for a in many %}{% for b in many %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in names %}" * 3 + "{% endfor %}" * 3,
        "{% for a in many %}{{ many | join(a) }}{% endfor %}",
        "{{ shot | replace('s', '" + "y" * 1900 + "') | replace('y', '" + "z" * 1900 + "') }}",
        "{% for a in many %}{{ many }}{% endfor %}",
        "{% for a in many %}" + "{{ a }}" * 150 + "{% endfor %}",
    ],
)
def test_no_template_eats_time_or_memory(source: str) -> None:
    assert refusal(source, many=MANY).message


def test_values_have_a_limit_that_counts_only_what_is_used() -> None:
    huge = "x" * 200_000
    assert render("{{ shot }}", huge=huge) == "wide shot"
    assert "at most 100,000 characters" in refusal("{{ huge | length }}", huge=huge).message


def test_a_thousand_panels_are_rendered_quickly() -> None:
    start = time.process_time()
    for number in range(1000):
        source = "{{ shot }}, {{ characters }}, {{ scene }}, {{ styles }}, {{ quality }}"
        assert render(source, scene=f"scene {number}").startswith("wide shot, mei")
    assert time.process_time() - start < 2


PARTS = "{{ }} {% %} {# #} shot if for in names endif endfor | ( ) [ ] ' , 0 . - not vars loop"
pieces = st.lists(st.sampled_from([" ", "\n", *PARTS.split()]), max_size=20)


@settings(deadline=None)
@given(pieces)
def test_any_text_is_a_template_or_a_problem(parts: list[str]) -> None:
    source = "".join(parts)
    try:
        prompt = render(source)
    except TemplateProblem as problem:
        assert problem.message
        assert problem.line >= 1
    else:
        assert len(prompt) <= 20_000


@settings(deadline=None)
@given(st.text(alphabet="ab,{}%#| \n", max_size=30), st.text(max_size=30))
def test_a_value_stays_to_the_letter(before: str, value: str) -> None:
    prompt = render("{{ before }} - {{ value }}", before=before, value=value)
    if value.strip():
        assert prompt.endswith(f"- {value}")
    if before.strip():
        assert prompt.startswith(f"{before} -")
