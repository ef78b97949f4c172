"""A PDF that is written to a file object by object: pictures stay on the disk until their turn.

fpdf2 keeps a whole document in memory, pictures and all, and then once more as its output. Here it
keeps everything but the pictures, and its output goes straight into the file.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, BinaryIO

from fpdf import FPDF
from fpdf.image_datastructures import RasterImageInfo
from fpdf.output import OutputProducer, PDFFont, PDFXObject
from fpdf.prefs import ViewerPreferences
from fpdf.syntax import Name

from storyboard.export.png_stream import PngStream

_NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)


class Document(FPDF):
    """A document whose lengths are points, without margins, without a clock."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(unit="pt")
        self.sink = _Sink(file)
        self.set_creation_date(_NO_CLOCK)
        self.set_creator("storyboard")
        self.set_producer("storyboard")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0

    def place(self, picture: PngStream, x: float, y: float, width: float, height: float) -> None:
        """Draws a picture; the same file is kept once."""
        images = self.image_cache.images
        name = str(picture.path)
        if name not in images:
            images[name] = RasterImageInfo(
                i=len(images) + 1,
                usages=0,
                w=picture.size.width,
                h=picture.size.height,
                cs="DeviceRGB",
                bpc=8,
                f="FlateDecode",
                dp=f"/Predictor 15 /Colors 3 /Columns {picture.size.width}",
                data=picture,
            )
        self.image(name, x=x, y=y, w=width, h=height)

    def write(self) -> None:  # type: ignore[override]
        """Ends the document and writes it. Raises OSError."""
        self.output(output_producer_class=_Producer)

    def file_id(self) -> str:
        """The document's identity: what has been written so far."""
        name = self.sink.hash.hexdigest()[:32].upper()
        return f"<{name}><{name}>"


class Preferences(ViewerPreferences):
    """The title in the window's bar, and the side that a reader begins from.

    fpdf2 writes `LTR` and `RTL` where PDF has `/L2R` and `/R2L` (ISO 32000-1, table 150).
    """

    def __init__(self, right_to_left: bool) -> None:
        super().__init__(display_doc_title=True)
        self._direction_name = "R2L" if right_to_left else "L2R"

    def serialize(self, _security_handler: Any = None, _obj_id: int | None = None) -> str:
        """The dictionary."""
        whole = super().serialize(_security_handler, _obj_id)
        return whole.replace("<<", f"<</Direction /{self._direction_name}\n", 1)


class _Sink:
    """Takes the place of fpdf2's output buffer: what is added is written, and only counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._length = 0
        self.hash = hashlib.sha256()

    def __len__(self) -> int:
        return self._length

    def __iadd__(self, data: bytes) -> _Sink:
        self._file.write(data)
        self._length += len(data)
        self.hash.update(data)
        return self


class _Producer(OutputProducer):
    def __init__(self, fpdf: FPDF) -> None:
        super().__init__(fpdf)
        assert isinstance(fpdf, Document)
        self.buffer = fpdf.sink  # type: ignore[assignment]

    def _add_fonts(self, *args: Any) -> Any:
        """The fonts, all with the encoding that every reader knows, also those that are CID-keyed:
        their codes are their glyphs' own numbers."""
        fonts = super()._add_fonts(*args)
        for font in fonts.values():
            if isinstance(font, PDFFont):
                font.encoding = Name("Identity-H")
        return fonts

    def _out(self, data: Any) -> None:
        if isinstance(data, _Stream):
            for part in data:
                self.buffer += part
        else:
            super()._out(data)

    def _add_image(self, info: dict[str, object]) -> PDFXObject:
        picture = info["data"]
        assert isinstance(picture, PngStream)
        image = _PictureObject(picture, str(info["dp"]))
        info["obj_id"] = self._add_pdf_obj(image, "images")
        return image


class _Stream:
    """An object's bytes, part by part."""

    def __init__(self, head: str, picture: PngStream) -> None:
        self._head, self._picture = head, picture

    def __iter__(self) -> Any:
        yield self._head.encode("latin1")
        yield b"stream\n"
        yield from self._picture.parts()
        yield b"\nendstream\nendobj\n"


class _PictureObject(PDFXObject):
    """A picture whose bytes are read from its file when it is written."""

    def __init__(self, picture: PngStream, predictor: str) -> None:
        super().__init__(
            contents=b"",
            subtype="Image",
            width=picture.size.width,
            height=picture.size.height,
            color_space=Name("DeviceRGB"),
            bits_per_component=8,
            img_filter="FlateDecode",
            decode_parms=f"<<{predictor} /BitsPerComponent 8>>",
        )
        self._picture = picture
        self.length = picture.length

    def serialize(self, obj_dict: Any = None, _security_handler: Any = None) -> Any:
        """The object's bytes, not joined."""
        whole = super().serialize(obj_dict, _security_handler)
        return _Stream(whole[: whole.index("stream\n")], self._picture)
