"""A Hugging Face hub on this machine: the few routes that a fetch needs, with faults on demand."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from storyboard.models.hub import Hub

REVISION = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14"
_INFO = re.compile(r"/api/models/([^/?]+/[^/?]+)(\?.*)?")
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")

_VARIABLES = (
    *("HF_ENDPOINT", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN"),
    *("TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)

Files = Mapping[str, bytes]


@dataclass
class FakeHub:
    """What it has, what it was asked, and how it fails.

    `revision` is that of every repository's main branch. `refusals` gives requests whose path
    contains a text a status and the hub's code for it. `cuts` says after how many bytes a file's
    connection breaks, each time; `stalls`, after how many nothing more comes.
    """

    endpoint: str
    repositories: dict[str, Files]
    revision: str = REVISION
    asked: list[str] = field(default_factory=list)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    cuts: dict[str, int] = field(default_factory=dict)
    stalls: dict[str, int] = field(default_factory=dict)

    def hub(self, cache: Path, offline: bool = False) -> Hub:
        """The same as the program knows it."""
        return Hub(cache, self.endpoint, offline)

    def given(self) -> list[str]:
        """The files that were asked for with their content, each once, sorted."""
        found = (re.fullmatch(r"GET /[^/]+/[^/]+/resolve/[^/]+/(.+)", line) for line in self.asked)
        return sorted({match[1] for match in found if match})


@contextlib.contextmanager
def serving(repositories: Mapping[str, Files]) -> Iterator[FakeHub]:
    """A hub that has these repositories, on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    hub = FakeHub(f"http://127.0.0.1:{server.server_address[1]}", dict(repositories))
    _Handler.hubs[server.server_address[1]] = hub
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def files_of(folder: Path) -> dict[str, bytes]:
    """A folder's files by their paths."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """From now on, connections to other machines fail; what was tried is in the list."""
    tried: list[object] = []
    connect = socket.socket.connect
    look_up = socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            tried.append(address)
            raise ConnectionRefusedError(f"{address} is another machine")
        connect(self, address)

    def looked_up(host: Any, *others: Any, **named: Any) -> Any:
        if host not in ("127.0.0.1", "::1", "localhost", None):
            tried.append(host)
            raise socket.gaierror(f"{host} is another machine")
        return look_up(host, *others, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return tried


def as_at_home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """No variable of this machine's, and no token, changes what a fetch does."""
    import huggingface_hub.constants as constants

    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # headers and content go out apart: it would wait in between
    hubs: ClassVar[dict[int, FakeHub]] = {}

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    @property
    def hub(self) -> FakeHub:
        return self.hubs[self.server.server_address[1]]  # type: ignore[index]

    def _answer(self) -> None:
        self.hub.asked.append(f"{self.command} {self.path}")
        for part, (status, code) in self.hub.refusals.items():
            if part in self.path:
                self._refuse(status, code)
                return
        if found := _INFO.fullmatch(self.path):
            self._tell(found[1])
        elif found := _FILE.fullmatch(self.path):
            self._give(found[1], found[2], found[3])
        else:
            self._refuse(404, "")

    def _tell(self, hub_id: str) -> None:
        files = self.hub.repositories.get(hub_id)
        if files is None:
            self._refuse(404, "RepoNotFound")
            return
        siblings = [_sibling(name, data) for name, data in files.items()]
        document = {"id": hub_id, "sha": self.hub.revision, "siblings": siblings}
        self._send(200, json.dumps(document).encode())

    def _give(self, hub_id: str, revision: str, name: str) -> None:
        data = self.hub.repositories.get(hub_id, {}).get(name)
        if data is None or revision not in ("main", self.hub.revision):
            self._refuse(404, "EntryNotFound")
            return
        headers = {"X-Repo-Commit": self.hub.revision, "ETag": f'"{_etag(name, data)}"'}
        start = 0
        if asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        cut = self.hub.cuts.get(name)
        stall = self.hub.stalls.get(name)
        if self.command == "GET" and stall is not None:
            self._stall(headers, data, stall)
        elif self.command == "GET" and cut is not None:
            self._cut(headers, data, start, cut)
        else:
            self._send(206 if start else 200, data[start:], headers)

    def _cut(self, headers: Mapping[str, str], data: bytes, start: int, cut: int) -> None:
        """As much as there may be, then nothing more."""
        if start < cut:
            self._begin(206 if start else 200, len(data) - start, headers)
            self.wfile.write(data[start:cut])
            self.wfile.flush()

    def _stall(self, headers: Mapping[str, str], data: bytes, stall: int) -> None:
        """As much as there may be, then silence until whoever asked has gone."""
        with contextlib.suppress(OSError):
            self._begin(200, len(data), headers)
            self.wfile.write(data[:stall])
            self.wfile.flush()
            self.rfile.read(1)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b'{"error": "no"}', {"X-Error-Code": code} if code else {})

    def _send(self, status: int, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._begin(status, len(data), headers or {})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _begin(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


def _sibling(name: str, data: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": _git_id(data)}
    if _is_large(name):
        digest = hashlib.sha256(data).hexdigest()
        told["lfs"] = {"size": len(data), "sha256": digest, "pointerSize": 130}
    return told


def _etag(name: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if _is_large(name) else _git_id(data)


def _is_large(name: str) -> bool:
    return name.endswith((".safetensors", ".bin", ".ckpt"))


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
