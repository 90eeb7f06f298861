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
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2

from indexer.extract import layout
from indexer.extract.problem import told
from indexer.language.personal import mask_scanned
from indexer.model import Extract, Page

_DPI = 300  # what Tesseract's models are made for
_MOST_PIXELS = 40_000_000  # a poster is read at a lower resolution
_PLACES = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def is_needed(extract: Extract) -> bool:
    """Whether the document has pages that only OCR can read."""
    if extract.format == "image":
        return True
    if extract.format != "pdf" or extract.page_count is None:
        return False
    return not extract.pages or any(not page.text for page in extract.pages)


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
    wanted = {page.number for page in extract.pages if not page.text}
    pages = {page.number: page for page in extract.pages}
    count = len(wanted) or extract.page_count or 1
    unread = 0
    found = False
    for done, (page_number, picture) in enumerate(_pictures(payload, extract.format, wanted)):
        if time.monotonic() > deadline:  # drawing the rest would take longer than there is left
            unread = count - done
            break
        text = _text(picture, cache_directory)
        if text:
            known = pages.get(page_number)
            pages[page_number] = replace(known, text=text) if known is not None else Page(page_number, text)
            found = True
    late = f"{unread} of its pages are pictures, and could not be read in time" if unread else ""
    if not found:
        return told(extract, "partly_read", late) if late else extract
    ordered = tuple(pages[number] for number in sorted(pages))
    first = next((line for page in ordered for line in page.text.split("\n") if len(line) > 3), "")
    titles = (
        extract.titles
        if any(where == "first page" for where, _ in extract.titles)
        else (("first page", first), *extract.titles)
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


def _text(picture: Any, cache_directory: Path) -> str:
    """The text of one picture, one paragraph a line."""
    pixels = picture.tobytes()
    key = hashlib.sha256(f"{picture.size} swe 2 ".encode() + pixels).hexdigest()
    kept = cache_directory / key[:2] / f"{key}.txt"
    try:
        return kept.read_text("utf-8")
    except OSError:
        pass
    # Masked before it is kept: this cache is the one place where text lies as it was read.
    text = mask_scanned(_recognise(picture)) if len(set(pixels[:: max(1, len(pixels) // 20_000)])) > 1 else ""
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_suffix(f".{os.getpid()}")
    temporary.write_text(text, "utf-8")
    temporary.replace(kept)
    return text


def _recognise(picture: Any) -> str:
    os.environ["OMP_THREAD_LIMIT"] = "1"  # its threads get in each other's way: one is as fast as four
    import tesserocr

    with tesserocr.PyTessBaseAPI(path=_models(), lang="swe", psm=tesserocr.PSM.AUTO) as api:
        api.SetImage(picture)
        raw = api.GetUTF8Text()
    paragraphs = []
    for part in re.split(r"\n\s*\n", raw):
        lines = [" ".join(line.split()) for line in part.split("\n") if line.strip()]
        if not lines:
            continue
        text = lines[0]
        for line in lines[1:]:
            text = layout.join(text, line)
        if re.search(r"\w", text):
            paragraphs.append(layout.plain(text))
    return "\n".join(paragraphs)
