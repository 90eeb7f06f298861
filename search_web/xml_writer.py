"""XML that is always well-formed, whatever the texts in it: one element at a time, and the whole as bytes.

Names are written as given, prefixes and all; the caller declares them with ``xmlns`` attributes. Not for what
the elements mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = ET.Element
NONE: Mapping[str, str] = {}


def clean(text: str) -> str:
    """Without the characters that XML has no place for."""
    return _NOT_XML.sub(" ", text)


def root(name: str, attributes: Mapping[str, str] = NONE) -> Element:
    return Element(name, {k: clean(v) for k, v in attributes.items()})


def add(parent: Element, name: str, text: str | None = None, attributes: Mapping[str, str] = NONE) -> Element:
    """A new last child of ``parent``."""
    element = ET.SubElement(parent, name, {k: clean(v) for k, v in attributes.items()})
    element.text = None if text is None else clean(text)
    return element


def written(element: Element) -> bytes:
    """The document, in UTF-8."""
    return bytes(ET.tostring(element, "utf-8", xml_declaration=True))
