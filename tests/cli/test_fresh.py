"""What a fresh process loads: no torch where nothing is drawn, nothing that uses the network where
nothing is fetched, and next to nothing for --help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import run, run_fresh

TELL = "print('LOADED', ' '.join(sorted(m for m in sys.modules if '.' not in m)))"


def loaded_after(*arguments: str | Path, folder: Path) -> tuple[int, set[str]]:
    ended = run_fresh(arguments, after=TELL, folder=folder)
    last = ended.out.splitlines()[-1]
    assert last.startswith("LOADED"), ended.err
    return ended.code, set(last.split()[1:])


@pytest.mark.parametrize("command", ["check", "plan", "pages", "render"])
def test_torch_stays_out_where_nothing_is_drawn(command: str, story: Path) -> None:
    run("render", story)
    code, modules = loaded_after(command, story, folder=story.parent)
    assert code == 0
    assert not modules & {"torch", "diffusers", "transformers", "huggingface_hub"}


def test_the_first_line_waits_neither_for_torch_nor_for_pages(story: Path) -> None:
    code = (
        "import sys\nfrom storyboard.cli.main import main\n"
        "from storyboard.engine.fake import FakeEngine\n"
        "def made():\n"  # in the thread that draws, once the run is told
        "    print('LOADED', *sys.modules, file=sys.stderr)\n"
        "    return FakeEngine()\n"
        f"sys.exit(main(['preview', {story.name!r}], made))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=story.parent, check=True
    )
    [told] = [line for line in ended.stderr.splitlines() if line.startswith("LOADED")]
    later = {"torch", "diffusers", "transformers", "fpdf", "storyboard.assembly"}
    assert "storyboard.run" in told.split()  # so the list is that of a run
    assert not set(told.split()) & later


def test_help_loads_nothing_heavy() -> None:
    code = "import sys\nfrom storyboard.cli.main import parser\nparser().format_help()\n"
    ended = subprocess.run(
        [sys.executable, "-c", code + "print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"torch", "diffusers", "transformers", "PIL", "numpy", "pydantic", "yaml", "jinja2"}
    assert not set(ended.stdout.split()) & heavy
