"""Which part of Jinja2's language a template may use: an allow-list over its syntax tree.

The sandbox alone lets a template eat all memory (`'x'.ljust(9e8)`, nested ranges), so whatever is
not named here is refused: calls, arithmetic, assignments, macros, blocks, includes. What is left
can print values, choose, and go through short lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from storyboard.nearest import did_you_mean
from storyboard.prompts.filters import FILTERS
from storyboard.prompts.problems import TemplateProblem

MOST_DEPTH = 24
MOST_NODES = 1_000
MOST_LOOPS = 2
MOST_CONSTANT = 2_000
LOOP_FIELDS = frozenset({"first", "last", "index", "length"})
TESTS = frozenset({"defined", "undefined"})
_NO_NAMES = frozenset({"self", "super", "caller", "varargs", "kwargs", "namespace"})

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Neg,
    nodes.List,
    nodes.Tuple,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Getattr,
    nodes.Getitem,
)
_REFUSALS: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Call: ("a template may not call anything", "loops go over lists, e.g. `names`"),
    nodes.Assign: ("a template may not set anything", "say it under `vars`"),
    nodes.AssignBlock: ("a template may not set anything", "say it under `vars`"),
    nodes.Concat: ("a template may not add texts", "print them one after the other"),
    nodes.Add: ("a template may not add", "print values one after the other"),
    nodes.BinExpr: ("a template may not compute", ""),
    nodes.UnaryExpr: ("a template may not compute", ""),
    nodes.Dict: ("a template may not have mappings of its own", "say it under `vars`"),
    nodes.Slice: ("a template may not cut texts or lists", "take items by number: `x[0]`"),
}


def check_tree(tree: nodes.Template) -> None:
    """Raises `TemplateProblem` at the first thing that a template may not use."""
    for count, (node, depth, loops) in enumerate(_walk(tree, 0, 0), 1):
        if depth > MOST_DEPTH:
            raise TemplateProblem("the template is nested too deep", "", node.lineno)
        if count > MOST_NODES:
            raise TemplateProblem(
                f"the template has more than {MOST_NODES:,} parts", "", node.lineno
            )
        if loops > MOST_LOOPS:
            raise TemplateProblem(
                f"a template has at most {MOST_LOOPS} loops in each other", "", node.lineno
            )
        _check_node(node, loops)


def _walk(node: nodes.Node, depth: int, loops: int) -> Iterator[tuple[nodes.Node, int, int]]:
    """All nodes with their depth and the number of loops around them and of themselves."""
    loops += isinstance(node, nodes.For)
    yield node, depth, loops
    for child in node.iter_child_nodes():
        yield from _walk(child, depth + 1, loops)


def _check_node(node: nodes.Node, loops: int) -> None:
    if type(node) not in _ALLOWED:
        raise _refused(node)
    if isinstance(node, nodes.Name):
        _check_name(node, loops)
    elif isinstance(node, nodes.Const):
        _check_constant(node)
    elif isinstance(node, nodes.For):
        _check_loop(node)
    elif isinstance(node, nodes.Filter):
        _check_filter(node)
    elif isinstance(node, nodes.Test):
        _check_test(node)
    elif isinstance(node, nodes.Neg) and not _is_number(node.node):
        raise TemplateProblem("only numbers have a minus", "", node.lineno)
    elif isinstance(node, nodes.Getattr):
        _check_attribute(node)
    elif isinstance(node, nodes.Getitem):
        _check_subscript(node)


def _refused(node: nodes.Node) -> TemplateProblem:
    for kind, (message, hint) in _REFUSALS.items():
        if isinstance(node, kind):
            return TemplateProblem(message, hint, node.lineno)
    tag = type(node).__name__.lower()
    return TemplateProblem(
        f"a template may not use `{tag}`",
        "it may print, choose by if, and loop by for",
        node.lineno,
    )


def _check_name(node: nodes.Name, loops: int) -> None:
    outside = node.name == "loop" and (not loops or node.ctx == "store")
    if node.name.startswith("_") or node.name in _NO_NAMES or outside:
        raise TemplateProblem(f"a template knows no `{node.name}`", "", node.lineno)


def _check_constant(node: nodes.Const) -> None:
    value = node.value
    if value is None:
        raise TemplateProblem("a template knows no `none`", "{% if name %} asks", node.lineno)
    if isinstance(value, str) and len(value) > MOST_CONSTANT:
        raise TemplateProblem(
            f"a text in a template's braces has at most {MOST_CONSTANT:,} characters",
            "say it under `vars`",
            node.lineno,
        )
    if isinstance(value, (int, float)) and not abs(value) <= 1e15:
        raise TemplateProblem("a number in the template is too large", "", node.lineno)


def _check_loop(node: nodes.For) -> None:
    if node.recursive:
        raise TemplateProblem("a loop may not be recursive", "", node.lineno)
    if not isinstance(node.target, nodes.Name):
        raise TemplateProblem("a loop has one variable", "{% for x in names %}", node.lineno)
    if not isinstance(node.iter, (nodes.Name, nodes.Getattr)):
        hint = "{% for x in names %}, or a list of your own under `vars`"
        raise TemplateProblem("a loop goes over a variable's list", hint, node.lineno)


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in FILTERS:
        hint = did_you_mean(node.name, FILTERS) or "there are: " + ", ".join(sorted(FILTERS))
        raise TemplateProblem(f"there is no filter `{node.name}`", hint, node.lineno)
    low, high = FILTERS[node.name].arguments
    plain = not node.kwargs and node.dyn_args is None and node.dyn_kwargs is None
    if not plain or not low <= len(node.args) <= high:
        wanted = f"{low}" if low == high else f"{low} to {high}"
        raise TemplateProblem(f"the filter `{node.name}` takes {wanted} values", "", node.lineno)


def _check_test(node: nodes.Test) -> None:
    if node.name not in TESTS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        hint = "compare with ==, !=, <, >, in; or use `is defined`"
        raise TemplateProblem(f"there is no test `is {node.name}`", hint, node.lineno)
    if not isinstance(node.node, nodes.Name):
        raise TemplateProblem(f"`is {node.name}` is for names only", "", node.lineno)


def _check_attribute(node: nodes.Getattr) -> None:
    if not isinstance(node.node, nodes.Name) or node.attr.startswith("_"):
        raise TemplateProblem(f"a template knows no `.{node.attr}` here", "", node.lineno)
    if node.node.name == "loop" and node.attr not in LOOP_FIELDS:
        hint = "there are: " + ", ".join(f"loop.{name}" for name in sorted(LOOP_FIELDS))
        raise TemplateProblem(f"there is no `loop.{node.attr}`", hint, node.lineno)


def _check_subscript(node: nodes.Getitem) -> None:
    at = node.arg.node if isinstance(node.arg, nodes.Neg) else node.arg
    constant = isinstance(at, nodes.Const) and isinstance(at.value, (int, str))
    if not constant or not isinstance(node.node, (nodes.Name, nodes.Getattr)):
        raise TemplateProblem(
            "a template takes items by a constant number or name", "e.g. `names[0]`", node.lineno
        )


def _is_number(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, (int, float))
