"""Text recognition, and the pictures whose text is read with it."""

import io
import logging
import socket
import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import Reading, read
from assistant.readers.recognition import Picture, available, recognise

CORPUS = Path(__file__).parent / "corpus"
TOLD = "text recognised in a picture: check quotations against it"
NOT_INSTALLED = r"^a picture; to have its text read, pip install 'assistant\[ocr\]'$"

needs_ocr = pytest.mark.skipif(not available(), reason="text recognition is not installed")


@pytest.fixture(scope="module")
def printed() -> Picture:
    """The beginning of the first page of a document, as a scanner sees it at 150 dpi."""
    with pdfium.PdfDocument(CORPUS / "memorandum.pdf") as document:
        page = document[0].render(scale=150 / 72).to_pil().convert("RGB")
    return np.asarray(page.crop((0, 60, page.width, 420)))


def saved(picture: Picture, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def recognised(picture: Picture) -> str:
    return " ".join(line.text for line in recognise(picture))


BEGINNING = "The parties signed the agreement on 4 March 1987 after eleven"


@needs_ocr
def test_a_picture_is_read_in_paragraphs_and_told(printed: Picture) -> None:
    reading: Reading = read(saved(printed), "a.png")
    (source,) = reading.sources
    assert reading.problems == (TOLD,)
    assert f"{BEGINNING} months of talks." in source.text
    start = source.text.index("eleven")
    assert locate(source, start, start + 6).startswith("paragraph ")


@needs_ocr
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_may_lie_on_its_side_or_upside_down(printed: Picture, quarters: int) -> None:
    text = recognised(np.rot90(printed, quarters))
    assert BEGINNING in text
    assert text.index(BEGINNING) < text.index("months of talks")


@needs_ocr
def test_a_skewed_page_is_put_straight(printed: Picture) -> None:
    skewed = Image.fromarray(printed).rotate(2, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    lines = recognise(np.asarray(skewed))
    line = next(line for line in lines if line.text.startswith("The parties signed"))
    straight = next(line for line in recognise(printed) if line.text.startswith("The parties signed"))
    assert line.bottom - line.top < 1.3 * (straight.bottom - straight.top)
    following = lines[lines.index(line) + 1]
    assert abs(following.left - line.left) < 0.05 * (line.right - line.left)


@needs_ocr
def test_lines_have_their_boxes_and_scores(printed: Picture) -> None:
    lines = recognise(printed)
    height, width, _ = printed.shape
    assert all(0 <= line.left < line.right <= width and 0 <= line.top < line.bottom <= height for line in lines)
    assert all(0.6 <= line.score <= 1 for line in lines)
    assert [line.top for line in lines] == sorted(line.top for line in lines)


@needs_ocr
def test_nothing_is_recognised_where_nothing_is() -> None:
    white = np.full((300, 400, 3), 255, dtype=np.uint8)
    assert recognise(white) == []
    with pytest.raises(UnreadableFile, match=r"^no text was recognised in the picture$"):
        read(saved(white), "a.png")


@needs_ocr
def test_recognition_is_silent_and_uses_no_network(
    printed: Picture,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was tried")

    from assistant.readers import recognition

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    recognition._engine.cache_clear()
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        assert BEGINNING in recognised(printed)
        recognise(np.full((300, 400, 3), 255, dtype=np.uint8))
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@needs_ocr
def test_pages_of_a_tiff_are_cited_and_empty_ones_told(printed: Picture) -> None:
    white = Image.new("RGB", (400, 300), "white")
    grey = Image.fromarray(printed).convert("L")
    reading = read(saved(printed, "TIFF", save_all=True, append_images=[white, grey]), "a.tif")
    (source,) = reading.sources
    assert reading.problems == (TOLD, "pages on which no text was recognised: 2")
    start = source.text.rindex("eleven")
    assert locate(source, start, start + 6) == "p. 3"


@needs_ocr
def test_a_picture_is_turned_as_its_metadata_say_and_stands_on_white(printed: Picture) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    turned = saved(np.rot90(printed, 1), "JPEG", exif=exif, quality=90)
    assert BEGINNING in read(turned, "a.jpg").sources[0].text
    ink = 255 - printed[:, :, :1]
    assert BEGINNING in read(saved(np.concatenate([0 * printed, ink], axis=2)), "a.png").sources[0].text


@needs_ocr
def test_pictures_of_more_than_eight_bits_are_read(printed: Picture) -> None:
    deep = printed[:, :, 0].astype(np.uint16) * 40
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "TIFF")
    assert BEGINNING in read(file.getvalue(), "a.tiff").sources[0].text


@needs_ocr
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_damaged_pictures_are_refused(printed: Picture, kind: str) -> None:
    whole = saved(printed, kind)
    for damaged in (whole[: len(whole) // 2], whole[:20]):
        with pytest.raises(
            UnreadableFile, match=r"^damaged: the picture cannot be (opened|read); get or save it again$"
        ):
            read(damaged, f"a.{kind.lower()}")


@needs_ocr
@pytest.mark.parametrize("side", [13_360, 60_000])
def test_a_bomb_is_refused(side: int) -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(UnreadableFile, match=r"^too large: "):
        read(bomb, "a.png")


def test_without_text_recognition_a_picture_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    white = saved(np.full((30, 40, 3), 255, dtype=np.uint8))
    with pytest.raises(UnreadableFile, match=NOT_INSTALLED):
        read(white, "a.png")
