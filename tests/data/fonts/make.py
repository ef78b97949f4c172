"""Makes the small fonts beside it: subsets of Noto with what the tests letter.

    python tests/data/fonts/make.py /usr/share/fonts

The folder holds Noto Sans CJK, Noto Sans Arabic and Noto Sans Hebrew in bold (on Debian the
packages fonts-noto-cjk and fonts-noto-core). The subsets keep their families' names and what
shaping needs: joined and vertical forms, half widths, marks. Their licence is `OFL.txt`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ASCII = "".join(map(chr, range(0x20, 0x7F)))
MARKS = "、。，．・：；！？「」『』（）【】《》〈〉…—～〜ー々　“”‘’"
HIRAGANA = "".join(map(chr, range(0x3041, 0x3094)))
KATAKANA = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
)
KATAKANA += "ァィゥェォッャュョガギグゴザジズダデドバビブボパピプポ"

JAPANESE = (
    HIRAGANA + KATAKANA + "灯台光三日消事本当時言行海夜人声何見分国永私君今大小中上下手水火木雨風音"
)
SIMPLIFIED = (
    "灯塔已经三个晚上没有亮了肯定出什么事快走他说等我们去看那里一是不人的在这来到大国永海边"
    "雨风夜光火船家你好吗谁知道谢再见今天明月水山小心开门听声音回头轰隆"
)
TRADITIONAL = "燈塔已經三個晚上沒有亮了肯定出什麼事快走他說等我們去看那裡一是不人的在這來國永"
KOREAN = "등대의불이사흘밤나꺼져있었어무슨일지가자다를은는도에서누구냐"
KOREAN += "안녕하세요정말고마워쾅비와바람배섬저기봐"
ARABIC = "".join(map(chr, [*range(0x0621, 0x063B), *range(0x0640, 0x0653), 0x0670]))
ARABIC += "،؛؟٠١٢٣٤٥٦٧٨٩پچژگکی«»"
HEBREW = "".join(map(chr, [*range(0x05B0, 0x05C3), *range(0x05D0, 0x05EB), 0x05BE]))

FONTS = {
    "NotoSansCJKjp": ("NotoSansCJK-Bold.ttc", 0, JAPANESE + MARKS),
    "NotoSansCJKkr": ("NotoSansCJK-Bold.ttc", 1, KOREAN + MARKS),
    "NotoSansCJKsc": ("NotoSansCJK-Bold.ttc", 2, SIMPLIFIED + MARKS),
    "NotoSansCJKtc": ("NotoSansCJK-Bold.ttc", 3, TRADITIONAL + MARKS),
    "NotoSansArabic": ("NotoSansArabic-Bold.ttf", 0, ARABIC),
    "NotoSansHebrew": ("NotoSansHebrew-Bold.ttf", 0, HEBREW),
}
FEATURES = ["ccmp", "locl", "isol", "init", "medi", "fina", "rlig", "liga", "calt", "mark", "mkmk"]
FEATURES += ["vert", "halt", "vhal"]


def main(folder: Path) -> None:
    here = Path(__file__).parent
    for name, (file, index, characters) in FONTS.items():
        source = next(folder.rglob(file))
        options = subset.Options()
        options.layout_features = FEATURES
        options.hinting = False
        options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
        font = TTFont(source, fontNumber=index, lazy=True, recalcTimestamp=False)
        shrinker = subset.Subsetter(options)
        shrinker.populate(text=characters + ASCII)
        shrinker.subset(font)
        ending = ".otf" if "CFF " in font else ".ttf"
        font.save(here / (name + ending))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
