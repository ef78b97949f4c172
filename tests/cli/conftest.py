"""A small story in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

STORY = """\
title: Rain
seed: 5
sampler: {steps: 4}
final: {steps: 4}
characters:
  mei: {lora: mei, prompt: "mei, 1girl"}
styles:
  ink: {lora: manga-ink, weight: 0.6, prompt: ink drawing}
page: {size: 600x900, margin: 30, gutter: 12}
pages:
  - layout: |
      pier pier
      face hand
    panels:
      pier:
        scene: harbour at dusk
        caption: It rained.
      face:
        characters: [mei]
        scene: close-up, smile
        balloons: [{who: mei, says: "Only rain."}]
      hand:
        characters: [{who: mei, weight: 0.5}]
        scene: holding a lantern, <lora:manga-ink:0.4>
  - tiers: [1]
    panels:
      - scene: lighthouse
        style: ink
        sfx: [{text: DRIP}]
"""


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The story's file; the folder that it lies in is the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "rain.yaml"
    path.write_text(STORY, encoding="utf-8")
    return path
