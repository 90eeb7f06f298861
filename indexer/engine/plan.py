"""What does a query mean in this index? The tree of ``grammar`` → a Whoosh query tree, and how it was read.

A word stands for itself in all its forms, for compounds it is part of, for what the thesaurus says means the
same, and, when it was typed without its dots and rings, for the words that differ from it only in those. Each
has a weight below the word itself. Documents rank higher that have the words in the title, or side by side as
they were typed. Not for syntax, nor for how a tree is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import pairwise
from typing import NamedTuple, Protocol

from whoosh import query as wq
from whoosh.query import spans

from indexer.engine import grammar
from indexer.engine.grammar import Tree
from indexer.engine.notation import (
    COMMON,
    DATE_FIELDS,
    FIELD_NAMES,
    NAME_FIELDS,
    NOT_KNOWN,
    NOTES,
    SLIGHT,
    SMALL,
    TEXT_FIELDS,
    VALUE_FIELDS,
    YEAR_FIELDS,
)
from indexer.engine.postings import PAGE_GAP
from indexer.engine.queries import Most, Rescored, Variants, Written
from indexer.engine.schema import TEXT, part
from indexer.language import TOKEN, analyser, fold, forms, normalise
from indexer.language.kin import kin
from indexer.language.thesaurus import Match, Thesaurus
from indexer.model import UNKNOWN, ReadTerm

WhooshQuery = wq.Query
"""What a plan makes and the engine evaluates; opaque outside the engine."""


@dataclass(frozen=True)
class Weights:
    """What a variant is worth beside the word itself; tuned with ``tests/eval/gate.py``."""

    compound: float = 0.35  # handlingsplan, when plan was asked for
    joined: float = 0.5  # "barn checklista" side by side, when barnchecklista was asked for
    head: float = 0.05  # checklista, when barnchecklista was asked for
    synonym: float = 0.3
    unmarked: float = 0.5  # Malmö, when malmo was asked for
    named: float = 0.2  # how often a place is named, of documents that concern it anyway
    # only where most of the words are enough, for documents that have too few of them otherwise
    loose_head: float = 0.2  # checklista, when barnchecklista was asked for
    cousin: float = 0.1  # barnbok and packlista, when barnchecklista was asked for
    kin: float = 0.4  # utreda, when utredning was asked for
    slight: float = 0.2  # går, in "hur går ansökan till"
    elsewhere: float = 0.5  # a place: what is sought is rather found elsewhere than something else there
    # added to the score of documents that match anyway
    title: float = 0.3  # a word in the title
    title_phrase: float = 0.3  # all words side by side in the title
    side_by_side: float = 0.5  # two words as they were typed, one after the other, or as one compound
    family: float = 0.1  # compounds of a word: energipolitik and energipriser, when energi was asked for
    the_thing: float = 0.3  # a document that does not only announce something


WEIGHTS = Weights()
AND = "och"  # as it is indexed
ABBREVIATION = 4
"""Capitals that are no slip for a word of small letters: ABK is not ask."""
MUCH_RARER = 50
"""Times. Texts of the parliament have svart 17 times, svårt 265 times; vag 3, väg 141; dar 1, där 1,108."""
RATHER_PLACE = 4
"""One in so many documents with vara or mark must concern Vara or Mark for it to be read as the place."""
SOMEWHERE = 1.0
"""What the name of a county must tell, about a third of the documents: of Skåne's own, all concern Skåne."""
RARE = 5
"""Documents that a compound is in when it is also looked for as a half of two: barn- och ungdomsnämnden."""
ANNOUNCING = ("invitation", "newsletter", "information")
"""Kinds of documents that tell of a thing rather than being it: a poster, a leaflet."""
MOST = 0.2
"""Share of a query's words that a document must have when none has them all."""
SHOWN_FORMS = 12
"""Words that a pattern stands for and that are told."""
MOST_READ = 10_000
"""Documents that are read for the patterns of one query, some 20 µs each, to leave out other forms."""


class Named(NamedTuple):
    """A municipality or county that some documents concern, or who puts some out."""

    field: str  # municipality, county, publisher
    value: str
    name: str
    ordinary: bool  # the name is also a common word or a person's name


class Words(Protocol):
    """What a plan asks of the words of the index."""

    def documents(self, term: str) -> int:
        """Documents that hold an index term."""

    def forms(self, stem: str, limit: int) -> Sequence[str]:
        """Written words that are indexed as ``stem``, commonest first."""

    def written(self, pattern: str, limit: int) -> tuple[Sequence[str], int]:
        """Written words that match, commonest first, and documents that may only have other forms of them."""

    def unmarked(self, word: str) -> Sequence[str]:
        """Other written words that differ from ``word`` only in marks on letters."""

    def count(self, word: str) -> int:
        """Documents with a word as written."""

    def matching(self, query: wq.Query) -> int:
        """Documents that a query finds alone."""

    def idf(self, documents: int) -> float:
        """How telling is what so many documents have?"""

    def named(self, words: Sequence[str]) -> tuple[int, Named] | None:
        """Whose name the first of ``words`` are, as typed, and how many of them: Lund, Lunds, Lunds kommun,
        ostra goinge, Region Skåne."""

    def at(self, address: str) -> str | None:
        """Id of the document that is held at an address."""

    def values(self, field: str, text: str) -> Sequence[str]:
        """Values of a facet that ``text`` names: a code, a label in any language, or a name."""


@dataclass(frozen=True)
class Plan:
    tree: wq.Query
    relax: Callable[[], wq.Query | None]
    reading: tuple[ReadTerm, ...]
    unmatched: tuple[str, ...]  # words that stand in no document in any form
    words: tuple[str, ...]  # plain words as typed, for did-you-mean
    # of those: which are right (in the thesaurus, in other forms, abbreviations), which have only parts
    known: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()

    @cached_property
    def relaxed(self) -> wq.Query | None:
        """Most of the words, for when few documents have them all; worked out only then."""
        return self.relax()


def plan(
    text: str, words: Words, thesaurus: Thesaurus, language: str = "sv", weights: Weights = WEIGHTS
) -> Plan:
    """How ``text`` is searched; ``language`` is that of the notes. Never raises for what was typed."""
    text = as_typed(text)
    planner = _Planner(words, thesaurus, 0 if language == "sv" else 1, weights)
    address = _ADDRESS.fullmatch(text)
    if address is not None:
        held = words.at(address[1])
        if held is not None:
            return planner.result(planner.chosen(address[1], wq.Term("id", held)), ())
        planner.read(address[1], "ignored", note="no_address")
        text = address[2]
    parsed = grammar.parse(text, FIELD_NAMES)
    for note in parsed.notes:
        planner.read(note.text, "ignored", note=note.code)
    if parsed.tree is None:
        # nothing typed asks for everything; only signs ask for nothing
        return planner.result(wq.Every() if not text.strip() else wq.NullQuery, ())
    parts = parsed.tree.nodes if isinstance(parsed.tree, grammar.And) else (parsed.tree,)
    required = planner.all_of(parts, TEXT)
    tree = _and(required) if required else wq.NullQuery
    better = planner.better(parts)
    if better:
        tree = Rescored(tree, wq.Or(better) if len(better) > 1 else better[0])
    return planner.result(tree, required)


def side_by_side(words: Sequence[str]) -> wq.Query:
    """Words one after the other, in any form."""
    return wq.Phrase(TEXT, [analyser("sv").word(w).stem for w in words])


_LETTERS = re.compile(r"[^\W\d_]{4,}")
"""Words of what was typed as one: not pdf, se or www."""
_ADDRESS = re.compile(r"\s*<?((?:https?://|(?=www\.))([^\s<>]+))>?\s*", re.IGNORECASE)
"""A pasted address (in angle brackets as in letters), and what texts write of it."""
_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)} | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


def as_typed(text: str) -> str:
    """``text`` with its letters as documents have them: NFC, no soft hyphens, nothing half or full width."""
    return normalise(text.translate(_WIDE))


def _and(queries: Sequence[wq.Query]) -> wq.Query:
    positive = [q for q in queries if not isinstance(q, wq.Not)]
    negative = [q.query for q in queries if isinstance(q, wq.Not)]
    tree = (wq.And(positive) if len(positive) > 1 else positive[0]) if positive else wq.Every()
    return wq.AndNot(tree, wq.Or(negative) if len(negative) > 1 else negative[0]) if negative else tree


def _term(field: str, text: str) -> wq.Query:
    return wq.Term(field, text)


_UNREAD: wq.Query = wq.Every("")
"""What was not read and is told: as if it had not been typed."""


class _Planner:
    def __init__(self, words: Words, thesaurus: Thesaurus, language: int, weights: Weights) -> None:
        self.index, self.thesaurus, self.language, self.weights = words, thesaurus, language, weights
        self.reading: list[ReadTerm] = []
        self.unmatched: list[str] = []
        self.typed: list[str] = []
        self.known: set[str] = set()
        self.absent: set[str] = set()
        self.doubtful = 0
        """Documents that are read for the patterns so far."""
        self.common: list[wq.Query] = []
        """Common words that were left out: they tell documents apart that have only most of the words."""
        self.meant: dict[wq.Query, tuple[str, str, dict[wq.Query, float]]] = {}
        """Of the query of a word: the word, its field, and what it stands for."""
        self.names: set[str] = set()
        """Words that name a municipality or publisher, lower-case."""
        self.inside: dict[wq.Query, list[wq.Query]] = {}
        """Of the query of words that are one term of the thesaurus: each word, and the other terms."""

    def result(self, tree: wq.Query, required: Sequence[wq.Query]) -> Plan:
        relax = partial(self.relaxed, required)
        return Plan(
            tree, relax, tuple(self.reading), tuple(self.unmatched), tuple(self.typed),
            frozenset(self.known), frozenset(self.absent),
        )  # fmt: skip

    def relaxed(self, required: Sequence[wq.Query]) -> wq.Query | None:
        """Most of what is required; None where that is all of it."""
        scored = [q for q in required if not isinstance(q, (wq.Not, wq.ConstantScoreQuery))]
        kept = [q for q in required if q not in scored]
        if len(scored) == 1:
            scored = self.inside.get(scored[0], [])
        if len(scored) < 2:
            return None
        most: wq.Query = Most([self.looser(q) for q in scored], max(1, round(len(scored) * MOST)))
        if self.common:
            most = wq.AndMaybe(most, wq.Or(self.common) if len(self.common) > 1 else self.common[0])
        return _and([most, *kept]) if kept else most

    def read(
        self,
        text: str,
        kind: str,
        *,
        forms: Sequence[str] = (),
        synonyms: Sequence[str] = (),
        parts: Sequence[str] = (),
        documents: int = 0,
        note: str | None = None,
    ) -> None:
        sentence = NOTES[note][self.language].format(f"”{text}”") if note else None
        self.reading.append(
            ReadTerm(text, kind, tuple(forms), tuple(synonyms), tuple(parts), documents, sentence)
        )

    # --- combining --------------------------------------------------------------------------------------

    def all_of(self, nodes: Sequence[Tree], field: str) -> list[wq.Query]:
        """One query for each node that must match; words side by side may be one term of the thesaurus."""
        queries: list[wq.Query] = []
        only_common = all(isinstance(n, grammar.Word) and n.text.lower() in COMMON for n in nodes)
        at = 0
        while at < len(nodes):
            node = nodes[at]
            if not isinstance(node, grammar.Word):
                if isinstance(node, grammar.Field):
                    node, more = self.named(node, nodes[at + 1 : at + 3])
                    at += more
                query = self.tree(node, field)
                if query is not _UNREAD:
                    queries.append(query)
                at += 1
                continue
            run = list(_run(nodes[at:]))
            queries += [q for q in self.run(run, field, keep_common=only_common) if q is not _UNREAD]
            at += len(run)
        return queries

    def named(self, node: grammar.Field, following: Sequence[Tree]) -> tuple[grammar.Field, int]:
        """``node`` with so many of the words after it as are one name with it: kommun:Östra Göinge."""
        if node.name in VALUE_FIELDS and isinstance(node.value, grammar.Word):
            words = [w.text for w in _run(following)]
            for more in range(len(words), 0, -1):
                name = " ".join([node.value.text, *words[:more]])
                if self.index.values(VALUE_FIELDS[node.name], name):
                    return grammar.Field(node.name, grammar.Word(name)), more
        return node, 0

    def run(self, nodes: Sequence[grammar.Word], field: str, *, keep_common: bool) -> list[wq.Query]:
        nodes = _numbers(nodes)
        covered: dict[int, Match] = {}
        for match in self.thesaurus.expand([n.text for n in nodes]):  # as typed: BO is not bo
            if not any(m.start < match.end and match.start < m.end for m in covered.values()):
                covered[match.start] = match
        queries: list[wq.Query] = []
        at = 0
        while at < len(nodes):
            match = covered.get(at)  # type: ignore[assignment]
            words = [n.text for n in nodes[at:]]
            size, name = self.name(words, field)
            many = match.end - match.start if match else 0
            if name is not None and many <= size:
                queries.append(self.concerning(name, words[:size], field, match if many == size else None))
                at += size
                continue
            if match is not None and many > 1:
                queries.append(self.term(words[:many], field, match))
                at += many
                continue
            text = nodes[at].text
            if text.lower() in COMMON and not keep_common:
                stem = analyser("sv").word(text.lower()).stem
                note = "small" if text.lower() in SMALL else "common"
                self.read(text, "common", documents=self.index.documents(stem), note=note)
                self.common.append(_term(field, stem))
            else:
                queries.append(self.word(text, field, match))
            at += 1
        return queries

    def term(self, words: Sequence[str], field: str, match: Match | None, same: str = "") -> wq.Query:
        """Words that are one: all of them, or what the thesaurus says means the same."""
        inside = [self.word(w, field) for w in words if w.lower() not in COMMON]
        alternatives = match.alternatives if match else ()
        others = [(self.phrase_of(a.words, field), self.weights.synonym) for a in alternatives]
        phrase = self.phrase_of([w.lower() for w in words], field)
        if match and self.possible(phrase):
            # What means the same is as rare as the term, however few texts have it.
            others.insert(0, (phrase, 1.0))
        self.read(
            " ".join(words),
            "phrase",
            synonyms=[*([same] if same else []), *(a.text for a in alternatives)],
            documents=self.index.matching(phrase),
        )
        if not others:
            return _and(inside)
        query = wq.Or([_and(inside), Variants(others)]) if inside else Variants(others)
        self.inside[query] = [*inside, Variants(others)]
        return query

    def name(self, words: Sequence[str], field: str) -> tuple[int, Named | None]:
        """How many of the first words are a name that documents bear as metadata, and which."""
        if field != TEXT:
            return 0, None
        word = words[0].lower()
        found = self.index.named(words)
        for plain in () if found else self.unmarked(word):
            found = found or self.index.named((plain,))
        size, name = found or (0, None)
        if name is not None and name.field == "county":
            concern = self.index.matching(wq.Term(name.field, name.value))
            if self.index.idf(concern) < SOMEWHERE:
                return 0, None
        if name is not None and size == 1 and name.ordinary:
            term = _term(TEXT, analyser("sv").word(word).stem)
            both = self.index.matching(wq.And([term, wq.Term(name.field, name.value)]))
            if both * RATHER_PLACE < self.index.documents(term.text):
                return 0, None
        return size, name

    def concerning(self, name: Named, words: Sequence[str], field: str, match: Match | None) -> wq.Query:
        """Documents of a municipality, county or publisher, as much as any that names it, or that name it.

        A list of links that has the name in its title is not more about it than a plan that never says it.
        """
        unmatched = list(self.unmatched)
        same = f"{NAME_FIELDS[name.field][self.language]}:{name.name}"
        if len(words) == 1:
            says = self.word(words[0], field, match, same)
        else:
            says = self.term(words, field, match, same)
        self.unmatched = unmatched
        lowered = [w.lower() for w in words if w.lower() not in COMMON]
        self.known.update(lowered)
        self.names.update(lowered)
        chosen = wq.Term(name.field, name.value)
        holding = [
            max((self.index.documents(s) for v in (w, *self.unmarked(w)) for s in self.stems(v)), default=0)
            for w in lowered
        ]
        idf, concern = self.index.idf, self.index.matching(chosen)
        # No less than the words may come to, nor than they do as one.
        worth = max(sum(idf(min(n, concern)) for n in holding if n), idf(self.index.matching(says)))
        most = wq.ConstantScoreQuery(chosen, worth)
        ways = says.subqueries if type(says) is wq.Or else [says]
        return wq.DisjunctionMax([*ways, most], tiebreak=self.weights.named)

    def tree(self, node: Tree, field: str) -> wq.Query:
        if isinstance(node, grammar.And):
            required = self.all_of(node.nodes, field)
            return _and(required) if required else _UNREAD
        if isinstance(node, grammar.Or):
            read = [q for n in node.nodes if (q := self.tree(n, field)) is not _UNREAD]
            return wq.Or(read) if read else _UNREAD
        if isinstance(node, grammar.Not):
            query = self.silent(node.node, field)
            return wq.Not(query) if query is not _UNREAD else _UNREAD
        if isinstance(node, grammar.Word):
            return self.run([node], field, keep_common=True)[0]
        if isinstance(node, grammar.Phrase):
            return self.phrase(node, field)
        if isinstance(node, grammar.Pattern):
            return self.pattern(node.text, field)
        if isinstance(node, grammar.Fuzzy):
            return self.fuzzy(node, field)
        if isinstance(node, grammar.Near):
            return self.near(node, field)
        if isinstance(node, grammar.Field):
            return self.field(node)
        return self.year(node.low, node.high, f"{node.low}..{node.high}")

    def silent(self, node: Tree, field: str) -> wq.Query:
        """What must not match: read as one thing, without words of its own in the did-you-mean."""
        before, typed, unmatched = len(self.reading), list(self.typed), list(self.unmatched)
        query = self.tree(node, field)
        words = " ".join(r.text for r in self.reading[before:] if r.kind != "ignored")
        self.reading[before:] = [r for r in self.reading[before:] if r.note and r.kind != "common"]
        self.typed, self.unmatched = typed, unmatched
        if words:
            self.read(words, "excluded", documents=self.index.matching(query))
        return query

    def better(self, nodes: Sequence[Tree]) -> list[wq.Query]:
        """What raises documents among those that match: words in the title, words side by side as typed."""
        typed = [n.text.lower() if isinstance(n, grammar.Word) else "" for n in nodes]
        words = [m[0] for text in typed for m in TOKEN.finditer(text)]
        stems = [s if self.index.documents(s) else "" for s in (analyser("sv").word(w).stem for w in words)]
        telling = ["" if w in COMMON else s for w, s in zip(words, stems, strict=True)]
        weights = self.weights
        # Where something is sought of someone, the name in a title is no merit.
        about = [s for w, s in zip(words, telling, strict=True) if s and w not in self.names]
        about = list(dict.fromkeys(about or filter(None, telling)))
        found: list[wq.Query] = [wq.Term("title", stem, boost=weights.title) for stem in about]
        found += [
            wq.Term(TEXT, part(stem), boost=weights.family)
            for stem in about
            if self.index.documents(part(stem))
        ]
        if len(stems) > 1 and all(stems):
            found.append(wq.Phrase("title", stems, boost=weights.title_phrase))
        found += [
            wq.Phrase(TEXT, list(two), boost=weights.side_by_side)
            for two, both in zip(pairwise(telling), pairwise(words), strict=True)
            if all(two) and not self.names.issuperset(both)
        ]
        runs = [
            words[i : i + n] for n in (2, 3) for i in range(len(words) - n + 1) if all(telling[i : i + n])
        ]
        joined = [w for run in runs for w in _as_one(run) if self.index.count(w)]
        for stem in dict.fromkeys(analyser("sv").word(w).stem for w in joined):  # barn checklista
            found.append(wq.Term(TEXT, stem, boost=weights.side_by_side))
            found.append(wq.Term("title", stem, boost=weights.title))
        if found:
            found.append(wq.ConstantScoreQuery(wq.Not(_any("kind", ANNOUNCING)), weights.the_thing))
        return found

    # --- words ------------------------------------------------------------------------------------------

    def word(self, text: str, field: str, match: Match | None = None, same: str = "") -> wq.Query:
        """``same``: what it is told to be said with besides."""
        tokens = [m[0].lower() for m in TOKEN.finditer(text)]
        if not tokens:
            self.read(text, "ignored", note="only_signs")
            return _UNREAD
        if len(tokens) != 1:  # "a/b", "e-post@kommun.se": as they stand, side by side
            return self.phrase(grammar.Phrase(text), field, whole=True)
        word = tokens[0]
        self.typed.append(word)
        members: dict[wq.Query, float] = {}
        stems = self.stems(word)
        for stem in stems:
            members[_term(field, stem)] = 1.0
        swedish = analyser("sv").word(word)
        members.setdefault(_term(field, part(swedish.stem)), self.weights.compound)
        heads = self.compound(word, field, members)
        others = match.alternatives if match else ()
        for other in others:
            members.setdefault(self.phrase_of(other.words, field), self.weights.synonym)
        apart = _apart(word)
        digits = wq.Phrase(field, apart)
        if apart and self.possible(digits) and self.index.matching(digits):
            members[digits] = 1.0
        unmarked = self.unmarked(word) if match is None else ()
        for other_word in unmarked:
            for stem in self.stems(other_word):
                members.setdefault(_term(field, stem), self.weights.unmarked)
        present = [(q, w) for q, w in members.items() if self.possible(q)]
        documents = max((self.index.documents(s) for s in stems), default=0)
        short = text.isupper() and len(text) <= ABBREVIATION
        if match is not None or short:
            self.known.add(word)
        elif not documents and not unmarked:
            self.absent.add(word)
        if not present:
            self.unmatched.append(text)
        self.read(
            text,
            "word",
            forms=(*dict.fromkeys(f for s in stems for f in self.index.forms(s, 8)), *unmarked),
            synonyms=[
                *([same] if same else []),
                *([" ".join(apart)] if digits in members else []),
                *(o.text for o in others),
            ],
            parts=heads,
            documents=documents,
        )
        if not present:
            query = _term(field, swedish.stem)
            self.inside[query] = self.pieces(text, field)
        else:
            query = present[0][0] if len(present) == 1 and present[0][1] == 1.0 else Variants(present)
        self.meant[query] = word, field, dict(present)
        return query

    def pieces(self, text: str, field: str) -> list[wq.Query]:
        """The words in what was typed as one (barnbokslut-2019_slutlig.pdf), for where it stands nowhere."""
        before = list(self.reading), list(self.typed), list(self.unmatched)
        words = dict.fromkeys(w for w in _LETTERS.findall(text.lower()) if w not in COMMON)
        queries = [self.word(w, field) for w in words] if len(words) > 1 else []
        self.reading, self.typed, self.unmatched = before
        return queries

    def looser(self, query: wq.Query) -> wq.Query:
        """What ``query`` stands for where most of the words are enough."""
        if isinstance(query, wq.DisjunctionMax):  # made by ``concerning`` alone
            return query.with_boost(self.weights.elsewhere)
        if query not in self.meant:
            return query
        word, field, members = self.meant[query]
        swedish = analyser("sv")
        pair = swedish.pair(word)
        if pair is not None and self.index.documents(pair[1]):
            members[_term(field, pair[1])] = self.weights.loose_head
        for stem in pair or ():
            if self.index.documents(part(stem)):
                members.setdefault(_term(field, part(stem)), self.weights.cousin)
        for stem in kin(swedish.word(word).stem):
            if self.index.documents(stem):
                members.setdefault(_term(field, stem), self.weights.kin)
        looser = Variants(list(members.items())) if len(members) > 1 else query
        return looser.with_boost(self.weights.slight) if word in SLIGHT else looser

    def stems(self, word: str) -> list[str]:
        """Index terms of a word, in Swedish documents and, when they have another, in English ones."""
        swedish, english = analyser("sv").word(word).stem, analyser("en").word(word).stem
        return [swedish] if english == swedish or not self.index.documents(english) else [swedish, english]

    def compound(self, word: str, field: str, members: dict[wq.Query, float]) -> tuple[str, ...]:
        """Adds what a compound says in several words, and its head; gives the parts as typed, in order, where
        its head is sought.
        """
        pair = analyser("sv").pair(word)
        if pair is None:
            return ()
        left, right = pair
        members.setdefault(wq.Phrase(field, [left, right]), self.weights.joined)
        if max(map(self.index.documents, self.stems(word))) < RARE:
            # barn- och ungdomsnämnden is a barnnämnd too; not asked where the word is enough: it takes 3 ms
            members.setdefault(wq.Phrase(field, [left, AND, part(right)]), self.weights.joined)
        first, last = analyser("sv").parts(word) or pair
        first = word.removesuffix(last) if word.endswith(last) else first
        if last.endswith(("ande", "ende")) and not right.endswith(("and", "end")):
            # A verb: who comes (kommer) is not ensamkommande. A boende is a boende.
            return ()
        members.setdefault(_term(field, right), self.weights.head)
        return (first, last)

    def unmarked(self, word: str) -> tuple[str, ...]:
        """Malmö for malmo: but a word of its own (far, svart, hall) is meant as it stands, unless hardly any
        document has it. One that no dictionary has may stand in addresses: kommunen@angelholm.se.
        """
        others = self.index.unmarked(word) if word not in COMMON and fold(word) == word else ()
        if not others:
            return ()
        swedish = forms.swedish()
        ordinary = swedish.lemma(word) is not None or swedish.is_word(word)
        least = self.index.count(word) * (MUCH_RARER if ordinary else 1 / MUCH_RARER)
        return tuple(w for w in others if self.index.count(w) > least)[:5]

    def possible(self, query: wq.Query) -> bool:
        if isinstance(query, wq.Term):
            return self.index.documents(query.text) > 0
        if isinstance(query, wq.Phrase):
            return all(self.index.documents(w) for w in query.words)
        return True

    def phrase(self, node: grammar.Phrase, field: str, *, whole: bool = False) -> wq.Query:
        """``whole``: it was typed as one (an address, a number of a case), so it is told as one where it is
        missing, and its words are not corrected.
        """
        words = [m[0].lower() for m in TOKEN.finditer(node.text)]
        if not words:
            self.read(node.text, "ignored", note="only_signs")
            return wq.NullQuery
        self.typed += [] if whole else words
        query = self.phrase_of(words, field, node.slop)
        missing = [w for w in words if not any(self.index.documents(s) for s in self.stems(w))]
        self.unmatched += [node.text] if whole and missing else missing
        if whole:
            self.inside[query] = self.pieces(node.text, field)
        note = "star_in_phrase" if "*" in node.text else None
        one = self.stems(words[0]) if len(words) == 1 else ()  # "barn" finds barnets, too
        forms = tuple(dict.fromkeys(f for s in one for f in self.index.forms(s, 8)))
        self.read(node.text, "phrase", forms=forms, documents=self.index.matching(query), note=note)
        return query

    def phrase_of(self, words: Sequence[str], field: str, slop: int = 0) -> wq.Query:
        """Words in this order, in any form, with at most ``slop`` others between two of them."""
        swedish = [analyser("sv").word(w).stem for w in words]
        english = [analyser("en").word(w).stem for w in words]
        readings = [swedish]
        if english != swedish and all(self.index.documents(s) for s in english):
            readings.append(english)
        distance = min(slop + 1, PAGE_GAP - 1)
        queries = [
            _term(field, r[0]) if len(r) == 1 else wq.Phrase(field, r, slop=distance) for r in readings
        ]
        return queries[0] if len(queries) == 1 else wq.Or(queries)

    def near(self, node: grammar.Near, field: str) -> wq.Query:
        sides = [
            [m[0].lower() for m in TOKEN.finditer(side.text)] if isinstance(side, grammar.Word) else []
            for side in (node.left, node.right)
        ]
        if any(len(side) != 1 for side in sides):
            self.read("NÄRA", "near", note="near_words")
            return _and(self.all_of((node.left, node.right), field))
        left, right = sides[0][0], sides[1][0]
        self.typed += [left, right]
        self.unmatched += [
            w for w in (left, right) if not any(self.index.documents(s) for s in self.stems(w))
        ]
        slop = min(node.distance, PAGE_GAP)
        queries = [
            spans.SpanNear(_term(field, a), _term(field, b), slop=slop, ordered=False)
            for a in self.stems(left)
            for b in self.stems(right)
        ]
        query = wq.Or(queries) if len(queries) > 1 else queries[0]
        self.read(f"{left} NÄRA/{node.distance} {right}", "near", documents=self.index.matching(query))
        return query

    # --- patterns ---------------------------------------------------------------------------------------

    def pattern(self, text: str, field: str) -> wq.Query:
        wanted = text.lower()
        prefix = re.split(r"[*?]", wanted, maxsplit=1)[0]
        if len(prefix) < 2:
            self.read(text, "ignored", note="short_pattern")
            return _UNREAD
        found, doubtful = self.index.written(wanted, SHOWN_FORMS)
        self.doubtful += doubtful
        exact = self.doubtful <= MOST_READ
        kind = "prefix" if wanted == prefix + "*" else "wildcard"
        query = Written(field, wanted, exact=exact) if found else wq.NullQuery
        documents = self.index.matching(query) if found else 0
        self.read(text, kind, forms=found, documents=documents, note=None if exact else "wide_pattern")
        if not found:
            self.unmatched.append(text)
        return query

    def fuzzy(self, node: grammar.Fuzzy, field: str) -> wq.Query:
        word = node.text.lower()
        query = wq.FuzzyTerm(field, analyser("sv").word(word).stem, maxdist=node.edits, prefixlength=1)
        self.read(node.text, "fuzzy", documents=self.index.matching(query))
        return query

    # --- fields -----------------------------------------------------------------------------------------

    def field(self, node: grammar.Field) -> wq.Query:
        if node.name in TEXT_FIELDS:
            if isinstance(node.value, grammar.Field):  # titel:kommun:Lund
                self.read(f"{node.name}:", "ignored", note="lone_operator")
            return self.tree(node.value, TEXT_FIELDS[node.name])
        if isinstance(
            node.value, (grammar.Or, grammar.And)
        ):  # kommun:(Lund ELLER Malmö), kommun:(Lund Malmö)
            each = [self.field(grammar.Field(node.name, n)) for n in node.value.nodes]
            without = (
                [q for q in each if isinstance(q, wq.Not)] if isinstance(node.value, grammar.And) else []
            )
            some = [q for q in each if q not in without]
            return _and([*([wq.Or(some)] if some else []), *without])
        if isinstance(node.value, grammar.Not):
            return wq.Not(self.silent(grammar.Field(node.name, node.value.node), TEXT))
        if isinstance(node.value, grammar.Range):
            low, high, text = node.value.low, node.value.high, f"{node.value.low}..{node.value.high}"
        else:
            text = getattr(node.value, "text", "")
            low = high = text
        shown = f"{node.name}:{text}"
        if node.name in YEAR_FIELDS:
            return self.year(low, high, shown)
        if node.name in DATE_FIELDS:
            return self.published(low, high, shown)
        name = VALUE_FIELDS[node.name]
        values = (UNKNOWN,) if text.lower() in NOT_KNOWN else tuple(self.index.values(name, text))
        if not values:
            self.read(shown, "field", note="no_value")
            return wq.NullQuery
        return self.chosen(shown, _any(name, values), values)

    def chosen(self, shown: str, query: wq.Query, values: Sequence[str] = ()) -> wq.Query:
        """Documents of a field's values, of which none matches better."""
        self.read(shown, "field", forms=values, documents=self.index.matching(query))
        return _constant(query)

    def year(self, low: str, high: str, shown: str) -> wq.Query:
        if low.lower() in NOT_KNOWN:
            return self.chosen(shown, _any("year", (UNKNOWN,)))
        two = re.fullmatch(r"([0-9]{4})[-/]([0-9]{2})", low)
        if two and low == high and (int(two[1]) + 1) % 100 == int(two[2]):  # 2012-13, 2012/13
            low, high = two[1], str(int(two[1]) + 1)
        if not all(re.fullmatch(r"[0-9]{4}|", y) for y in (low, high)) or not (low or high):
            self.read(shown, "ignored", note="no_date")
            return wq.NullQuery
        if low and high and low > high:
            low, high = high, low
            shown = f"{shown.rpartition(':')[0]}:{low}..{high}".lstrip(":")
        first, last = (int(y) if y else None for y in (low, high))
        return self.chosen(shown, wq.NumericRange("year", first, last))

    def published(self, low: str, high: str, shown: str) -> wq.Query:
        first, last = _day(low, last=False), _day(high, last=True)
        if first and last and first > last:
            shown = f"{shown.partition(':')[0]}:{high}..{low}"
            first, last = _day(high, last=False), _day(low, last=True)
        if (low and first is None) or (high and last is None) or not (low or high):
            self.read(shown, "ignored", note="no_date")
            return wq.NullQuery
        return self.chosen(shown, wq.DateRange("published", first, last))


def _run(nodes: Iterable[Tree]) -> Iterable[grammar.Word]:
    for node in nodes:
        if not isinstance(node, grammar.Word):
            return
        yield node


def _numbers(nodes: Sequence[grammar.Word]) -> list[grammar.Word]:
    """With the digits of a number as one word: 1 000 as 1000."""
    whole: list[grammar.Word] = []
    open_ = False
    for node in nodes:
        digits = node.text.isdecimal()
        if open_ and digits and len(node.text) == 3:
            whole[-1] = grammar.Word(whole[-1].text + node.text)
        else:
            open_ = digits and len(node.text) <= 3 and node.text[0] != "0"
            whole.append(node)
    return whole


def _apart(word: str) -> list[str]:
    """The words by which a number may be written: 1 and 000."""
    if not word.isdecimal() or word[0] == "0" or not 4 <= len(word) <= 9:
        return []
    return re.findall("[0-9]{1,3}(?=(?:[0-9]{3})*$)", word)


def _as_one(words: Sequence[str]) -> list[str]:
    """The compounds that ``words`` may be: barn checklista, barn rätts strateg."""
    found = [words[0]]
    for word in words[1:]:
        found = [left + link + word for left in found for link in ("", "s")]
    return found


def _any(field: str, values: Sequence[str]) -> wq.Query:
    queries = [wq.Not(wq.Every(field)) if v == UNKNOWN else wq.Term(field, v) for v in values]
    return queries[0] if len(queries) == 1 else wq.Or(queries)


def _constant(query: wq.Query) -> wq.Query:
    """Chooses documents without changing how well they match."""
    return wq.ConstantScoreQuery(query, 0.0)


def _day(text: str, *, last: bool) -> datetime | None:
    """The first or last moment of a year, month or day; None when it is none."""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text)
    if not found:
        return None
    year, month, day = (int(g) if g else None for g in found.groups())
    assert year is not None
    try:
        if not last:
            return datetime(year, month or 1, day or 1)
        if day:
            return datetime(year, month or 12, day, 23, 59, 59)
        month = month or 12
        following = datetime(year + month // 12, month % 12 + 1, 1)
        return datetime.fromtimestamp(following.timestamp() - 1)
    except ValueError:
        return None
