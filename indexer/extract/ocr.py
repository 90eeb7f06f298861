"""What do pages say that are only pictures?

Tesseract with its Swedish model, alone: with English beside it word recall fell from .99 to .93 on
Swedish scans. About two seconds a page, so the text of each picture is kept on disk by the hash of its
pixels. Where Tesseract or its model is missing, everything else works and the documents say why they have
no text.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.extract.paragraphs import join, plain
from indexer.extract.problem import told
from indexer.language.personal import mask_scanned
from indexer.model import Extract, Page

_DPI = 300  # what Tesseract's models are made for
_MOST_PIXELS = 40_000_000  # a poster is read at a lower resolution
_LEANS = [half / 2 for half in range(-14, 15)]  # degrees that a page may lie askew in the scanner
_LITTLE = 200  # characters: of a page of text there is more
_UNSURE = 50  # per cent: Tesseract's mean trust is 88-95 in pages of print, 26 when they stand on their heads
_PLACES = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def is_needed(extract: Extract, payload: bytes) -> bool:
    """Whether the document has pages that only OCR can read."""
    if extract.format == "image":
        return True
    if extract.format != "pdf" or extract.page_count is None:
        return False
    return not extract.pages or bool(_unread(extract, payload))


def _unread(extract: Extract, payload: bytes) -> set[int]:
    """Numbers of the pages without text, and of those that are a picture with a line of text upon it.

    Such a line is a stamp, or what a service for signing has added to a scanned page.
    """
    found = {page.number for page in extract.pages if not page.text}
    little = [page.number for page in extract.pages if page.text and len(page.text) < _LITTLE]
    if extract.format == "pdf" and little:
        with suppress(pypdfium2.PdfiumError), closing(pypdfium2.PdfDocument(payload)) as document:
            found.update(number for number in little if _is_picture(document, number - 1))
    return found


def _is_picture(document: pypdfium2.PdfDocument, index: int) -> bool:
    """Whether a picture covers nearly all of the page."""
    page = document[index]
    try:
        width, height = page.get_size()
        if width > height or pdfium.FPDFPage_CountObjects(page) > 1_000:  # a slide, a drawing
            return False
        for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=1):
            left, lower, right, upper = thing.get_bounds()
            if (right - left) * (upper - lower) > 0.8 * width * height:
                return True
        return False
    finally:
        page.close()


@cache
def missing() -> str | None:
    """Why OCR cannot be used here, in one sentence, or None when it can."""
    try:
        import tesserocr  # noqa: F401
    except ImportError:
        return "Tesseract is not installed (pip install 'barnrattskompassen[ocr]')."
    return (
        None if _models() else "Tesseract's Swedish model is not installed (apt install tesseract-ocr-swe)."
    )


@cache
def _models() -> str | None:
    """The directory that holds swe.traineddata."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    places = [prefix, f"{prefix}/tessdata"] if prefix else []
    for place in (*places, *_PLACES):
        if (Path(place) / "swe.traineddata").is_file():
            return place
    return None


def read(payload: bytes, extract: Extract, cache_directory: Path, seconds: float) -> Extract:
    """``extract`` with the text of its picture pages; after ``seconds`` the rest is left for another time.

    Pages read before are taken from ``cache_directory``.
    """
    lacking = missing()
    if lacking is not None:
        return told(extract, "no_ocr", lacking[:1].lower() + lacking[1:])
    deadline = time.monotonic() + seconds
    wanted = _unread(extract, payload)
    pages = {page.number: page for page in extract.pages}
    count = len(wanted) or extract.page_count or 1
    unread = 0
    found = False
    title = ""
    for done, (page_number, picture) in enumerate(_pictures(payload, extract.format, wanted)):
        if time.monotonic() > deadline:  # drawing the rest would take longer than there is left
            unread = count - done
            break
        heading, text = _text(picture, cache_directory)
        if text:
            title = title or (heading if page_number == 1 else "")
            known = pages.get(page_number)
            if known is not None and len(text) < len(known.text):
                continue
            pages[page_number] = replace(known, text=text) if known is not None else Page(page_number, text)
            found = True
    late = f"{unread} of its pages are pictures, and could not be read in time" if unread else ""
    if not found:
        return told(extract, "partly_read", late) if late else extract
    ordered = tuple(pages[number] for number in sorted(pages))
    lines = [line for page in ordered for line in page.text.split("\n")]
    first = title or next((line for line in lines if len(line) > 3), "")
    below = next((after for line, after in pairwise(lines) if line == first), "")
    titles = (
        extract.titles
        if any(where == "first page" for where, _ in extract.titles)
        else (("first page", first), *extract.titles, *([("below", below)] if below else []))
    )
    if extract.read_by == "none":  # the problem was that its pages are pictures
        extract = replace(extract, problem=None, reason=None)
    result = replace(extract, pages=ordered, read_by="ocr", titles=titles)
    return told(result, "partly_read", late) if late else result


def _pictures(payload: bytes, kind: str, wanted: set[int]) -> Iterator[tuple[int, Any]]:
    """(page number, picture as PIL image in shades of grey)."""
    from PIL import Image

    if kind == "image":
        Image.MAX_IMAGE_PIXELS = 4 * _MOST_PIXELS
        try:
            with Image.open(io.BytesIO(payload)) as picture:
                picture.draft("L", (6_000, 6_000))
                if min(picture.size) >= 50:
                    yield 1, _scaled(picture.convert("L"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return
        return
    document = pypdfium2.PdfDocument(payload)
    try:
        for index in range(len(document)):
            if wanted and index + 1 not in wanted:
                continue
            try:
                page = document[index]
            except pypdfium2.PdfiumError:
                continue
            width, height = page.get_size()
            scale = _DPI / 72
            if width * height * scale * scale > _MOST_PIXELS:
                scale = (_MOST_PIXELS / (width * height)) ** 0.5
            try:
                yield index + 1, page.render(scale=scale, grayscale=True).to_pil()
            except pypdfium2.PdfiumError:
                continue
            finally:
                page.close()
    finally:
        document.close()


def _scaled(picture: Any) -> Any:
    """Small print on a small image becomes readable at twice the size."""
    if max(picture.size) < 1_600:
        return picture.resize((picture.width * 2, picture.height * 2))
    if picture.width * picture.height > _MOST_PIXELS:
        picture.thumbnail((6_000, 6_000))
    return picture


def _text(picture: Any, cache_directory: Path) -> tuple[str, str]:
    """The largest line and the text of one picture, one paragraph a line."""
    pixels = picture.tobytes()
    key = hashlib.sha256(f"{picture.size} swe 3 ".encode() + pixels).hexdigest()
    kept = cache_directory / key[:2] / f"{key}.txt"
    try:
        read = kept.read_text("utf-8")
    except OSError:
        blank = len(set(pixels[:: max(1, len(pixels) // 20_000)])) < 2
        # Masked before it is kept: this cache is the one place where text lies as it was read.
        read = "" if blank else mask_scanned("\n".join(_recognise(picture)))
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(f".{os.getpid()}")
        temporary.write_text(read, "utf-8")
        temporary.replace(kept)
    heading, _, text = read.partition("\n")
    return heading, text


def _recognise(picture: Any) -> tuple[str, str]:
    """The largest line and the paragraphs of a picture, however it lay in the scanner."""
    os.environ["OMP_THREAD_LIMIT"] = "1"  # its threads get in each other's way: one is as fast as four
    import tesserocr

    level = _straightened(picture)
    best = 0, "", ""
    with tesserocr.PyTessBaseAPI(path=_models(), lang="swe", psm=tesserocr.PSM.AUTO) as api:
        for turned in (level, level.rotate(180), picture):
            api.SetImage(turned)
            raw, trust = api.GetUTF8Text(), api.MeanTextConf()
            best = max(best, (trust, _largest(api) if raw.strip() else "", raw))
            if trust >= _UNSURE or (level is picture and len(raw) < 100):
                break
    _, heading, raw = best
    return heading, _paragraphs(raw)


def _straightened(picture: Any) -> Any:
    """The picture turned so that its lines lie level: there, dark rows and light ones differ most.

    Of a page that leans by four degrees Tesseract loses two thirds. Rules of tables may be taken for lines,
    and whether a page stands on its head is not seen.
    """
    import numpy as np
    from PIL import Image

    small = picture.copy()
    small.thumbnail((700, 700))
    ink = 255 - np.asarray(small, dtype=np.uint8)
    ink[ink < 60] = 0
    upright = Image.fromarray(ink)
    lying = upright.transpose(Image.Transpose.ROTATE_90)

    def sharpness(image: Any, degrees: float) -> float:
        turned = image.rotate(degrees, resample=Image.Resampling.BILINEAR)
        rows = np.asarray(turned, dtype=np.float64).sum(1)
        return float(np.square(np.diff(rows)).sum())

    sharp, lean = max((sharpness(upright, degrees), degrees) for degrees in _LEANS)
    across, lean_across = max((sharpness(lying, degrees), degrees) for degrees in _LEANS)
    if across > 2 * sharp:
        upright, sharp, lean = lying, across, lean_across
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    if sharp <= 1.2 * sharpness(upright, 0):
        return picture
    return picture.rotate(lean, resample=Image.Resampling.BICUBIC, fillcolor=255)


def _largest(api: Any) -> str:
    """The line in the largest letters, with those that follow in letters as large."""
    import tesserocr

    lines: list[tuple[float, str]] = []
    level = tesserocr.RIL.TEXTLINE
    for line in tesserocr.iterate_level(api.GetIterator(), level):
        with suppress(RuntimeError):  # a line of no words
            text = " ".join(line.GetUTF8Text(level).split())
            if line.Confidence(level) >= 70:
                lines.append((line.RowAttributes()["row_height"], text))
    worded = [place for place, (_, text) in enumerate(lines) if len(re.findall(r"[^\W\d_]", text)) >= 4]
    if not worded:
        return ""
    size = max(lines[place][0] for place in worded)
    start = next(place for place in worded if lines[place][0] > 0.93 * size)
    text = lines[start][1]
    for height, more in lines[start + 1 : start + 4]:
        if height < 0.9 * size:
            break
        text = join(text, more)
    return plain(text) if len(text) <= 250 else ""


def _paragraphs(raw: str) -> str:
    paragraphs = []
    for part in re.split(r"\n\s*\n", raw):
        lines = [" ".join(line.split()) for line in part.split("\n") if line.strip()]
        if not lines:
            continue
        text = lines[0]
        for line in lines[1:]:
            text = join(text, line)
        if re.search(r"\w", text):
            paragraphs.append(plain(text))
    return "\n".join(paragraphs)
