"""What does a docx, pptx, odt or odp say: sections or slides, title, dates?

One reader over zip and lxml: it keeps tables, text boxes, footnotes and speaker notes in their places,
which the usual libraries leave out. Entities, external references and zip bombs stay harmless: nothing is
resolved, and no more is unpacked than allowed. Spreadsheets are read in ``sheets``, the formats before
2007 in ``legacy``.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from indexer.extract import dates
from indexer.extract.problem import told, unread
from indexer.model import Extract, LabelledDate, Page

_MOST_UNPACKED = 150_000_000  # bytes unpacked of one file
_MOST_SLIDES = 3_000
_MOST_NESTED = 20  # text boxes in text boxes
_BEGINNING = 30  # lines among which the title is
_LARGE = 28.0  # half points from which letters are larger than a text's
_USUAL = 32.0  # half points of a heading
_HEADING, _TITLE = 1_000.0, 2_000.0  # beyond all sizes: what styles of headings and titles count as
_MOST_RUNNING = 16  # lines of heads and feet: the head of a letter has as many
_SPACE = re.compile(r"[ \t\r\f\v\u00a0]+")
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, KeyError, ValueError)


class _Unread(Exception):
    """The file cannot be read; says why as a key of ``problem.SENTENCES``."""


@dataclass(slots=True)
class _Text:
    """Lines of text, gathered into headed sections as they come."""

    pages: list[Page] = field(default_factory=list)
    heading: str | None = None
    lines: list[str] = field(default_factory=list)
    begun: list[tuple[float, str]] = field(default_factory=list)  # (size, line) of how it begins

    def line(self, text: str, size: float = 0) -> None:
        """``size``: how large its letters are, as far as told."""
        for part in text.split("\n"):
            clean = _SPACE.sub(" ", part).strip()
            if clean:
                self.lines.append(clean)
                self.begin(clean, size)

    def section(self, heading: str | None, size: float = _USUAL) -> None:
        """End the section; the next one has this heading."""
        if self.heading or self.lines:
            self.pages.append(Page(len(self.pages) + 1, "\n".join(self.lines), self.heading))
        self.heading = " ".join(heading.split()) if heading else None
        self.lines = []
        if self.heading:
            self.begin(self.heading, size)

    def begin(self, line: str, size: float) -> None:
        if len(self.begun) < _BEGINNING:
            self.begun.append((size, line))

    def title(self) -> tuple[str, str]:
        """What stands largest in the beginning, below the letterhead, and the line that follows."""
        if not self.begun:
            return "", ""
        place = max(range(len(self.begun)), key=lambda n: self.begun[n][0])  # the first of them
        return self.begun[place][1], self.begun[place + 1][1] if place + 1 < len(self.begun) else ""


class _Archive:
    """The parts of an office file, unpacked within bounds."""

    def __init__(self, payload: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(payload))
        self.names = set(self.zip.namelist())
        self.left = _MOST_UNPACKED

    def xml(self, name: str) -> etree._Element | None:
        """The root of a part, or None when the file has no such part. Raises _Unread for a bomb."""
        if name not in self.names:
            return None
        with self.zip.open(name) as part:
            data = part.read(self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise _Unread("too_large")
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            recover=True,
            remove_comments=True,
            remove_pis=True,
        )
        root: etree._Element | None = etree.fromstring(data, parser)
        return root

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """The parts that a part refers to: id → (last word of the type, name)."""
        folder, base = posixpath.split(name)
        root = self.xml(posixpath.join(folder, f"_rels/{base}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in _below(root, "Relationship") if root is not None else ():
            if relation.get("TargetMode") != "External":
                target = relation.get("Target", "")
                path = (
                    target.lstrip("/")
                    if target.startswith("/")
                    else posixpath.normpath(posixpath.join(folder, target))
                )
                found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], path)
        return found

    def main(self, usual: str) -> str:
        """The name of the part that all begins with: SharePoint calls it word/document2.xml."""
        parts = [path for kind, path in self.related("").values() if kind == "officeDocument"]
        return next((path for path in parts if path in self.names), usual)


def read(payload: bytes, kind: str) -> Extract:
    """The text of an office file; ``kind`` is docx, pptx, odt or odp."""
    try:
        archive = _Archive(payload)
        text, running = _READERS[kind](archive)
        stated, title, author = _properties(archive)
    except _Unread as reason:
        return unread(kind, str(reason))
    except (*_DAMAGED, etree.LxmlError):
        return unread(kind, "damaged")
    text.section(None)
    paged = kind in ("pptx", "odp")
    readable = any(page.text or page.heading for page in text.pages)
    first, below = text.title()
    top = text.begun[0][1] if text.begun else ""
    found = [("first page", first), ("metadata", title), ("below", below)]
    found.append(("second", top if top not in (first, below) else ""))
    result = Extract(
        kind,
        pages=tuple(text.pages) if readable else (),
        titles=tuple((where, value) for where, value in found if value),
        dates=stated,
        page_count=len(text.pages) if paged else None,
        read_by="text" if readable else "none",
        author=author or None,
        furniture=tuple(running),
    )
    return result if readable else told(result, "no_text")


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def _attribute(element: etree._Element, name: str) -> str | None:
    """An attribute by its name without namespace."""
    for key, value in element.attrib.items():
        if str(key).rsplit("}", 1)[-1] == name:
            return str(value)
    return None


def _below(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (found for found in element.iter() if _name(found) in names)


def _nearest(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The elements of these names below, none of them within another, in order."""
    waiting = list(reversed(element))
    while waiting:
        found = waiting.pop()
        name = _name(found)
        if name in names:
            yield found
        elif name != "Fallback":  # says once more, for old programs, what stands beside it
            waiting.extend(reversed(found))


def _properties(archive: _Archive) -> tuple[tuple[LabelledDate, ...], str, str]:
    """Dates, title and author that the file states about itself; the company is taken before the person."""
    said: dict[str, str] = {}
    stated: list[LabelledDate] = []
    for part in ("docProps/app.xml", "docProps/core.xml", "meta.xml"):
        root = archive.xml(part)
        for element in root.iter() if root is not None else ():
            name, value = _name(element), " ".join((element.text or "").split())
            if name in ("title", "Company", "creator", "initial-creator") and value:
                said.setdefault(name, value[:300])
            label = {
                "created": "none",
                "creation-date": "none",
                "modified": "updated",
                "date": "updated",
            }.get(name)
            date = dates.in_text(value[:10]) if label is not None else None
            if label is not None and date is not None:
                stated.append(LabelledDate(date, label, f"{name}: {value[:30]}"))
    author = said.get("Company") or said.get("creator") or said.get("initial-creator", "")
    return tuple(stated), said.get("title", ""), author


# --- docx -------------------------------------------------------------------------------------------------


def _docx(archive: _Archive) -> tuple[_Text, list[str]]:
    main = archive.main("word/document.xml")
    root = archive.xml(main)
    if root is None:
        raise _Unread("damaged")
    related = archive.related(main).values()
    named = dict(related)
    text = _Text()
    body = next(_below(root, "body"), root)
    _docx_blocks(body, text, _sizes(archive.xml(named.get("styles", "word/styles.xml"))))
    for kind, part in related:
        for line in _drawn(archive, kind, part):
            text.line(line)
    for kind in ("footnotes", "endnotes"):
        notes = archive.xml(named.get(kind, f"word/{kind}.xml"))
        for note in notes if notes is not None else ():
            if _attribute(note, "type") is None:
                text.line(" ".join(filter(None, (_run_text(p) for p in _below(note, "p")))))
    running = []
    for name in sorted(archive.names, key=lambda name: ("footer" in name, name)):
        if re.fullmatch(r"word/(?:header|footer)\d*\.xml", name):
            head = archive.xml(name)
            if head is not None:
                parts = (part for p in _below(head, "p") for part in re.split(r"[\n\t]", _run_text(p, "\t")))
                running += [
                    line for part in parts if re.search(r"[^\W\d_]{3}|\d{4}-\d\d-\d\d", line := part.strip())
                ]
    return text, list(dict.fromkeys(running))[:_MOST_RUNNING]


def _sizes(root: etree._Element | None) -> dict[str, float]:
    """How large the styles are that make a title or a heading (by name in any language version, or by outline
    level), or have large letters."""
    found = {f"{word}{n}": _HEADING for word in ("Heading", "Rubrik") for n in range(1, 7)}
    found |= {"Title": _TITLE, "Rubrik": _TITLE}
    for style in _below(root, "style") if root is not None else ():
        identity = _attribute(style, "styleId") or ""
        name = next((_attribute(child, "val") or "" for child in style if _name(child) == "name"), "").lower()
        if name in ("title", "rubrik"):
            found[identity] = _TITLE
        elif re.match(r"(?:heading|rubrik|überschrift|titre) ?\d|sidrubrik$", name) or any(
            True for _ in _below(style, "outlineLvl")
        ):
            found[identity] = _HEADING
        else:
            found[identity] = _letters(style)
    return found


def _letters(element: etree._Element) -> float:
    """The size of the letters in a paragraph or style where it is told and large, in half points."""
    told = next((_attribute(size, "val") or "" for size in _below(element, "sz")), "")
    size = float(told) if re.fullmatch(r"\d{1,3}", told) else 0.0
    return size if size >= _LARGE else 0.0


def _docx_blocks(parent: etree._Element, text: _Text, sizes: dict[str, float]) -> None:
    """Paragraphs and tables below ``parent`` in order. Containers (content controls) are looked through."""
    waiting = list(reversed(parent))
    while waiting:
        element = waiting.pop()
        name = _name(element)
        if name == "p":
            style = next((_attribute(s, "val") for s in _below(element, "pStyle")), None)
            line = _run_text(element)
            size = sizes.get(style or "", 0.0)
            if size >= _HEADING and 0 < len(line.strip()) <= 250:
                text.section(line, size if size == _TITLE else max(_USUAL, _letters(element)))
            else:
                text.line(line, _letters(element) or size)
            for box in _boxes(element):
                _docx_blocks(box, text, sizes)
        elif name == "tbl":
            _rows(element, text, "tr", "tc")
        elif name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"):
            waiting.extend(reversed(element))


def _boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The text boxes and notes that hang on a paragraph."""
    return _nearest(paragraph, "txbxContent", "text-box", "note-body")


def _rows(table: etree._Element, text: _Text, row: str, cell: str) -> None:
    """Each row as one line, cells apart by a bar; what a table within a cell says belongs to that cell.

    Of a letterhead, with which the document begins, each line is one: a table of three columns, or of two
    whose cells have several lines each.
    """
    begins = not text.begun
    for line in _nearest(table, row):
        cells = list(filter(None, (list(_paragraphs(box)) for box in _nearest(line, cell))))
        if begins and (len(cells) > 2 or (len(cells) == 2 and min(map(len, cells)) > 1)):
            text.line("\n".join(part for parts in cells for part in parts))
        else:
            text.line(" | ".join(" ".join(parts) for parts in cells))


def _paragraphs(parent: etree._Element, depth: int = 0) -> Iterator[str]:
    """The lines of the paragraphs below ``parent``, each followed by those of the boxes that hang on it."""
    for paragraph in _nearest(parent, "p", "h"):
        yield from filter(None, map(str.strip, _run_text(paragraph).split("\n")))
        for box in _boxes(paragraph) if depth < _MOST_NESTED else ():
            yield from _paragraphs(box, depth + 1)


_BREAKS = {"br": "\n", "cr": "\n", "noBreakHyphen": "-", "s": " ", "line-break": "\n"}
_NO_TEXT = frozenset((
    "annotation", "del", "delText", "Fallback", "instrText", "moveFrom", "note", "notes", "pPr", "rPr",
    "text-box", "tracked-changes", "txbxContent",
))  # fmt: skip


def _run_text(paragraph: etree._Element, tab: str = " ") -> str:
    """The text of one paragraph, without that of boxes and notes inside it; ``tab`` stands for each tab."""
    pieces: list[str] = []
    waiting: list[tuple[etree._Element, bool]] = [(paragraph, False)]
    odf = _name(paragraph) in ("p", "h") and "opendocument" in str(paragraph.tag)
    while waiting:
        element, after = waiting.pop()
        if after:
            if odf:
                pieces.append(element.tail or "")
            continue
        name = _name(element)
        if name == "r" and _is_hidden(element):
            continue
        if name == "tab":
            pieces.append(tab)
        elif name in _BREAKS:
            pieces.append(_BREAKS[name])
        elif name == "t" or odf:
            pieces.append(element.text or "")
        for child in reversed(element):
            waiting.append((child, True))
            if _name(child) not in _NO_TEXT:
                waiting.append((child, False))
    return "".join(pieces).replace("\u00ad", "")


def _is_hidden(run: etree._Element) -> bool:
    """Whether Word shows these words to nobody: notes to whoever fills in a template."""
    marks = (mark for part in run if _name(part) == "rPr" for mark in part if _name(mark) == "vanish")
    return any(_attribute(mark, "val") not in ("0", "false", "off") for mark in marks)


# --- pptx -------------------------------------------------------------------------------------------------


def _pptx(archive: _Archive) -> tuple[_Text, list[str]]:
    main = archive.main("ppt/presentation.xml")
    root = archive.xml(main)
    related = archive.related(main)
    order = []
    for slide in _below(root, "sldId") if root is not None else ():
        identity = slide.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", "")
        if identity in related:
            order.append(related[identity][1])
    if not order:
        slides = [name for name in archive.names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
        order = sorted(slides, key=lambda name: int(re.sub(r"\D", "", name)))
    text = _Text()
    for number, name in enumerate(order[:_MOST_SLIDES], 1):
        slide_root = archive.xml(name)
        heading, lines = _slide(slide_root) if slide_root is not None else ("", [])
        for kind, part in archive.related(name).values():
            notes = archive.xml(part) if kind == "notesSlide" else None
            lines += _slide(notes)[1] if notes is not None else _drawn(archive, kind, part)
        text.pages.append(Page(number, "\n".join(lines), heading or None))
        for line in filter(None, [heading, *lines[:2]]):
            text.begin(line, 0)
    return text, []


def _slide(root: etree._Element) -> tuple[str, list[str]]:
    """Title and other lines of a slide or of its notes."""
    heading = ""
    lines: list[str] = []
    for shape in _nearest(root, "sp", "graphicFrame"):
        placeholder = next((_attribute(ph, "type") or "body" for ph in _below(shape, "ph")), "")
        if placeholder in ("sldNum", "dt", "ftr", "hdr", "sldImg"):
            continue
        box = _Text()
        table = next(_below(shape, "tbl"), None)
        if table is not None:
            _rows(table, box, "tr", "tc")
        else:
            for paragraph in _below(shape, "p"):
                box.line(_run_text(paragraph))
        if placeholder in ("title", "ctrTitle") and not heading:
            heading = " ".join(box.lines)
        else:
            lines += box.lines
    return heading, lines


def _drawn(archive: _Archive, kind: str, part: str) -> list[str]:
    """The words in a diagram or a chart; the numbers of a chart are in its file, but seldom shown."""
    root = archive.xml(part) if kind in ("diagramData", "chart") else None
    if root is None:
        return []
    lines = [" ".join(_run_text(paragraph).split()) for paragraph in _below(root, "p")]
    for names in _below(root, "strCache"):
        lines += [" ".join((value.text or "").split()) for value in _below(names, "v")]
    return list(dict.fromkeys(filter(None, lines)))


# --- odt, odp ---------------------------------------------------------------------------------------------


def _opendocument(archive: _Archive) -> tuple[_Text, list[str]]:
    manifest = archive.xml("META-INF/manifest.xml")
    if manifest is not None and any(True for _ in _below(manifest, "encryption-data")):
        raise _Unread("encrypted")
    root = archive.xml("content.xml")
    if root is None:
        raise _Unread("damaged")
    text = _Text()
    body = next(_below(root, "body"), root)
    slides = list(_below(body, "page"))
    for number, slide in enumerate(slides[:_MOST_SLIDES], 1):
        page = _Text()
        title = next((f for f in _below(slide, "frame") if _attribute(f, "class") == "title"), None)
        heading = " ".join(_run_text(p) for p in _below(title, "p")) if title is not None else ""
        _odf_blocks(slide, page, split=False)
        lines = page.lines[1:] if heading and page.lines[:1] == [" ".join(heading.split())] else page.lines
        text.pages.append(Page(number, "\n".join(lines), " ".join(heading.split()) or None))
        for line in filter(None, [heading, *page.lines[:2]]):
            text.begin(" ".join(line.split()), 0)
    if not slides:
        _odf_blocks(body, text, split=True)
    return text, []


def _odf_blocks(parent: etree._Element, text: _Text, *, split: bool) -> None:
    waiting = list(reversed(parent))
    while waiting:
        element = waiting.pop()
        name = _name(element)
        if name == "h" and split:
            text.section(_run_text(element))
        elif name in ("p", "h"):
            style = _attribute(element, "style-name")
            text.line(_run_text(element), _TITLE if style in ("Title", "Titel", "Rubrik") else 0)
        elif name == "table":
            _rows(element, text, "table-row", "table-cell")
            continue
        elif name in ("tracked-changes", "annotation", "forms"):
            continue
        if name in ("p", "h"):  # boxes and notes in the paragraph follow it
            waiting.extend(reversed(list(_boxes(element))))
        else:
            waiting.extend(reversed(element))


_READERS = {"docx": _docx, "pptx": _pptx, "odt": _opendocument, "odp": _opendocument}
