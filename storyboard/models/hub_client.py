"""Asks the Hugging Face hub and downloads from it: the one place that uses the network, through
`huggingface_hub`, which is imported here, when something is to be fetched, and not before.

Whatever goes wrong on the way becomes a `NotFound`: a sentence, and what to do.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from storyboard.models.entries import NotFound, NotOnHub
from storyboard.models.hub import Hub
from storyboard.models.side_files import plain_text

_REVISION = re.compile(r"[0-9a-f]{40}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_AGAIN = "look at the connection and run the same command again: files that came whole are kept"
_LOG_IN = "if you have access to it, run: hf auth login"

Came = Callable[[int], None]
"""Is called while a file comes, with how many of its bytes have."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file's bytes, and the name that its content has among the cache's blobs."""

    size: int
    blob: str


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at its main branch's revision, with its files by their paths."""

    revision: str
    files: Mapping[str, RemoteFile]


def ask(hub_id: str, hub: Hub) -> Remote:
    """What is in a repository. Raises `NotFound`."""
    with _told(hub_id, hub):
        from huggingface_hub import HfApi

        info = HfApi(endpoint=hub.endpoint).model_info(hub_id, files_metadata=True)
        files = {
            file.rfilename: RemoteFile(
                file.size or 0, file.lfs.sha256 if file.lfs else file.blob_id or ""
            )
            for file in info.siblings or ()
        }
        if info.sha is None or not _REVISION.fullmatch(info.sha):
            raise ValueError("its answer names no revision")
        return Remote(info.sha, files)


def download(hub_id: str, hub: Hub, revision: str, name: str, came: Came) -> None:
    """Fetches one file into the cache, where it is when all of it has come. Raises `NotFound`."""
    with _told(hub_id, hub):
        from huggingface_hub import hf_hub_download

        hf_hub_download(
            hub_id,
            name,
            revision=revision,
            cache_dir=hub.cache,
            endpoint=hub.endpoint,
            tqdm_class=_bar(came),
        )


def _bar(came: Came) -> Any:
    """What the downloader takes for a progress bar, which only counts."""

    class Bar:
        """Bytes on the way (`update_transfer`) are others than those that have come."""

        def __init__(self, *_: object, initial: int = 0, total: int | None = None, **__: object):
            self.n, self.total = initial, total

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, more: float | None = 1) -> None:
            self.n += int(more or 0)
            came(self.n)

        def close(self, *_: object, **__: object) -> None:
            pass

        refresh = update_transfer = set_postfix_str = set_transfer_postfix_str = close

    return Bar


@contextmanager
def _told(hub_id: str, hub: Hub) -> Iterator[None]:
    """Lets huggingface_hub work without a word of its own, and turns what it raises into ours."""
    # It would also ask for, and send, what has nothing to do with the files.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    log = logging.getLogger("huggingface_hub")
    level = log.level
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            log.setLevel(logging.CRITICAL)
            yield
    except Exception as error:  # of the library's, of its HTTP client's, or of the system's
        raise _sentence(error, hub_id, hub) from error
    finally:
        log.setLevel(level)


def _sentence(error: Exception, hub_id: str, hub: Hub) -> NotFound:
    """What went wrong, for the person whose story names the id."""
    if _is_full(error):
        return NotFound(
            f"checkpoint '{hub_id}' does not fit onto the disk of {hub.cache}",
            "make room there, or name another folder with HF_HUB_CACHE",
        )
    if isinstance(error, OSError) and error.errno is not None and error.filename:
        return NotFound(
            f"checkpoint '{hub_id}' cannot be kept: {error.filename}: {error.strerror}",
            "mend that, or name another folder with HF_HUB_CACHE",
        )
    return _refusal(error, hub_id, hub) or NotFound(
        f"checkpoint '{hub_id}' could not be fetched from {hub.endpoint}: {_reason(error)}", _AGAIN
    )


def _refusal(error: Exception, hub_id: str, hub: Hub) -> NotFound | None:
    """What the hub itself says against it, if that is what it was."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return NotFound(
            f"checkpoint '{hub_id}' is only for those whom its owner lets have it",
            f"ask for access at {hub.endpoint}/{hub_id}, then run: hf auth login",
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return NotOnHub(
            f"there is no checkpoint '{hub_id}' on the model path, nor on {hub.endpoint}, "
            "unless it is a private one",
            _LOG_IN,
        )
    if isinstance(error, errors.HfHubHTTPError) and error.response.status_code in (401, 403):
        return NotFound(f"{hub.endpoint} does not let you have checkpoint '{hub_id}'", _LOG_IN)
    return None


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if os.strerror(errno.ENOSPC) in str(error):  # by xet's storage, as an error of its own
            return True
        error = error.__cause__
    return False


def _reason(error: BaseException) -> str:
    """What lies behind: the hub's own answer, or the first line of whatever it was."""
    from huggingface_hub.errors import HfHubHTTPError

    while error.__cause__ is not None and not isinstance(error, HfHubHTTPError):
        error = error.__cause__
    if isinstance(error, HfHubHTTPError):
        return f"it answers {error.response.status_code} {error.response.reason_phrase}"
    lines = (plain_text(line, 200) for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)
