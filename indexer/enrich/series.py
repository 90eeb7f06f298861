"""Which documents belong together by their names: the same plan for other years, the minutes of the next
meeting, a policy and the guidance to it?

``link`` groups by what remains of a title when dates, numbers and words such as "reviderad" are taken away,
and by titles that name another document ("Riktlinjer till barnpolicyn"). Earlier versions of one address are
the catalogue's; documents of nearly the same text are found by ``alike``.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from indexer.disjoint import DisjointSets
from indexer.enrich.reading import clean_anchor
from indexer.language import dates
from indexer.model import Document, Evidence

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
    r"rev|final|draft|revised|edition|v|läsår(?:et)?|verksamhetsår(?:et)?|år(?:et|en)?|perioden)\b"
)
_NUMBER = re.compile(r"\b(?:\d+|[ivx]{1,4}|första|andra|tredje|fjärde|femte|sjätte|sjunde|åttonde)\b")
_SMALL_WORDS = "för av till från om och i inom på vid den det de en ett med the of for and in to"
_SMALL = frozenset(_SMALL_WORDS.split())
_TELLING = 5
"""Letters that must remain of a name for it to tell a series by itself."""
_COMPARED = 50
"""Members of a group, nearest in the given order, that each one is compared with: bounds the work."""


class Tie(NamedTuple):
    """That a document is part of a series, and why."""

    series: str
    evidence: Evidence


class _Titled(NamedTuple):
    """What is remembered of a document: without its text, and few words of the rest."""

    id: str
    owner: str
    name: str  # the title, normalised
    title: str


def link(documents: Iterable[Document]) -> dict[str, Tie]:
    """Document id → its series, for documents that have at least one sibling.

    Siblings have the same publisher and kind and agree in a name: title, link text or file name without
    dates, numbers and words of edition. Where only link text or file name agree, one title must at least
    hold the words of the other. A document whose title names another one of the same publisher ("Vägledning
    till barnpolicyn") belongs to the series of that one. The id of a series follows from the name, so it
    stays when members come and go.
    """
    known: list[_Titled] = []
    groups: dict[_Key, list[int]] = defaultdict(list)
    for document in documents:
        if document.kind in (None, "webpage", "example"):
            continue
        owner = (document.publisher or document.source).lower()
        for name in dict.fromkeys(_names(document)):
            groups[owner, document.kind or "", name].append(len(known))
        known.append(_Titled(document.id, owner, normalise(document.title), document.title))
    sets = DisjointSets(range(len(known)))
    why: dict[int, Evidence] = {}
    keys: dict[int, _Key] = {}
    for key, members in groups.items():
        for place, number in enumerate(members):
            words = set(known[number].name.split())
            for sibling in members[max(0, place - _COMPARED) : place]:
                others = set(known[sibling].name.split())
                if words <= others or others <= words:
                    sets.join(number, sibling)
                    for one in (sibling, number):
                        keys[one] = min(key, keys.get(one, key))
                        why[one] = Evidence("series", "", "series.name", keys[one][2].partition("|")[0])
    for companion, base, key in _companions(known):
        sets.join(companion, base)
        keys[companion] = min(key, keys.get(companion, key))
        keys.setdefault(base, key)
        why[companion] = Evidence("series", "", "series.belongs_to", known[companion].title)
        why.setdefault(base, Evidence("series", "", "series.has_companion", known[companion].title))
    least: dict[int, _Key] = {}
    for number, key in keys.items():
        root = sets.root(number)
        least[root] = min(key, least.get(root, key))
    ids = {root: hashlib.sha256("\n".join(key).encode()).hexdigest()[:12] for root, key in least.items()}
    return {
        known[number].id: Tie(series := ids[sets.root(number)], replace(why[number], value=series))
        for number in keys
    }


# --- what its title says that it belongs to -----------------------------------------------------------------

_COMPANION_WORD = (
    r"(?:riktlinjer?|vägledning|handledning|(?:tillämpnings|användar)?anvisning(?:ar)?|handbok|stödmaterial|metodstöd|"
    r"lathund|manual|guide|kommentar(?:er)?|bilag(?:a|or)|uppföljning|utvärdering|revidering|uppdatering|översyn|"
    r"(?:handlings|aktivitets|genomförande|åtgärds|implementerings)plan|checklista|mall|sammanfattning|kortversion|"
    r"lättläst version|guidelines?|guidance|handbook|summary|follow-up|revision|appendix)"
)
_COMPANION = re.compile(
    rf"^{_COMPANION_WORD}(?:\s+\d+)?\s+(?:till|av|för|to|of|for)\s+(?P<of>.+)$"
    rf"|^(?P<before>.+?)\s*[–—:,(-]\s*{_COMPANION_WORD}\)?$",
    re.IGNORECASE,
)
_DOCUMENT_WORD = re.compile(
    r"^(\w*?)(policy|plan|strategi|program|checklist|riktlinje|överenskommelse|reglemente|modell|bokslut|strategy|"
    r"programme|agreement|guideline)(?:n|en|et|met|a|an|or|orna|r|rna|er|erna|s|ns|ens|ets|mets|ans|na|nas)?$"
)
"""A word for a document, with its endings apart: "barnpolicyn" and "barnpolicy" are the same one."""
_ORGANISATION = frozenset(("kommun", "kommuns", "stad", "stads", "region", "regions", "län", "läns"))


def _companions(known: list[_Titled]) -> Iterator[tuple[int, int, _Key]]:
    """(document, the one that its title names, the key of their series), by number."""
    named: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
    for number, document in enumerate(known):
        if (core := _core(document.title, document.owner)) is not None:
            named[document.owner, core].append(number)
    for number, document in enumerate(known):
        match = _COMPANION.match(document.title.strip())
        core = _core(match["of"] or match["before"], document.owner) if match else None
        if core is not None:
            for base in named.get((document.owner, core), ())[:_COMPARED]:
                if base != number:
                    yield number, base, (document.owner, "", " ".join(sorted(core)))


def _core(title: str, owner: str) -> frozenset[str] | None:
    """The words by which a document is known beside others of its owner; None when they name none."""
    own = set(owner.split())
    found = set()
    telling = False
    for word in normalise(title).split():
        match = _DOCUMENT_WORD.match(word)
        if match:
            word = match[1] + match[2]
        elif word in own or word + "s" in own or word in _ORGANISATION:
            continue
        found.add(word)
        telling = telling or bool(match)
    return frozenset(found) if telling and len("".join(found)) >= 2 * _TELLING - 1 else None


# --- names --------------------------------------------------------------------------------------------------


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
