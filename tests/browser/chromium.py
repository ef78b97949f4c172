"""A headless Chromium, steered over a pair of pipes by the DevTools protocol.

Chromium reads commands from file descriptor 3 and writes answers and events to 4, each a JSON text
that ends with a zero byte: no port, no web socket, no package.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds until an answer is given up: a busy machine is slow, not wrong."""

# Between us and the browser: it puts the pipes where the browser looks for them.
_STARTER = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
_KEYS = {
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "End": 35,
    "Home": 36,
    "Enter": 13,
    "Escape": 27,
    "Tab": 9,
    "PageDown": 34,
    "PageUp": 33,
}


def find_chromium() -> str | None:
    """The browser's program, None where none is installed (or, on Windows, no pipe to it)."""
    if os.name == "nt":
        return None
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


class Tab:
    """One page in the browser, and all that happened in it."""

    def __init__(self, commands: int, answers: int) -> None:
        """Takes over the two ends of the pipes."""
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._sent = 0
        self._session: str | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """Carries a command out, and gives its result."""
        self._sent += 1
        command = {"id": self._sent, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._sent:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result

    def open(self, page: Path) -> None:
        """Loads a file and waits until it and its pictures are there."""
        self._load(page.as_uri())

    def open_blank(self) -> None:
        """Loads an empty page, in which nothing of the last one is remembered."""
        self.evaluate("try { sessionStorage.clear() } catch {}")
        self._load("about:blank")

    def allow_scripts(self, allowed: bool) -> None:
        """Whether pages that are opened from now on may run scripts."""
        self.send("Emulation.setScriptExecutionDisabled", value=not allowed)

    def until(self, condition: str) -> bool:
        """Waits until a JavaScript expression is true; False where patience ends."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(condition):
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, a promise's when it is kept."""
        answer = self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Presses and releases a key."""
        code = _KEYS.get(key, ord(key.upper()[0]))
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        of_key = {"key": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **of_key)
        self.send("Input.dispatchKeyEvent", type="keyUp", **of_key)

    def click(self, selector: str) -> None:
        """Clicks into the middle of the first element that the selector finds."""
        x, y = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', behavior: 'instant'});"
            " const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def swipe(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A finger that goes from one place to another."""
        for kind, points in (
            ("touchStart", [start]),
            ("touchMove", [((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)]),
            ("touchMove", [end]),
            ("touchEnd", []),
        ):
            touched = [{"x": x, "y": y} for x, y in points]
            self.send("Input.dispatchTouchEvent", type=kind, touchPoints=touched)

    def resize(self, width: int, height: int, scale: float = 1, mobile: bool = False) -> None:
        """The window, in CSS pixels; `mobile` as on a phone that is touched."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )

    def prefer(self, **features: str) -> None:
        """What the system asks for: `color_scheme="dark"`."""
        asked = [
            {"name": f"prefers-{name.replace('_', '-')}", "value": value}
            for name, value in features.items()
        ]
        self.send("Emulation.setEmulatedMedia", features=asked)

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """What is to be seen as a PNG file, or the `whole` page."""
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """Errors and warnings of the page since it was opened: of its script, its policy, its
        requests, and its console."""
        return [*_complaints(self.events)]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        return [
            event["request"]["url"]
            for method, event in self.events
            if method == "Network.requestWillBeSent"
        ]

    def _load(self, address: str) -> None:
        self.events.clear()
        self.send("Page.navigate", url=address)
        while not any(method == "Page.loadEventFired" for method, _ in self.events):
            self._next()

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._read())
        if "method" in message:
            self.events.append((message["method"], message.get("params", {})))
        return message

    def _read(self) -> bytes:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(0, end - time.monotonic()))
            data = os.read(self._answers, 1 << 20) if ready else b""
            if not data:
                raise AssertionError("the browser ended or gives no answer")
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return message


def _complaints(events: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    for method, event in events:
        if method == "Runtime.exceptionThrown":
            yield str(event["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning"):
            yield str(event["args"])
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            yield str(event["entry"]["text"])
        elif method == "Network.loadingFailed":
            yield f"a request failed: {event['errorText']}"


@contextmanager
def chromium(program: str, profile: Path) -> Iterator[Tab]:
    """A browser of our own, its files in the folder `profile`, with one tab."""
    theirs_in, commands = os.pipe()
    answers, theirs_out = os.pipe()
    options = [
        "--headless=new",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        "--no-first-run",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--force-color-profile=srgb",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium's sandbox refuses root
        "about:blank",
    ]
    browser = subprocess.Popen(
        [sys.executable, "-ISc", _STARTER, str(theirs_in), str(theirs_out), program, *options],
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Tab(commands, answers)
    finally:
        os.close(commands)  # the browser ends with it
        try:
            browser.wait(20)
        except subprocess.TimeoutExpired:
            browser.kill()
            browser.wait()
        os.close(answers)
