"""What does a word or a phrase that was typed stand for in this index, and how is that told?

A word stands for itself in all its forms, for compounds it is part of, for what the thesaurus says means the
same, and, when it was typed without its dots and rings, for the words that differ from it only in those. Each
has a weight below the word itself. Not for how the parts of a query are combined (``plan``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from whoosh import query as wq
from whoosh.query import spans

from indexer.engine import grammar
from indexer.engine.fields import Named
from indexer.engine.notation import COMMON, NOTES, SLIGHT
from indexer.engine.postings import PAGE_GAP
from indexer.engine.queries import Variants, Written, joined
from indexer.engine.schema import TEXT, part
from indexer.language import TOKEN, analyser, fold, forms
from indexer.language.kin import kin
from indexer.language.suspended import HYPHENS
from indexer.language.thesaurus import Match, Term, Thesaurus
from indexer.model import ReadTerm


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
ABBREVIATION = 4
"""Capitals that are no slip for a word of small letters: ABK is not ask."""
MUCH_RARER = 50
"""Times. Texts of the parliament have svart 17 times, svårt 265 times; vag 3, väg 141; dar 1, där 1,108."""
BOUND = frozenset(("bak", "bi", "het", "lig", "sam"))
"""Parts of compounds that are no words there, though words have the same stem: samer, of which 329 of 100,000
texts tell, is no samarbete (5,500), liga no rättslig, baka no bakgrund."""
_GENITIVE = re.compile("\\b([A-ZÅÄÖ]{2,})s\\b")
"""FNs, as many write FN:s."""
SHOWN_FORMS = 12
"""Words that a pattern stands for and that are told."""
SHORTEST = 2
"""Letters before the first sign of a pattern."""
OPERATORS = {"near": ("NÄRA", "NEAR"), "or": ("ELLER", "OR")}
MOST_READ = 10_000
"""Documents that are read for the patterns of one query, some 20 µs each, to leave out other forms."""
MOST_BESIDE = 1_000_000
"""As ``Wording.beside``, some 1.5 µs each: five distances of common words in 100,000 documents took 10 s."""
PATTERN = 3
"""Times as long as a word takes a word of a pattern at a distance."""
_LETTERS = re.compile(rf"[^\W\d_]{{2,}}(?=[{HYPHENS}])|[^\W\d_]{{4,}}|(?<![^\W_])[A-ZÅÄÖ]{{2,}}(?![^\W_])")
"""Words of what was typed as one: bka-processen and BKA_2019.pdf, but not pdf, se or www."""


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

    def values(self, field: str, text: str, *, whole: bool = False) -> Sequence[str]:
        """Values of a facet that ``text`` names: a code, a label in any language, or a name, or part of one
        if not ``whole``.
        """


UNREAD: wq.Query = wq.Every("")
"""What was not read and is told: as if it had not been typed."""


class Wording:
    """Words of one query: the queries they become, and what is told of them."""

    def __init__(self, words: Words, thesaurus: Thesaurus, language: int) -> None:
        self.index, self.thesaurus, self.language = words, thesaurus, language
        self.reading: list[ReadTerm] = []
        self.unmatched: list[str] = []
        self.typed: list[str] = []
        self.known: set[str] = set()
        self.absent: set[str] = set()
        self.doubtful = 0
        """Documents that are read for the patterns so far."""
        self.beside = 0
        """Documents whose positions are compared for distances so far, those of each word."""
        self.meant: dict[wq.Query, tuple[str, str, dict[wq.Query, float]]] = {}
        """Of the query of a word: the word, its field, and what it stands for."""
        self.missing: set[wq.Query] = set()
        """Queries of words that no document has: by themselves they find nothing, beside others what the last
        part of the word finds."""
        self.excluding = False
        self.inside: dict[wq.Query, list[wq.Query]] = {}
        """What a query is where most of the words are enough: of a term of the thesaurus each word, and what
        means the same; of a word or address that no document has, the words in it."""

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

    def word(self, text: str, field: str, match: Match | None = None, same: str = "") -> wq.Query:
        """``same``: what it is told to be said with besides."""
        tokens = [m[0].lower() for m in TOKEN.finditer(text)]
        if not tokens:
            self.read(text, "ignored", note="only_signs")
            return UNREAD
        if len(tokens) != 1:  # "a/b", "e-post@kommun.se": as they stand, side by side
            return self.phrase(grammar.Phrase(text), field, whole=True)
        word = tokens[0]
        self.typed.append(word)
        members: dict[wq.Query, float] = {}
        bare = _GENITIVE.fullmatch(text)
        stems = list(dict.fromkeys([*self.stems(word), *(self.stems(bare[1].lower()) if bare else ())]))
        for stem in stems:
            members[wq.Term(field, stem)] = 1.0
        swedish = analyser("sv").word(word)
        if swedish.stem not in BOUND:
            members.setdefault(wq.Term(field, part(swedish.stem)), WEIGHTS.compound)
        parts, head = self.compound(word, field, members)
        others = match.alternatives if match else ()
        for query, weight in self.otherwise(others, field).items():
            members.setdefault(query, weight)
        ways = {self.phrase_of(TOKEN.findall(way), field): way for way in _ways(word)}
        ways = {q: way for q, way in ways.items() if self.possible(q) and self.index.matching(q)}
        members.update(dict.fromkeys(ways, 1.0))
        unmarked = self.unmarked(word) if match is None else ()
        for other_word in unmarked:
            for stem in self.stems(other_word):
                members.setdefault(wq.Term(field, stem), WEIGHTS.unmarked)
        present = [(q, w) for q, w in members.items() if self.possible(q)]
        documents = self.index.documents(stems[0])
        if len(stems) > 1:
            documents = self.index.matching(wq.Or([wq.Term(TEXT, s) for s in stems]))
        if not documents and present and not self.index.matching(Variants(present)):
            present = []
        short = text.isupper() and len(text) <= ABBREVIATION
        if match is not None or short:
            self.known.add(word)
        elif not documents and not unmarked and not self.index.documents(part(swedish.stem)):
            self.absent.add(word)
        if not present:
            self.unmatched.append(text)
        self.read(
            text,
            "word",
            forms=(*dict.fromkeys(f for s in stems for f in self.index.forms(s, 8)), *unmarked),
            synonyms=[
                *([same] if same else []),
                *ways.values(),
                *(o.text for o in others),
            ],
            parts=parts,
            documents=documents
            if field == TEXT
            else self.index.matching(wq.Or([wq.Term(field, s) for s in stems])),
        )
        if not present:
            query = Variants([(head, WEIGHTS.head)]) if head else wq.Term(field, swedish.stem)
            self.inside[query] = self.pieces(text, field)
            self.missing.add(query)
        else:
            present += [(head, WEIGHTS.head)] if head else []
            query = present[0][0] if len(present) == 1 and present[0][1] == 1.0 else Variants(present)
        self.meant[query] = word, field, dict(present)
        return query

    def pieces(self, text: str, field: str) -> list[wq.Query]:
        """The words in what was typed as one (barnbokslut-2019_slutlig.pdf), for where it stands nowhere; of
        a word with hyphens they are told.
        """
        before = list(self.reading), list(self.typed), list(self.unmatched)
        words = dict.fromkeys(w for w in _LETTERS.findall(text) if w.lower() not in COMMON)
        if list(words) == [text]:
            return self.parts_of(text.lower(), field)
        queries = [self.word(w, field, self.alone(w)) for w in words]
        reading, self.typed, self.unmatched = before
        if TOKEN.fullmatch(text) is None:
            self.reading = reading
        return queries

    def parts_of(self, word: str, field: str) -> list[wq.Query]:
        """The words in a compound: none where nothing is known of what it is about, its last part."""
        swedish = analyser("sv")
        last = word
        while pair := swedish.parts(last):
            last = pair[1]
            if self.index.documents(swedish.word(last).stem):
                stems = swedish.word(word).parts
                return [wq.Term(field, stem) for stem in stems if self.index.documents(stem)]
        return []

    def covered(self, nodes: Sequence[grammar.Word]) -> dict[int, Match]:
        """Of words side by side the terms of the thesaurus, by the number of their first word."""
        covered: dict[int, Match] = {}
        typed = [_GENITIVE.sub(r"\1:s", n.text) for n in nodes]  # with its capitals: BO is not bo
        for match in self.thesaurus.expand(typed):
            if not any(m.start < match.end and match.start < m.end for m in covered.values()):
                covered[match.start] = match
        return covered

    def alone(self, word: str) -> Match | None:
        """What else a word of a longer term is called: barnkonventionen, in barnkonventionen som lag."""
        return self.covered([grammar.Word(word)]).get(0)

    def otherwise(self, terms: Sequence[Term], field: str) -> dict[wq.Query, float]:
        """What the thesaurus says means the same, and the compounds of what is one word of it."""
        weight = WEIGHTS.synonym
        same = {self.phrase_of(term.words, field): weight for term in terms}
        ones = (analyser("sv").word(t.words[0]).stem for t in terms if len(t.words) == 1)
        compounds = (wq.Term(field, part(one)) for one in ones if one not in BOUND)
        return dict.fromkeys(compounds, weight * WEIGHTS.compound) | same

    def looser(self, query: wq.Query) -> wq.Query:
        """What ``query`` stands for where most of the words are enough."""
        if query not in self.meant:
            return query
        word, field, members = self.meant[query]
        swedish = analyser("sv")
        pair = swedish.pair(word)
        if pair is not None and self.index.documents(pair[1]):
            members[wq.Term(field, pair[1])] = WEIGHTS.loose_head
        for stem in pair or ():
            if self.index.documents(part(stem)) and stem not in BOUND:
                members.setdefault(wq.Term(field, part(stem)), WEIGHTS.cousin)
        for stem in kin(swedish.word(word).stem):
            if self.index.documents(stem):
                members.setdefault(wq.Term(field, stem), WEIGHTS.kin)
        looser = Variants(list(members.items())) if len(members) > 1 else query
        return looser.with_boost(WEIGHTS.slight) if word in SLIGHT else looser

    def stems(self, word: str) -> list[str]:
        """Index terms of a word, in Swedish documents and, when they have another, in English ones."""
        swedish, english = analyser("sv").word(word).stem, analyser("en").word(word).stem
        return [swedish] if english == swedish or not self.index.documents(english) else [swedish, english]

    def compound(
        self, word: str, field: str, members: dict[wq.Query, float]
    ) -> tuple[tuple[str, ...], wq.Query | None]:
        """Adds what a compound says in several words; gives the parts as typed, in order, and its head, where
        that is sought.
        """
        pair = analyser("sv").pair(word)
        if pair is None:
            apart = tuple(re.findall(f"[^{HYPHENS}]+", word))
            if len(apart) < 2:
                return (), None
            stems = [analyser("sv").word(w).stem for w in apart]  # many write LSS boende
            members.setdefault(wq.Phrase(field, stems), WEIGHTS.joined)
            return apart, None
        left, right = pair
        members.setdefault(wq.Phrase(field, [left, right]), WEIGHTS.joined)
        first, last = analyser("sv").parts(word) or pair
        first = word.removesuffix(last) if word.endswith(last) else first
        if last.endswith(("ande", "ende")) and not right.endswith(("and", "end")):
            # A verb: who comes (kommer) is not ensamkommande. A boende is a boende.
            return (), None
        head = wq.Term(field, right)
        # Who wants no handlingsplan may want a plan.
        sought = not self.excluding and self.possible(head) and head not in members
        return (first, last), head if sought else None

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
            wq.Term(field, r[0]) if len(r) == 1 else wq.Phrase(field, r, slop=distance) for r in readings
        ]
        return joined(wq.Or, queries)

    def near(self, node: grammar.Near, field: str) -> wq.Query | None:
        """None where a side is of more than words, phrases and patterns, or one of several such."""
        near = OPERATORS["near"][self.language]
        if not (_spanned(node.left) and _spanned(node.right)):
            self.read(near, "near", note="near_words")
            return None
        text = f"{self.told(node.left)} {near}/{node.distance} {self.told(node.right)}"
        left, right = self.often(node.left), self.often(node.right)
        self.beside += sum(min(n, sum(right)) for n in left) + sum(min(n, sum(left)) for n in right)
        if self.beside > MOST_BESIDE:
            self.read(text, "near", note="near_common")
            return None
        sides = [self.spanned(side, field) for side in (node.left, node.right)]
        slop, possible = min(node.distance, PAGE_GAP), wq.NullQuery not in sides
        query = spans.SpanNear(*sides, slop=slop, ordered=False) if possible else wq.NullQuery
        self.read(text, "near", documents=self.index.matching(query))
        return query

    def spanned(self, node: grammar.Tree, field: str) -> wq.Query:
        """What must stand on one side of a distance: no more than was typed, in all its forms."""
        if isinstance(node, grammar.Or):
            sides = [side for n in node.nodes if (side := self.spanned(n, field)) != wq.NullQuery]
            return wq.Or(sides) if sides else wq.NullQuery
        if isinstance(node, grammar.Pattern):
            return self.pattern(node.text, field, near=True)
        assert isinstance(node, (grammar.Word, grammar.Phrase))
        words = [m[0].lower() for m in TOKEN.finditer(node.text)]
        self.typed += words
        self.unmatched += [w for w in words if not any(self.index.documents(s) for s in self.stems(w))]
        if len(words) == 1:
            return wq.Or([wq.Term(field, stem) for stem in self.stems(words[0])])
        return self.phrase_of(words, field, node.slop if isinstance(node, grammar.Phrase) else 0)

    def often(self, node: grammar.Tree) -> list[int]:
        """In how many documents each word on one side of a distance stands."""
        if isinstance(node, grammar.Or):
            return [n for one in node.nodes for n in self.often(one)]
        if isinstance(node, grammar.Pattern):
            return [PATTERN * self.index.count(w) for w in self.index.written(node.text.lower(), 100)[0]]
        assert isinstance(node, (grammar.Word, grammar.Phrase))
        words = {m[0].lower() for m in TOKEN.finditer(node.text)}
        return [self.index.documents(stem) for word in words for stem in self.stems(word)]

    def told(self, node: grammar.Tree) -> str:
        """One side of a distance as it is told: (barn ELLER unga)."""
        if isinstance(node, grammar.Or):
            either = OPERATORS["or"][self.language]
            return f"({f' {either} '.join(map(self.told, node.nodes))})"
        assert isinstance(node, (grammar.Word, grammar.Phrase, grammar.Pattern))
        return f'"{node.text}"' if isinstance(node, grammar.Phrase) else node.text

    # --- patterns ---------------------------------------------------------------------------------------

    def pattern(self, text: str, field: str, *, near: bool = False) -> wq.Query:
        """``near``: as a side of a distance, where a word counts that is another form of one that matches."""
        wanted = text.lower()
        prefix = _prefix(text)
        if len(prefix) < SHORTEST:
            self.read(text, "ignored", note="short_pattern")
            return UNREAD
        found, doubtful = self.index.written(wanted, SHOWN_FORMS)
        self.doubtful += doubtful
        exact = self.doubtful <= MOST_READ
        kind = "prefix" if wanted == prefix + "*" else "wildcard"
        query = Written(field, wanted, exact=exact) if found else wq.NullQuery
        documents = self.index.matching(query) if found else 0
        note = "near_pattern" if near and doubtful else None if exact else "wide_pattern"
        self.read(text, kind, forms=found, documents=documents, note=note)
        if not found:
            self.unmatched.append(text)
        return query

    def fuzzy(self, node: grammar.Fuzzy, field: str) -> wq.Query:
        word = node.text.lower()
        query = wq.FuzzyTerm(field, analyser("sv").word(word).stem, maxdist=node.edits, prefixlength=1)
        self.read(node.text, "fuzzy", documents=self.index.matching(query))
        return query


def _spanned(node: grammar.Tree) -> bool:
    """May it stand on one side of a distance?"""
    if isinstance(node, grammar.Or):
        return all(map(_spanned, node.nodes))
    if isinstance(node, grammar.Pattern):
        return len(_prefix(node.text)) >= SHORTEST
    return isinstance(node, (grammar.Word, grammar.Phrase)) and bool(TOKEN.search(node.text))


def _prefix(pattern: str) -> str:
    """The letters before the first sign of a pattern."""
    return re.split(r"[*?]", pattern.lower(), maxsplit=1)[0]


def _ways(word: str) -> list[str]:
    """How else a number or a year from summer to summer is written: 1 000; 2012/2013, 2012–13."""
    years = re.fullmatch("((?:19|20)[0-9]{2})/((?:19|20)?[0-9]{2})", word)
    second = str(int(years[1]) + 1) if years else ""
    if years and second.endswith(years[2]):
        return [
            way for end in (second, second[2:]) for sign in "/–" if (way := f"{years[1]}{sign}{end}") != word
        ]
    if not word.isdecimal() or word[0] == "0" or not 4 <= len(word) <= 9:
        return []
    return [" ".join(re.findall("[0-9]{1,3}(?=(?:[0-9]{3})*$)", word))]
