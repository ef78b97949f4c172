"""The long part of fuzzing: `python -m tests.faults.fuzz_long [READER...]`.

100,000 inputs a reader that are others each time (`--examples`), and where atheris is installed,
ten minutes each guided by what code they reach (`--minutes`). Prints what was run, and ends with 1
at the first crash, whose input is then to become a test.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.faults.fuzz_inputs import INPUTS
from tests.faults.fuzz_targets import TARGETS, bounded, folder

_GUIDED = """
import atheris
with atheris.instrument_imports(include=["storyboard", "yaml", "jinja2"]):
    from tests.faults.fuzz_long import guided
guided({name!r}, {seconds})
"""


def reader(name: str, examples: int, chosen: int) -> Callable[[], None]:
    """A test of a reader with so many inputs, chosen by a number."""

    @seed(chosen)
    @settings(
        max_examples=examples,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(INPUTS[name])
    def reads(given_input: Any) -> None:
        with bounded():
            TARGETS[name](given_input)

    return reads


def by_hypothesis(name: str, examples: int) -> None:
    """Many inputs of a reader; raises what the first crash raises."""
    chosen, started = random.SystemRandom().getrandbits(32), time.monotonic()
    try:
        reader(name, examples, chosen)()
    except BaseException:
        print(f"{name}: a crash, seed {chosen}", flush=True)
        raise
    passed = time.monotonic() - started
    print(f"{name}: {examples:,} inputs in {passed:.0f} s, seed {chosen}: no crash", flush=True)


def by_atheris(name: str, seconds: int) -> None:
    """A process that lets atheris choose, until time is up or something crashes."""
    code = f"from tests.faults.fuzz_long import guided; guided({name!r}, {seconds})"
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    last = [line for line in ended.stderr.splitlines() if "Done" in line or "cov:" in line][-2:]
    print(f"{name}: atheris, {seconds} s: {' / '.join(last)}", flush=True)
    if ended.returncode:
        raise SystemExit(ended.stderr[-8000:])


def guided(name: str, seconds: int) -> None:
    """Fuzzes in this process, by what code is reached of what was instrumented."""
    atheris: Any = importlib.import_module("atheris")
    tried: Any = reader(name, 1, 0)
    corpus = folder() / "corpus"
    corpus.mkdir()
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=8192"]
    atheris.Setup(["fuzz", str(corpus), *limits], tried.hypothesis.fuzz_one_input)
    atheris.Fuzz()


def main() -> None:
    """All readers, or those that are named."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("readers", nargs="*", help=f"of {', '.join(TARGETS)}")
    arguments.add_argument("--examples", type=int, default=100_000)
    arguments.add_argument("--minutes", type=float, default=10.0)
    options = arguments.parse_args()
    for name in options.readers or TARGETS:
        if options.examples:
            by_hypothesis(name, options.examples)
        if options.minutes and importlib.util.find_spec("atheris"):
            by_atheris(name, round(options.minutes * 60))
        elif options.minutes:
            print(f"{name}: atheris is not installed, so it was left out", flush=True)


if __name__ == "__main__":
    main()
