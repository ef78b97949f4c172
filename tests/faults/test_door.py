"""Only `storyboard.disk` changes the disk, so that the faults of these tests reach everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import storyboard

PACKAGE = Path(storyboard.__file__).parent
CHANGES = frozenset(
    {"mkdir", "makedirs", "rename", "renames", "unlink", "rmdir", "rmtree", "write_bytes"}
    | {"write_text", "touch", "hardlink_to", "symlink_to", "link", "symlink", "fsync", "truncate"}
    | {"copyfile", "copytree", "move", "mkstemp", "mkdtemp", "NamedTemporaryFile"}
)


def changes(path: Path) -> Iterator[str]:
    """The calls in a module that change the disk, where they stand."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id == "disk":
            continue
        name = node.func.attr
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        modes = [a.value for a in given if isinstance(a, ast.Constant)]
        written = name == "open" and any(isinstance(m, str) and set(m) & set("wxa+") for m in modes)
        if name in CHANGES or written:
            yield f"{path.relative_to(PACKAGE).as_posix()}: {name}"


def test_nothing_else_in_the_package_changes_the_disk() -> None:
    found = {change for path in sorted(PACKAGE.rglob("*.py")) for change in changes(path)}
    assert {change for change in found if not change.startswith("disk.py")} == {
        "files.py: open",  # `new_file`, which streams what may be larger than the memory
        "export/archives.py: open",  # a member of an archive, in such a file
    }
