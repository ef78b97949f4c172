"""Why one recipe is not another, in a person's words: "prompt changed", "LoRA ink added"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_Recipe = Mapping[str, Any]

_SAMPLING = (
    ("sampler", "sampler changed"),
    ("steps", "steps changed"),
    ("cfg", "cfg changed"),
    ("eta", "eta changed"),
    ("ensd", "ensd changed"),
    ("guided_above", "where there is guidance changed"),
)
_CHECKPOINT = (
    ("family", "model family changed"),
    ("sha256", "checkpoint changed"),
    ("prediction", "prediction type changed"),
    ("clip_skip", "clip skip changed"),
)

_VARIATION = (
    ("seed", "variation seed changed"),
    ("strength", "variation strength changed"),
)


def differences(old: _Recipe, new: _Recipe) -> list[str]:
    """What of `old` differs in `new`, each a short phrase; empty where the digests are equal.

    Both are recipes as `storyboard.digests.recipe` makes them. An old one from another version or
    a damaged one gives one phrase all the same.
    """
    if old.get("digest") == new.get("digest"):
        return []
    if old.get("recipe") != new.get("recipe"):
        return ["the way of drawing changed"]
    found = _final(old, new) if new.get("kind") == "final" else _preview(old, new)
    return found or ["recipe changed"]


def _preview(old: _Recipe, new: _Recipe) -> list[str]:
    return [
        *_changed(
            old, new, (("prompt", "prompt changed"), ("negative", "negative prompt changed"))
        ),
        *_changed(old, new, (("seed", "seed changed"), ("rng", "noise source changed"))),
        *_size(old, new),
        *_checkpoint(_part(old, "checkpoint"), _part(new, "checkpoint")),
        *_files("LoRA", old.get("adapters"), new.get("adapters")),
        *_files("embedding", old.get("embeddings"), new.get("embeddings")),
        *_changed(_part(old, "sampling"), _part(new, "sampling"), _SAMPLING),
        *_variation(_part(old, "variation"), _part(new, "variation")),
        *_beginning(_part(old, "beginning"), _part(new, "beginning")),
    ]


def _final(old: _Recipe, new: _Recipe) -> list[str]:
    inner = differences(_part(old, "preview"), _part(new, "preview"))
    return [
        *([f"preview changed ({', '.join(inner)})"] if inner else []),
        *_size(old, new),
        *(["upscaler changed"] if _upscaler(old) != _upscaler(new) else []),
        *_changed(old, new, (("denoise", "denoise changed"), ("max_drift", "max drift changed"))),
        *(["the second pass' prompts changed"] if _wording(old) != _wording(new) else []),
        *_changed(_part(old, "sampling"), _part(new, "sampling"), _SAMPLING),
    ]


def _variation(old: _Recipe, new: _Recipe) -> list[str]:
    if not old or not new:
        return _come_or_gone("variation seed", old, new)
    return _changed(old, new, _VARIATION)


def _beginning(old: _Recipe, new: _Recipe) -> list[str]:
    if not old or not new:
        return _come_or_gone("picture to begin with", old, new)
    return [
        *_first_picture(_part(old, "picture"), _part(new, "picture")),
        *_changed(old, new, (("denoise", "denoise changed"),)),
        *_mask(_part(old, "mask"), _part(new, "mask")),
    ]


def _first_picture(old: _Recipe, new: _Recipe) -> list[str]:
    """What changed in the picture to begin with: a file's contents, or another preview."""
    if old.get("kind") != new.get("kind"):
        return ["picture to begin with changed"]
    if "kind" in new:
        inner = differences(old, new)
        return [f"picture to begin with changed ({', '.join(inner)})"] if inner else []
    return _changed(old, new, (("sha256", "picture to begin with changed"),))


def _mask(old: _Recipe, new: _Recipe) -> list[str]:
    if not old or not new:
        return _come_or_gone("mask", old, new)
    return ["mask changed"] if _place(old) != _place(new) else []


def _place(mask: _Recipe) -> object:
    """What counts of a mask: a file's contents, or where a box lies."""
    sides = ("left", "top", "width", "height")
    return mask.get("sha256") or tuple(mask.get(side) for side in sides)


def _come_or_gone(what: str, old: _Recipe, new: _Recipe) -> list[str]:
    if bool(old) == bool(new):
        return []
    return [f"{what} added" if new else f"{what} removed"]


def _upscaler(recipe: _Recipe) -> object:
    """What counts of it: a file's contents, or the name of a way that needs no file."""
    return _part(recipe, "upscaler").get("sha256") or recipe.get("upscaler")


def _size(old: _Recipe, new: _Recipe) -> list[str]:
    sides = ("width", "height")
    same = all(old.get(side) == new.get(side) for side in sides)
    return [] if same else ["size changed"]


def _checkpoint(old: _Recipe, new: _Recipe) -> list[str]:
    vaes = _part(old, "vae").get("sha256"), _part(new, "vae").get("sha256")
    encoders = [[one.get("sha256") for one in _listed(r.get("text_encoders"))] for r in (old, new)]
    return [
        *_changed(old, new, _CHECKPOINT),
        *(["VAE changed"] if vaes[0] != vaes[1] else []),
        *(["text encoder changed"] if encoders[0] != encoders[1] else []),
        *(
            ["zero terminal SNR changed"]
            if bool(old.get("zero_snr")) != bool(new.get("zero_snr"))
            else []
        ),
    ]


def _wording(recipe: _Recipe) -> object:
    """What counts of the second pass' own prompts; None where it has none."""
    wording = _part(recipe, "wording")
    if not wording:
        return None
    files = (
        frozenset(_essence(item) for item in _listed(wording.get(key)))
        for key in ("adapters", "embeddings")
    )
    return wording.get("prompt"), wording.get("negative"), *files


def _files(what: str, old: object, new: object) -> list[str]:
    """What changed from one list of files to another; a mere change of order or path is none."""
    before, after = _without_common(_listed(old), _listed(new))
    found = []
    for item in after:
        earlier = _taken(before, "name", item) or _taken(before, "sha256", item)
        name = f"{what} {item.get('name')}"
        found += [f"{name} added"] if earlier is None else _file(name, earlier, item)
    return found + [f"{what} {item.get('name')} removed" for item in before]


def _file(name: str, old: _Recipe, new: _Recipe) -> list[str]:
    weights = [_weights(item) for item in (old, new)]
    return [
        *([f"{name} changed"] if old.get("sha256") != new.get("sha256") else []),
        *([f"{name}'s weight changed"] if weights[0] != weights[1] else []),
    ]


def _without_common(
    old: Sequence[_Recipe], new: Sequence[_Recipe]
) -> tuple[list[_Recipe], list[_Recipe]]:
    """Both lists without the files that are in both with the same name, contents and weights."""
    left = [_essence(item) for item in new]
    before = []
    for item in old:
        if (essence := _essence(item)) in left:
            left.remove(essence)
        else:
            before.append(item)
    after: list[_Recipe] = []
    for item in reversed(new):
        if (essence := _essence(item)) in left:
            left.remove(essence)
            after.insert(0, item)
    return before, after


def _essence(item: _Recipe) -> tuple[Any, ...]:
    return item.get("name"), item.get("sha256"), *_weights(item)


def _weights(item: _Recipe) -> tuple[Any, ...]:
    """How much a LoRA counts, where and when; an earlier version's recipe says less."""
    blocks = item.get("blocks")
    return (
        item.get("unet"),
        item.get("text_encoder"),
        tuple(blocks) if isinstance(blocks, list) else (),
        item.get("start", 0),
        item.get("stop"),
    )


def _taken(items: list[_Recipe], key: str, like: _Recipe) -> _Recipe | None:
    """The first item with the same `key`, taken out of `items`."""
    for item in items:
        if item.get(key) == like.get(key):
            items.remove(item)
            return item
    return None


def _changed(old: _Recipe, new: _Recipe, keys: Sequence[tuple[str, str]]) -> list[str]:
    return [phrase for key, phrase in keys if old.get(key) != new.get(key)]


def _part(recipe: _Recipe, key: str) -> _Recipe:
    value = recipe.get(key)
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> list[_Recipe]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]
