"""Which text of a PDF stands on layers that are switched off: other languages, drafts, the marks of printers?

pdfium tells on which layer (optional content group, ISO 32000-1 8.11) a text was drawn and not whether it is
shown; pypdf reads that from the catalogue. Of 491 files measured 8 have layers; the others are not asked.
"""

from __future__ import annotations

import ctypes
import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pypdfium2.raw as pdfium

_PACKED = re.compile(rb"/ObjStm\b[^>]{0,300}>>\s{0,9}stream\r?\n")
_MOST = 30_000_000  # bytes unpacked
_LONGEST = 1_000_000  # bytes of one packed stream
_MOST_LAYERS = 10_000
_LAYERS = b"/OCProperties"
_MOST_NAME = 1_000  # bytes


def hidden(payload: bytes) -> frozenset[str]:
    """Names of the layers that are off when the file is opened, and of no layer that is on."""
    if not _has_layers(payload):
        return frozenset()
    import pypdf  # 0.1 s to load

    try:
        root: Any = pypdf.PdfReader(io.BytesIO(payload), strict=False).trailer["/Root"]
        layers = root["/OCProperties"]
        usual = layers["/D"]
        off = _references(usual.get("/OFF"))
        if usual.get("/BaseState") == "/OFF":
            off |= _references(layers.get("/OCGs")) - _references(usual.get("/ON"))
        named = [(str(g.get_object()["/Name"]), g.idnum in off) for g in layers["/OCGs"][:_MOST_LAYERS]]
    except Exception:  # pypdf raises nearly anything on damaged files
        return frozenset()
    return frozenset(name for name, _ in named) - {name for name, is_off in named if not is_off}


def _references(array: Any) -> set[int]:
    return {reference.idnum for reference in (array.get_object() if array is not None else ())[:_MOST_LAYERS]}


def _has_layers(payload: bytes) -> bool:
    return _LAYERS in payload or any(_LAYERS in objects for objects in _unpacked(payload))


def _unpacked(payload: bytes) -> Iterator[bytes]:
    """The streams that hold objects, the catalogue among them."""
    view, left = memoryview(payload), _MOST
    for match in _PACKED.finditer(payload):
        if left <= 0:
            return
        try:
            objects = zlib.decompressobj().decompress(view[match.end() : match.end() + _LONGEST], left)
        except zlib.error:
            continue
        left -= len(objects) + 1_000
        yield objects


def is_on(piece: Any, names: frozenset[str]) -> bool:
    """Whether a piece of text, given as pdfium's handle, was drawn on a layer of these names."""
    piece = ctypes.cast(piece, pdfium.FPDF_PAGEOBJECT)
    for number in range(pdfium.FPDFPageObj_CountMarks(piece)):
        mark = pdfium.FPDFPageObj_GetMark(piece, number)
        if _told(pdfium.FPDFPageObjMark_GetName, mark) == "OC" and (
            _told(pdfium.FPDFPageObjMark_GetParamStringValue, mark, b"Name") in names
        ):
            return True
    return False


def _told(function: Any, *arguments: Any) -> str:
    length = ctypes.c_ulong()
    buffer = ctypes.create_string_buffer(_MOST_NAME)
    pointer = ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR))
    if not function(*arguments, pointer, _MOST_NAME, length):
        return ""
    return buffer.raw[: min(length.value, _MOST_NAME)].decode("utf-16-le", "ignore").rstrip("\x00")
