"""Books in the programs that people read them with: poppler, qpdf, darkseid, comicbox."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.export.cbz import write_cbz
from storyboard.export.pdf import pdf_bytes
from storyboard.pages.compose import compose_page
from storyboard.pages.raster import rasterise
from tests.pages.samples import demo_page
from tests.support.books import TITLE, book, page_files

_READERS = Path(__file__).parents[2] / ".readers" / "bin" / "python"
_DARKSEID = """
import json, sys
from darkseid.comic import Comic, MetadataFormat
comic = Comic(sys.argv[1])
told = comic.read_metadata(MetadataFormat.COMIC_INFO)
print(json.dumps({
    "schema": comic.validate_metadata(MetadataFormat.COMIC_INFO).name,
    "pages": [comic.get_page_name(n) for n in range(comic.get_number_of_pages())],
    "series": told.series.name, "title": told.collection_title or told.stories[0].name,
    "manga": told.manga, "characters": [one.name for one in told.characters],
    "types": [page["Type"] for page in told.pages],
}))
"""
_COMICBOX = """
import json, sys
from comicbox.box import Comicbox
with Comicbox(sys.argv[1]) as comic:
    print(json.dumps([comic.get_page_count(), comic.to_dict()], default=str))
"""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on the PATH (on Debian: apt-get install poppler-utils)")
    return found


def asked(script: str, path: Path) -> Any:
    """What a reader of comics says of an archive."""
    if not _READERS.exists():
        pytest.skip("there is no environment of comic readers, see tests/comic-readers.txt")
    words = [str(_READERS), "-W", "ignore", "-c", script, str(path)]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "book.cbz"
    with path.open("wb") as file:
        write_cbz(file, page_files(tmp_path, 4, spread=3), book("rtl"))
    return path


def test_darkseid_finds_a_valid_comic(archive: Path) -> None:
    told = asked(_DARKSEID, archive)
    assert told == {
        "schema": "COMIC_INFO_V2",
        "pages": [f"page-00{number}.png" for number in (1, 2, 3, 4)],
        "series": TITLE,
        "title": TITLE,
        "manga": "YesAndRightToLeft",
        "characters": ["mei", "bo"],
        "types": ["FrontCover", "Story", "Story", "Story"],
    }


def test_comicbox_reads_the_same(archive: Path) -> None:
    count, told = asked(_COMICBOX, archive)
    assert count == 4
    box = told["comicbox"]
    assert box["series"]["name"] == TITLE
    assert box["reading_direction"] == "rtl"
    assert set(box["characters"]) == {"mei", "bo"}
    assert box["language"] == "en"


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf_bytes([compose_page(demo_page(tmp_path))] * 2, book("rtl")))
    return path


def test_qpdf_finds_a_sound_file(pdf: Path) -> None:
    pikepdf = pytest.importorskip("pikepdf")
    with pikepdf.open(pdf) as opened:
        assert opened.check_pdf_syntax() == []
        assert len(opened.pages) == 2
        assert opened.Root.ViewerPreferences.Direction == "/R2L"
        fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
        files = [font.DescendantFonts[0].FontDescriptor.FontFile2 for font in fonts]
        assert all(len(file.read_bytes()) < 60_000 for file in files), "fonts are subsets"


def test_poppler_finds_the_words_in_reading_order(pdf: Path) -> None:
    words = [program("pdftotext"), "-raw", "-f", "1", "-l", "1", str(pdf), "-"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    text = " ".join(told.split())
    said = ["three nights.", "It's only rain.", "boats are out.", "DRIP"]
    assert [text.find(one) >= 0 for one in said] == [True] * len(said), text
    assert [text.find(one) for one in said] == sorted(text.find(one) for one in said)


def test_poppler_draws_the_page_as_we_do(pdf: Path, tmp_path: Path) -> None:
    """Edges are softened in another way, but nothing stands anywhere else."""
    words = [program("pdftoppm"), "-r", "150", "-f", "1", "-l", "1", "-png", str(pdf)]
    subprocess.run([*words, str(tmp_path / "drawn")], check=True)
    (path,) = tmp_path.glob("drawn-*.png")
    with Image.open(path) as opened:
        theirs = opened.convert("RGB")
    ours = rasterise(compose_page(demo_page(tmp_path)))
    assert theirs.size == ours.size
    far = np.abs(np.asarray(theirs, dtype=float) - np.asarray(ours, dtype=float)).max(2)
    assert far.mean() < 3
    assert (far > 128).mean() < 0.002
