"""Every language of the guide in a panel: a caption, two balloons and a sound.

What the program's own fonts lack is lettered in this machine's: with other fonts than Noto the
pictures are others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from docs.gallery.panels import lettered_panel, png
from docs.gallery.tones import write_if_new


@dataclass(frozen=True, slots=True)
class Words:
    """A story's language and what is said in it."""

    language: str
    caption: str
    asked: str
    told: str
    sound: str
    reading: Literal["ltr", "rtl"] = "ltr"


EXAMPLES = {
    "english": Words(
        "en", "Three nights later", "Who lit the *lamp*?", "I thought it was you!", "CLICK"
    ),
    "french": Words(
        "fr",
        "Trois nuits plus tard",
        "Qui a allumé la *lampe* ?",
        "Je croyais que c’était toi !",
        "CLIC",
    ),
    "german": Words(
        "de",
        "Drei Nächte später",
        "Wer hat die *Leuchtturmlampe* angezündet?",
        "Ich dachte, du warst es!",
        "KLICK",
    ),
    "spanish": Words(
        "es",
        "Tres noches después",
        "¿Quién encendió la *lámpara*?",
        "¡Creí que habías sido tú!",
        "CLIC",
    ),
    "russian": Words("ru", "Три ночи спустя", "Кто зажёг *лампу*?", "Я думал, это ты!", "ЩЁЛК"),
    "greek": Words(
        "el", "Τρεις νύχτες μετά", "Ποιος άναψε τη *λάμπα*;", "Νόμιζα πως ήσουν εσύ!", "ΚΛΙΚ"
    ),
    "chinese": Words("zh-Hans", "三夜之后", "是谁点亮了这盏*灯*？", "我还以为是你呢！", "咔嗒"),
    "chinese-columns": Words(
        "zh-Hant", "三夜之後", "是誰點亮了這盞燈？", "我還以為是你呢！", "喀嗒", "rtl"
    ),
    "japanese": Words(
        "ja", "三日後の夜", "灯台の明かりをつけたのは誰？", "君だと思っていたよ！", "カチッ", "rtl"
    ),
    "korean": Words("ko", "사흘 밤이 지나고", "누가 등불을 *켰지*?", "네가 켠 줄 알았어!", "딸깍"),
    "arabic": Words("ar", "بعد ثلاث ليالٍ", "من أشعل *المصباح*؟", "ظننت أنه أنت!", "طق", "rtl"),
    "hebrew": Words(
        "he", "כעבור שלושה לילות", "מי הדליק את *הפנס*?", "חשבתי שזה אתה!", "קליק", "rtl"
    ),
}
"""By name, as the guide names them."""


def draw(folder: Path) -> None:
    """Writes `language-NAME.png` for every example. Raises ValueError where no font has a
    language's letters."""
    for name, words in EXAMPLES.items():
        write_if_new(folder / f"language-{name}.png", png(lettered_panel(story_of(words))))


def story_of(words: Words) -> str:
    """A story whose first panel says all of it. Who asks stands where reading begins."""
    first, second = ("28%", "72%") if words.reading == "ltr" else ("72%", "28%")
    return (
        f"""\
title: A language
language: {words.language}
reading: {words.reading}
characters: {{mei: {{prompt: mei}}, bo: {{prompt: bo}}}}
page: {{size: 1240x1860, margin: 60, gutter: 24}}
pages:
  - layout: 4x2
    panels:
      - characters: [{{who: mei, at: {first} 62%}}, {{who: bo, at: {second} 62%}}]
        caption: "{words.caption}"
        balloons:
          - {{who: mei, says: "{words.asked}"}}
          - {{who: bo, says: "{words.told}"}}
        sfx: [{{text: "{words.sound}", at: bottom}}]
"""
        + 7 * "      - {}\n"
    )
