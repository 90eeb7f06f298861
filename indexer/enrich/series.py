"""Which documents are editions of one another: the same plan for other years, the minutes of the next
meeting?

``link`` groups by what remains of a title when dates, numbers and words such as "reviderad" are taken away.
``near_duplicates`` finds the same text at several addresses by MinHash (Broder 1997) and keeps apart what is
a version or a yearly edition. Earlier versions of one address are the catalogue's.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from indexer.enrich.reading import clean_anchor
from indexer.language import dates
from indexer.model import Document

_Key = tuple[str, str, str]  # publisher, kind, name

# --- editions -----------------------------------------------------------------------------------------------

_KIND_WORDS = re.compile(
    r"\b(?:minnesanteckning(?:ar)?|mötesanteckning(?:ar)?|anteckningar|sammanträdesprotokoll|protokoll|"
    r"protokollsutdrag|inbjudan|program|kallelse|dagordning|presentation|nyhetsbrev(?:et)?|minutes|notes|newsletter|"
    r"invitation)\b"
)
_EDITION_WORDS = re.compile(
    r"\b(?:revidera[dt]e?|revidering|uppdatera[dt]|version|utgåva|upplaga|ver|utkast|förslag (?:till|på)|"
    r"fortsatt|slutversion|slutlig|antagen|gällande|ny|nya|remissversion|bilaga|nr|nummer|del|möte|träff|tillfälle|omgång|"
    r"rev|final|draft|revised|edition|v)\b"
)
_NUMBER = re.compile(r"\b(?:\d+|[ivx]{1,4}|första|andra|tredje|fjärde|femte|sjätte|sjunde|åttonde)\b")
_SMALL_WORDS = "för av till från om och i inom på vid den det de en ett med the of for and in to"
_SMALL = frozenset(_SMALL_WORDS.split())
_TELLING = 5
"""Letters that must remain of a name for it to tell a series by itself."""
_COMPARED = 50
"""Members of a group, nearest in the given order, that each one is compared with: bounds the work."""


def link(documents: Sequence[Document]) -> dict[str, str]:
    """Document id → series id, for documents that have at least one sibling.

    Siblings have the same publisher and kind and agree in a name: title, link text or file name without
    dates, numbers and words of edition. Where only link text or file name agree, one title must at least
    hold the words of the other. The id of a series follows from the name, so it stays when members come and
    go.
    """
    groups: dict[_Key, list[int]] = defaultdict(list)
    titles: list[frozenset[str]] = []
    for number, document in enumerate(documents):
        titles.append(frozenset(normalise(document.title).split()))
        if document.kind not in (None, "webpage", "example"):
            for name in dict.fromkeys(_names(document)):
                owner = (document.publisher or document.source).lower()
                groups[owner, document.kind or "", name].append(number)
    parent = list(range(len(documents)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    joined: dict[int, _Key] = {}
    for key, members in groups.items():
        for place, number in enumerate(members):
            for sibling in members[max(0, place - _COMPARED) : place]:
                if titles[number] <= titles[sibling] or titles[sibling] <= titles[number]:
                    first, second = root(sibling), root(number)
                    parent[max(first, second)] = min(first, second)
                    for one in (sibling, number):
                        joined[one] = min(key, joined.get(one, key))
    least: dict[int, _Key] = {}
    for number, key in joined.items():
        least[root(number)] = min(key, least.get(root(number), key))
    return {documents[number].id: _id(least[root(number)]) for number in joined}


def _id(key: _Key) -> str:
    return hashlib.sha256("\n".join(key).encode()).hexdigest()[:12]


def _names(document: Document) -> Iterator[str]:
    """What the document may be recognised by among its siblings; nothing so general that strangers share
    it.
    """
    folder, _, file_name = unquote(document.url).lower().rpartition("/")
    above = " ".join(heading.lower() for heading in document.headings if not any(map(str.isdigit, heading)))
    for text in (document.title, clean_anchor(document.anchor or "")):
        name = normalise(text)
        if len(name.replace(" ", "")) >= _TELLING:
            yield name
        elif text and (bare := normalise(text, keep_kind=True)):
            yield f"{bare}|{folder}|{above}"  # "Protokoll 2014-03-12": only in one folder, under one heading
    name = normalise(re.sub(r"[-_+]", " ", file_name.rpartition(".")[0]))
    if len(name.replace(" ", "")) >= _TELLING:
        yield f"{name}|{folder}"


def normalise(title: str, *, keep_kind: bool = False) -> str:
    """A title without what differs between editions: "Processplan 2012–2013, reviderad" → "processplan"."""
    for stated in reversed(dates.read(title)):
        title = title[: stated.start] + " " + title[stated.end :]
    text = title.lower()
    for pattern in (_EDITION_WORDS, _NUMBER) if keep_kind else (_KIND_WORDS, _EDITION_WORDS, _NUMBER):
        text = pattern.sub(" ", text)
    return " ".join(word for word in re.findall(r"[^\W_]+", text) if word not in _SMALL)


# --- near-duplicates ----------------------------------------------------------------------------------------

HASHES = 128
_BANDS = 16
"""Bands of 8 rows: pairs of similarity .9 share a band with probability .9999, of .5 with .06 (Broder;
LSH S-curve).
"""
_SHINGLE = 4
_SAME = 0.9
"""Estimated Jaccard similarity from which two texts are the same document; editions differ in a date or a
name.
"""
_FEWEST_WORDS = 20

# Multiply-shift hashing (Dietzfelbinger et al. 1997): odd factors, sums wrapped at 64 bits, the upper half
# kept.
_RANDOM = np.random.default_rng(20_110_225)
_FACTOR = _RANDOM.integers(0, 1 << 63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_SHIFT = _RANDOM.integers(0, 1 << 63, HASHES, dtype=np.uint64)


def fingerprint(text: str) -> NDArray[np.uint64] | None:
    """MinHash of the text's word shingles, shape (128,); None for texts too short to compare."""
    words = re.findall(r"\w+", text.lower())
    if len(words) < _FEWEST_WORDS:
        return None
    shingles = {" ".join(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1)}
    hashed = np.fromiter(
        (int.from_bytes(hashlib.blake2b(s.encode(), digest_size=8).digest(), "little") for s in shingles),
        np.uint64,
        len(shingles),
    )
    lowest = np.full(HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(hashed), 2_000):  # bounded memory for long documents
        block = hashed[start : start + 2_000, None] * _FACTOR + _SHIFT
        np.minimum(lowest, (block >> np.uint64(32)).min(axis=0), out=lowest)
    return lowest


def similarity(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Estimated Jaccard similarity of two texts from their fingerprints, 0 to 1."""
    return float(np.mean(one == other))


def near_duplicates(documents: Sequence[Document]) -> dict[str, str]:
    """Document id → id of the one it repeats (the first of them), for texts that are the same but for
    trifles.

    Documents whose titles, years or dates differ are editions or versions and never merged.
    """
    prints = [fingerprint("\n".join(page.text for page in document.text)) for document in documents]
    repeats: dict[str, str] = {}
    for one, other in sorted(_candidates(prints)):
        first, second = prints[one], prints[other]
        if first is None or second is None or documents[other].id in repeats or documents[one].id in repeats:
            continue
        if similarity(first, second) >= _SAME and not _editions(documents[one], documents[other]):
            repeats[documents[other].id] = documents[one].id
    return repeats


def _candidates(prints: Iterable[NDArray[np.uint64] | None]) -> set[tuple[int, int]]:
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    rows = HASHES // _BANDS
    for number, one in enumerate(prints):
        if one is not None:
            for band in range(_BANDS):
                buckets[band, one[band * rows : (band + 1) * rows].tobytes()].append(number)
    pairs: set[tuple[int, int]] = set()
    for members in buckets.values():
        for place, other in enumerate(members):
            pairs.update((one, other) for one in members[max(0, place - _COMPARED) : place])
    return pairs


def _editions(one: Document, other: Document) -> bool:
    """Whether two documents of nearly the same text say themselves that they are different editions."""
    if one.published and other.published and one.published != other.published:
        return True
    if one.years and other.years and set(one.years) != set(other.years):
        return True
    return re.findall(r"\d+", one.title) != re.findall(r"\d+", other.title) or one.language != other.language
