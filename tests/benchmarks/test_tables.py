"""Tables: Markdown that a reader's program shows, JSON that says the same."""

from __future__ import annotations

import json

from benchmarks.tables import Table, document, share

TABLE = Table(
    "obedience",
    "Obedience over 3 prompts",
    ("attribute", "obeyed", "asked for"),
    (("hair", 0.95, 20), ("pose", None, 0)),
    ("Drawn on a Tuesday.",),
)


def test_a_table_in_markdown() -> None:
    assert TABLE.markdown() == (
        "### Obedience over 3 prompts\n"
        "\n"
        "| attribute | obeyed | asked for |\n"
        "| --- | ---: | ---: |\n"
        "| hair | 0.950 | 20 |\n"
        "| pose | - | 0 |\n"
        "\n"
        "Drawn on a Tuesday."
    )


def test_a_bar_in_a_cell_ends_no_column() -> None:
    table = Table("t", "T", ("a",), (("x|y",),))
    assert table.markdown().splitlines()[-1] == r"| x\|y |"


def test_the_document_says_the_same_and_how_it_was_made() -> None:
    found = document("python -m benchmarks.pictures --quick", [TABLE])
    assert json.loads(json.dumps(found)) == found
    assert found["command"] == "python -m benchmarks.pictures --quick"
    rows = found["measures"]["obedience"]["rows"]
    assert rows == [
        {"attribute": "hair", "obeyed": 0.95, "asked for": 20},
        {"attribute": "pose", "obeyed": None, "asked for": 0},
    ]


def test_a_share_of_nothing_is_none() -> None:
    assert share(0, 0) is None
    assert share(1, 3) == 0.3333
