"""Ctrl-C and SIGTERM: the first unwinds the command, the second ends the process at once.

While a picture is being kept the first one waits: the picture is kept whole, then the run ends.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class Stopped(BaseException):
    """SIGTERM came; like KeyboardInterrupt, no error of the work itself."""


_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def shielded() -> Iterator[None]:
    """Puts off both signals until the block is over, then lets the first act as it would have; a
    second one does not wait.

    For short blocks. In another thread than the main one it does nothing, since signals only ever
    reach the main one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        waiting.append(number)
        if len(waiting) > 1:
            restore()
            signal.raise_signal(waiting.pop(0))

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    before = {number: signal.signal(number, wait) for number in _NUMBERS}
    try:
        yield
    finally:
        restore()
        if waiting:
            signal.raise_signal(waiting[0])


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, Ctrl-C raises KeyboardInterrupt and SIGTERM `Stopped`, wherever the program is; a
    second one of them ends the process there and then, by the exit code 130 or 143. Nothing is lost
    by that: the store is made for worse. A signal that was ignored stays so (`nohup`).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def act(number: int, _frame: FrameType | None) -> NoReturn:
        nonlocal came
        if came:
            os._exit(128 + number)
        came = True
        raise KeyboardInterrupt if number == signal.SIGINT else Stopped

    before = {number: signal.getsignal(number) for number in _NUMBERS}
    heard = {n: handler for n, handler in before.items() if handler is not signal.SIG_IGN}
    for number in heard:
        signal.signal(number, act)
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
