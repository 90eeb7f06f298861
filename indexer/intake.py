"""New captures → extracts, what they say of their addresses, and the links of their pages.

Personal identity numbers are masked before anything is kept. Not for what a document is
(``indexer.identity``, ``indexer.understand``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from indexer import extract as readers
from indexer import identity
from indexer.catalogue import Catalogue
from indexer.config import number
from indexer.crawl import archive
from indexer.enrich.personal import mask_document
from indexer.errors import ArchiveError, CatalogueError
from indexer.extract import Extractor, Job, legacy, ocr, repeats
from indexer.extract.charset import charset_of
from indexer.extract.robots import robots_words
from indexer.extract.sniff import FORMAT_OF
from indexer.files import alone
from indexer.identity import Address, Answer, Held
from indexer.language import normalise
from indexer.model import Capture, Contact, Extract, Progress

READ, LEFT_OUT = "extract", "index"
"""Stages of failures: the bytes could not be read (wholly), or what they hold does not belong here."""

LONG_ENOUGH = 200
"""Characters from which two pages of one host with the same title and text are the same page; shorter ones,
such as lists of links, must have the same bytes."""

LONGEST_NAME = 1_000
"""Characters of a title, a heading above a link or a link's words that are kept."""

VERDICTS = {
    identity.NOINDEX: "The page asks not to be indexed.",
    identity.SOFT_404: "The page says that there is nothing at this address, or sends its readers on.",
    identity.REPLACED: "The site shows one and the same page here and in place of many others.",
    identity.LOGIN: "The page asks for a password.",
    identity.EMPTY: "The answer is empty.",
    identity.UNSUPPORTED: "Files of this type are not read.",
}
"""Why what an address holds is left out, by verdict."""

PASSING = ("timeout", "crashed", "partly_read", "no_ocr", "no_libreoffice")
"""Reasons that may tell of the machine, or of the moment of reading, rather than of the file."""


@dataclass
class Taken:
    """What one intake did."""

    captures: int = 0
    read: int = 0
    problems: Counter[str] = field(default_factory=Counter)  # that are new, by reason


def take_in(catalogue: Catalogue, corpus: Path, progress: Progress) -> Taken:
    """Read every capture since the last intake, and again what is held if the rules of reading changed."""
    return _Intake(catalogue, corpus, progress).run()


def key_of(capture: Capture) -> str | None:
    """What the extract of these bytes is kept under; None when the answer has none. The links of a page
    depend on its address, so pages with the same bytes are read apart."""
    if capture.status not in (200, 304) or not capture.digest:
        return None
    is_page = FORMAT_OF.get(capture.media_type) == "html"
    return f"{capture.digest} {capture.url}" if is_page else capture.digest


def _rules() -> str:
    """Fingerprint of the code that reads."""
    return code(Path(readers.__file__).parent, Path(__file__))


def _programs() -> dict[str, str]:
    """Format → whether the program is here that files of that format may need."""
    office = "LibreOffice" if legacy.program() else "no LibreOffice"
    pictures = ocr.missing() or "ocr"
    return {"doc": office, "ppt": office, "rtf": office, "pdf": pictures, "image": pictures}


def code(*places: Path) -> str:
    """Fingerprint of source files: when it changes, what they concluded is concluded anew."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def locked(corpus: Path) -> AbstractContextManager[None]:
    """Be the only one that reads captures below ``corpus``. Raises CatalogueError when someone else does."""
    return alone(
        corpus / "ingest.lock",
        lambda who: CatalogueError(
            f"Another process is reading {corpus} already ({who}). Wait until it is done."
        ),
        CatalogueError,
    )


class _Intake:
    """One intake under way."""

    def __init__(self, catalogue: Catalogue, corpus: Path, progress: Progress) -> None:
        self._catalogue = catalogue
        self._readings = catalogue.readings
        self._corpus = corpus
        self._progress = progress
        self._code, self._programs = _rules(), _programs()
        self._lost: dict[str, str] = {}  # address → why its bytes are not in the archive
        self._taken = Taken()

    def run(self) -> Taken:
        catalogue, readings = self._catalogue, self._readings
        last = int(readings.fact("captures") or 0)
        new = catalogue.captured(last)
        rules = " ".join((self._code, *dict.fromkeys(self._programs.values())))
        again = readings.fact("rules") != rules
        changed = [c for c in (catalogue.captured(0) if again else new) if not catalogue.forgotten(c.url)]
        self._taken.captures = sum(c.after for c in (new if again else changed))
        self._read(self._wanted((c.url for c in changed), last))
        known = readings.stand_ins() if changed else frozenset()
        for address in changed:
            self._observe(address.url, known)
            catalogue.commit()
        if changed:
            self._observe_again(known)
        readings.set_fact("captures", str(max((c.newest for c in changed), default=last)))
        readings.set_fact("rules", rules)
        catalogue.commit()
        return self._taken

    # --- reading --------------------------------------------------------------------------------------

    def _wanted(self, urls: Iterable[str], last: int) -> dict[str, int]:
        """Extract key → id of a capture to read it from: all new contents, and the one each address holds
        now."""
        found: dict[str, int] = {}
        for url in urls:
            contents = [(c, key) for c in self._catalogue.captures_of(url) if (key := key_of(c))]
            for capture, key in contents:
                needed = capture.id > last or key == contents[-1][1]
                if needed and key not in found and not self._readings.has(key, self._rules(capture)):
                    found[key] = capture.id
        return found

    def _read(self, wanted: Mapping[str, int]) -> None:
        """Extract in worker processes and keep what was read."""
        if not wanted:
            return
        reading: dict[str, Capture] = {}  # those that a worker has now
        self._progress("read", 0, len(wanted))
        with Extractor(ocr_cache=self._corpus / "ocr") as extractor:
            for count, (key, extract) in enumerate(extractor.map(self._jobs(wanted, reading)), 1):
                assert isinstance(key, str)
                self._keep(key, mask_document(_cleaned(extract)), reading.pop(key))
                # Committed one by one: the next may take a minute, and a crawl may be waiting to write.
                self._catalogue.commit()
                self._taken.read += 1
                self._progress("read", count, len(wanted))

    def _keep(self, key: str, extract: Extract, capture: Capture) -> None:
        """Keep what was read. A busy machine, or a program that is gone, costs no text that was read before;
        the next crawl has such a file tried again, as long as that brings more."""
        rules = self._rules(capture)
        if _reason(extract) in PASSING:
            before = self._readings.extract(key)
            more = _characters(extract) - _characters(before) if before else 1
            if more < 0:
                self._readings.keep(key, rules)
                return
            rules = "" if more else rules
        blocks = [int(b, 16) for b in extract.blocks]
        self._readings.put_extract(key, rules, extract, _held(extract, capture), blocks)

    def _rules(self, capture: Capture) -> str:
        """While these are the same, its bytes are read as they were."""
        return f"{self._code} {self._programs.get(FORMAT_OF.get(capture.media_type, ''), '')}"

    def _jobs(self, wanted: Mapping[str, int], reading: dict[str, Capture]) -> Iterator[Job]:
        """What is to be read, put down in ``reading`` when a worker takes it."""
        for key, id_ in wanted.items():
            capture = self._catalogue.capture(id_)
            if capture is None:
                continue
            try:
                payload = self._payload(capture)
            except ArchiveError as e:
                self._lost[capture.url] = f"{e} The next crawl asks for it anew."
                continue
            reading[key] = capture
            charset = charset_of(capture.headers.get("content-type", ""))
            yield Job(key, payload, capture.media_type, capture.url, charset)

    def _payload(self, capture: Capture) -> bytes:
        """The bytes of a capture; where the archive has lost them, those of another that fetched the same."""
        try:
            return archive.read(self._corpus, capture.warc, capture.offset)[1]
        except ArchiveError:
            for other in self._catalogue.captures_of(capture.url):
                if other.id != capture.id and other.revisit_of is None and key_of(other) == key_of(capture):
                    return archive.read(self._corpus, other.warc, other.offset)[1]
            raise

    # --- observing ------------------------------------------------------------------------------------

    def _observe(self, url: str, stand_ins: frozenset[str]) -> None:
        """Keep what the answers of one address say, the links of its page, and what is wrong with it."""
        readings = self._readings
        before = readings.address(url)
        address, held = self._address(url, stand_ins)
        readings.put_address(address)
        readings.remember(url, {h.signature for h in held.values() if not h.verdict})
        extract = readings.extract(address.key) if address.key else None
        if extract is not None:
            readings.put_links(url, extract.links)
        self._tell(address, extract, before)

    def _observe_again(self, known: frozenset[str]) -> None:
        """Where a page stands that turns out to be put in place of many, what it replaced counts as before:
        it is read again where its text was dropped. Of the pages ``known`` that was known."""
        readings = self._readings
        stand_ins = readings.stand_ins()
        urls = sorted({url for signature in stand_ins - known for url in readings.ever(signature)})
        replaced = (self._address(url, stand_ins)[0] for url in urls)
        held = {a.key: c for a in replaced if a.key and (c := self._catalogue.capture(a.capture or 0))}
        self._read({key: c.id for key, c in held.items() if not readings.has(key, self._rules(c))})
        for url in urls:
            self._observe(url, stand_ins)
            self._catalogue.commit()

    def _address(self, url: str, stand_ins: frozenset[str]) -> tuple[Address, Mapping[str, Held]]:
        """What the answers of one address say of it, and what it has held by extract key."""
        history = self._catalogue.captures_of(url)
        held = self._readings.held({key for c in history if (key := key_of(c))})
        days = number("gone_days")
        return identity.observe(url, history[0].source, _answers(history), held, days, stand_ins), held

    def _tell(self, address: Address, extract: Extract | None, before: Address | None) -> None:
        """The failures of an address as they stand now."""
        source, url, problems = address.source, address.url, self._taken.problems
        new = before is None or (before.key, before.verdict) != (address.key, address.verdict)
        self._catalogue.clear_failure(source, url, (READ, LEFT_OUT))
        at = address.answered_at
        if url in self._lost:
            self._catalogue.add_failure(source, url, READ, "archive", self._lost[url], at)
            problems["archive"] += 1
        elif verdict := address.verdict:
            self._catalogue.add_failure(source, url, LEFT_OUT, verdict, VERDICTS[verdict], at)
            problems[verdict] += new
        elif extract is not None and extract.problem:
            reason = _reason(extract)
            self._catalogue.add_failure(source, url, READ, reason, extract.problem, at)
            problems[reason] += new


def _cleaned(extract: Extract) -> Extract:
    """Every text as it is stored, indexed and shown (``language.normalise``)."""
    cleaned = replace(
        extract,
        pages=tuple(
            replace(
                p,
                text=normalise(p.text),
                heading=p.heading and normalise(p.heading),
                label=p.label and normalise(p.label),
            )
            for p in extract.pages
        ),
        titles=tuple((where, _short(text)) for where, text in extract.titles),
        links=tuple(
            replace(x, anchor=_short(x.anchor), headings=tuple(map(_short, x.headings)))
            for x in extract.links
        ),
        dates=tuple(replace(date, text=normalise(date.text)) for date in extract.dates),
        contacts=tuple(
            Contact(*(told and normalise(told) for told in (c.role, c.name, c.email, c.phone)))
            for c in extract.contacts
        ),
        outline=tuple(replace(entry, title=normalise(entry.title)) for entry in extract.outline),
        author=extract.author and _short(extract.author),
        furniture=tuple(map(normalise, extract.furniture)),
    )
    # The fingerprints of the blocks are to be those of the cleaned text.
    return repeats.without(cleaned, frozenset()) if extract.format == "html" else cleaned


def _short(text: str) -> str:
    """What names something: a title of a megabyte names nothing, and is read by many rules."""
    return normalise(text[:LONGEST_NAME])


def _held(extract: Extract, capture: Capture) -> Held:
    if capture.digest == _EMPTY:
        verdict = identity.EMPTY
    elif extract.format == "other":
        verdict = identity.UNSUPPORTED
    elif extract.soft_404:
        verdict = identity.SOFT_404
    elif extract.login:
        verdict = identity.LOGIN
    else:
        verdict = identity.NOINDEX if "noindex" in extract.robots else ""
    title = next((text for _, text in extract.titles), "")
    return Held(verdict, _signature(extract, capture, title), title, extract.canonical)


_EMPTY = hashlib.sha256(b"").hexdigest()


def _signature(extract: Extract, capture: Capture, title: str) -> str:
    """Files are the same when their bytes are; pages of one host, with ``www.`` or without, also when title
    and text are."""
    text = "\n".join(f"{p.heading or ''}\n{p.text}" for p in extract.pages)
    if extract.format != "html" or len(text) < LONG_ENOUGH:
        return capture.digest
    host = urlsplit(capture.url).netloc.removeprefix("www.")
    return hashlib.sha256("\n".join((host, title, text)).encode("utf-8", "replace")).hexdigest()


def _answers(history: Iterable[Capture]) -> Iterator[Answer]:
    tag = ""
    for capture in history:
        # A 304 leaves out what has not changed, as Apache does: headers of before go on (RFC 9111, 3.2).
        tag = capture.headers.get("x-robots-tag", tag if capture.status == 304 else "")
        yield Answer(
            capture.id, capture.fetched_at, capture.status, key_of(capture), capture.redirect_to,
            "noindex" in robots_words(tag),
        )  # fmt: skip


def _characters(extract: Extract) -> int:
    return sum(len(page.text) for page in extract.pages)


def _reason(extract: Extract) -> str:
    """Stable id of what is wrong with the file; "" when nothing is."""
    return extract.reason or ("unreadable" if extract.problem else "")
