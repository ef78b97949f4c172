"""Each panel's picture for its page: from the store, or the author's own."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from storyboard.compiled import PanelJobs
from storyboard.freshness import sha256_of
from storyboard.geometry import Size
from storyboard.pages.content import PictureRef
from storyboard.pages.pictures import upright_size
from storyboard.planning import PlanItem
from storyboard.store import Store

Stage = Literal["draft", "final"]
PictureKind = Literal["preview", "final"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Pictures by panel address; the panels that have none; those that have only a preview."""

    pictures: Mapping[str, PictureRef]
    missing: tuple[str, ...]
    previews: tuple[str, ...]


def gather(
    panels: Iterable[PanelJobs], items: Iterable[PlanItem], store: Store, stage: Stage
) -> Gathered:
    """Each panel's picture: its final (in a draft its preview), else what there is of it.

    `items` is the plan of the panels with finals; takes beside them are in it, and shown on no
    page. Pictures are read, and checked by hash.
    """
    own = (item for item in items if item.take is None and item.state == "ready")
    held = {(item.panel, item.kind): item.digest for item in own}
    pictures: dict[str, PictureRef] = {}
    missing: list[str] = []
    previews: list[str] = []
    for panel in panels:
        if panel.art is not None:
            pictures[panel.address] = _own_picture(Path(panel.art))
            continue
        final_kind: PictureKind = "preview" if panel.final is None else "final"
        kinds: tuple[PictureKind, ...] = (final_kind, "preview")
        if stage == "draft":
            kinds = ("preview", final_kind)
        found = next(_stored(panel.address, kinds, held, store), None)
        if found is None:
            missing.append(panel.address)
            continue
        pictures[panel.address], kind = found
        if stage == "final" and kind != final_kind:
            previews.append(panel.address)
    return Gathered(pictures, tuple(missing), tuple(previews))


def _stored(
    address: str,
    kinds: Iterable[PictureKind],
    held: Mapping[tuple[str, PictureKind], str],
    store: Store,
) -> Iterator[tuple[PictureRef, PictureKind]]:
    for kind in kinds:
        digest = held.get((address, kind))
        picture = picture_of(store, digest) if digest is not None else None
        if picture is not None:
            yield picture, kind


def picture_of(store: Store, digest: str) -> PictureRef | None:
    """A stored picture for a page or a sheet; None where the store has none that is sound."""
    entry = store.get(digest)
    return None if entry is None else _picture(entry.picture_path, entry.picture)


def _picture(path: Path, data: bytes) -> PictureRef:
    with Image.open(io.BytesIO(data)) as image:
        return PictureRef(path, Size(*image.size), None, hashlib.sha256(data).hexdigest())


def _own_picture(path: Path) -> PictureRef:
    """An author's own picture, upright. Raises `ProblemsError`."""
    return PictureRef(path, upright_size(path), None, sha256_of(path))
