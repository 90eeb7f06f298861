"""What does a query mean in this index? The tree of ``grammar`` → a Whoosh query tree, and how it was read.

Words that are a name, or a term of the thesaurus, are taken together. Not for syntax, nor for what a single
word or phrase stands for (``wording``), what only orders documents (``raising``), or how a tree is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from whoosh import query as wq

from indexer.engine import grammar
from indexer.engine.fields import Fields, Named, any_, dated
from indexer.engine.grammar import Tree
from indexer.engine.notation import (
    COMMON,
    DATE_FIELDS,
    FIELD_NAMES,
    LABELS,
    MONTHS,
    NAME_FIELDS,
    NOT_KNOWN,
    PUBLISHED,
    SMALL,
    TEXT_FIELDS,
    VALUE_FIELDS,
    YEAR_FIELDS,
)
from indexer.engine.numbers import as_date, cases_in, days_in, numbers
from indexer.engine.queries import Most, Rescored, Variants, joined
from indexer.engine.raising import raising
from indexer.engine.schema import TEXT
from indexer.engine.wording import OPERATORS, UNREAD, WEIGHTS, Wording, Words
from indexer.language import TOKEN, analyser, normalise
from indexer.language.thesaurus import Match, Thesaurus
from indexer.model import UNKNOWN, ReadTerm

WhooshQuery = wq.Query
"""What a plan makes and the engine evaluates; opaque outside the engine."""


RATHER_PLACE = 4
"""One in so many documents with vara or mark must concern Vara or Mark for it to be read as the place."""
SOMEWHERE = 1.0
"""What the name of a county must tell, about a third of the documents: of Skåne's own, all concern Skåne."""
MOST = 0.2
"""Share of a query's words that a document must have when none has them all."""
_LONGEST = 7
"""Words that a value of a field may have."""
_EITHER = frozenset(("och", "eller", "and", "or"))
"""Between two values of a field either is enough."""


@dataclass(frozen=True)
class Plan:
    tree: wq.Query
    relax: Callable[[], wq.Query | None]
    reading: tuple[ReadTerm, ...]
    unmatched: tuple[str, ...]  # words that stand in no document in any form
    words: tuple[str, ...]  # plain words as typed, for did-you-mean
    # of those: which are right (in the thesaurus, names, abbreviations), which of the others have only parts
    known: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()

    @cached_property
    def relaxed(self) -> wq.Query | None:
        """Most of the words, for when few documents have them all; worked out only then."""
        return self.relax()


def plan(text: str, words: Words, thesaurus: Thesaurus, language: str = "sv") -> Plan:
    """How ``text`` is searched; ``language`` is that of the notes. Never raises for what was typed."""
    text = as_typed(text)
    planner = _Planner(words, thesaurus, 0 if language == "sv" else 1)
    address = _ADDRESS.fullmatch(text)
    if address is not None:
        held = words.at(address[1])
        if held is not None:
            return planner.result(planner.fields.chosen(address[1], wq.Term("id", held)), ())
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
    tree = _and(required) if required and not planner.only_missing(required) else wq.NullQuery
    better = raising(words, parts, planner.names)
    if better and tree != wq.NullQuery:
        tree = Rescored(tree, joined(wq.Or, better))
    return planner.result(tree, required)


_ADDRESS = re.compile(r"\s*<?((?:https?://|(?=www\.))([^\s<>]+))>?\s*", re.IGNORECASE)
"""A pasted address (in angle brackets as in letters), and what texts write of it."""
_NUMBER = re.compile("[0-9]+[:/][0-9]")
_DATES = re.compile(r"[0-9]{4}[0-9./–-]*")
_WIDE = {
    **{0xFF01 + i: chr(0x21 + i) for i in range(94)},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **str.maketrans({"≥": ">=", "≤": "<="}),
}


def as_typed(text: str) -> str:
    """``text`` with its letters as documents have them: NFC, no soft hyphens, nothing half or full width."""
    return normalise(text.translate(_WIDE))


def _and(queries: Sequence[wq.Query]) -> wq.Query:
    positive = [q for q in queries if not isinstance(q, wq.Not)]
    negative = [q.query for q in queries if isinstance(q, wq.Not)]
    tree = joined(wq.And, positive) if positive else wq.Every()
    return wq.AndNot(tree, joined(wq.Or, negative)) if negative else tree


class _Planner(Wording):
    def __init__(self, words: Words, thesaurus: Thesaurus, language: int) -> None:
        super().__init__(words, thesaurus, language)
        self.fields = Fields(words.matching, self.read)
        self.common: list[wq.Query] = []
        """Common words that were left out: they tell documents apart that have only most of the words."""
        self.names: set[str] = set()
        """Words that name a municipality or publisher, lower-case."""

    def result(self, tree: wq.Query, required: Sequence[wq.Query]) -> Plan:
        relax = partial(self.relaxed, required)
        return Plan(
            tree, relax, tuple(self.reading), tuple(self.unmatched), tuple(self.typed),
            frozenset(self.known), frozenset(self.absent - self.known),
        )  # fmt: skip

    def only_missing(self, required: Sequence[wq.Query]) -> bool:
        """Has no document any word of the query?"""
        scored = _scored(required)
        return bool(scored) and self.missing.issuperset(scored)

    def relaxed(self, required: Sequence[wq.Query]) -> wq.Query | None:
        """Most of what is required; None where that is all of it."""
        scored = _scored(required)
        kept = [q for q in required if q not in scored]
        words = [w for q in scored for w in self.inside.get(q) or [q]]
        if words == scored[:1]:
            return None
        most: wq.Query = Most([self._looser(q) for q in words], max(1, round(len(words) * MOST)))
        if self.common:
            most = wq.AndMaybe(most, joined(wq.Or, self.common))
        return _and([most, *kept]) if kept else most

    def _looser(self, query: wq.Query) -> wq.Query:
        if isinstance(query, wq.DisjunctionMax):  # made by ``concerning`` alone
            return query.with_boost(WEIGHTS.elsewhere)
        return self.looser(query)

    # --- combining --------------------------------------------------------------------------------------

    def all_of(self, nodes: Sequence[Tree], field: str) -> list[wq.Query]:
        """One query for each node that must match; words side by side may be one term of the thesaurus."""
        nodes = self.whole(nodes)
        queries: list[wq.Query] = []
        only_common = all(isinstance(n, grammar.Word) and _common(n.text) for n in nodes)
        at = 0
        while at < len(nodes):
            node = nodes[at]
            if not isinstance(node, grammar.Word):
                node, more = self.named(node, nodes[at + 1 :])
                at += more
                query = self.tree(node, field)
                if query is not UNREAD:
                    queries.append(query)
                at += 1
                continue
            run = list(_run(nodes[at:]))
            queries += [q for q in self.run(run, field, keep_common=only_common) if q is not UNREAD]
            at += len(run)
        return queries

    def named(self, node: Tree, following: Sequence[Tree]) -> tuple[Tree, int]:
        """``node`` with so many of what follows as are values of its field: kommun:Östra Göinge; kommun:Lund,
        Östra Göinge; -kommun:Lund och Malmö.
        """
        if isinstance(node, grammar.Not):
            inner, more = self.named(node.node, following)
            return grammar.Not(inner), more
        if not isinstance(node, grammar.Field) or node.name in TEXT_FIELDS:
            return node, 0
        values = list(node.value.nodes) if isinstance(node.value, grammar.Or) else []
        if not all(map(_ends, values[:-1])):  # kommun:(Lund ELLER Malmö) högskola
            values = []
        nodes = [values.pop() if values else node.value, *following]
        size, value = self.one_value(node.name, nodes) or (1, nodes[0])
        values.append(value)
        while size < len(nodes):
            either = isinstance(word := nodes[size], grammar.Word) and word.text.lower() in _EITHER
            if not (either or _ends(values[-1])):
                break
            found = self.one_value(node.name, nodes[size + either :], whole=True)
            if found is None:
                break
            size += either + found[0]
            values.append(found[1])
        several = grammar.Or(tuple(values)) if len(values) > 1 else values[0]
        return grammar.Field(node.name, several), size - 1

    def one_value(
        self, name: str, nodes: Sequence[Tree], *, whole: bool = False
    ) -> tuple[int, grammar.Word | grammar.Phrase | grammar.Range] | None:
        """How many of ``nodes`` are one value of a field, and which."""
        words = list(_run(nodes[:_LONGEST]))
        last = next((n for n, word in enumerate(words, 1) if word.comma), len(words))
        for size in range(last, 0, -1):
            text = " ".join(word.text for word in words[:size])
            if self.is_value(name, text, whole=whole):
                return size, grammar.Word(text, comma=words[size - 1].comma)
        first = nodes[0] if nodes else None
        if isinstance(first, grammar.Phrase) and self.is_value(name, first.text, whole=whole):
            return 1, first
        return (1, first) if isinstance(first, grammar.Range) and name not in VALUE_FIELDS else None

    def is_value(self, name: str, text: str, *, whole: bool) -> bool:
        each = [value.text for value in _listed(text)]
        if name not in VALUE_FIELDS:
            return all(map(_DATES.fullmatch, each)) or (name in DATE_FIELDS and bool(as_date(text)))
        facet = VALUE_FIELDS[name]
        return bool(self.index.values(facet, text, whole=whole)) or all(
            self.index.values(facet, value, whole=True) for value in each
        )

    def whole(self, nodes: Sequence[Tree]) -> list[Tree]:
        """``nodes`` with halves of words (för- och nackdelar, flyktingbarn och -unga) as the words they are,
        outside terms of the thesaurus.
        """
        found = list(nodes)
        at = 0
        while at < len(found):
            run = list(_run(found[at:]))
            terms = self.covered(run).values() if any(w.half for w in run) else ()
            for i, word in enumerate(run):
                if word.half and not any(m.start <= i < m.end > m.start + 1 for m in terms):
                    found[at + i] = _completed(word, word)
            at += len(run)
            node = found[at] if at < len(found) else None
            if isinstance(node, grammar.Not) and isinstance(node.node, grammar.Word):
                found[at] = _completed(node.node, node)
            at += 1
        return found

    def run(self, nodes: Sequence[grammar.Word], field: str, *, keep_common: bool) -> list[wq.Query]:
        nodes = numbers(nodes)
        covered = self.covered(nodes)
        typed = [n.text for n in nodes]
        days, cases = (days_in(typed), cases_in(typed)) if field == TEXT else ({}, {})
        queries: list[wq.Query] = []
        at = 0
        while at < len(nodes):
            match = covered.get(at)
            words = [n.text for n in nodes[at:]]
            if at in days:
                size, day = days[at]
                queries.append(self.dated(words[:size], day))
                at += size
                continue
            if at in cases:
                size, ways = cases[at]
                queries.append(self.case(words[:size], ways))
                at += size
                continue
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
            abbreviation = match is not None and text.isupper()  # DO and SKA
            numbered = at + 1 in cases or _NUMBER.match(" ".join(words[1:2]))
            label = text.lower() in LABELS and numbered
            if label or (_common(text) and not keep_common and not abbreviation):
                stem = analyser("sv").word(text.lower()).stem
                note = "small" if text.lower() in SMALL else "label" if label else "common"
                self.read(text, "common", documents=self.index.documents(stem), note=note)
                self.common.append(wq.Term(field, stem))
            else:
                queries.append(self.word(text, field, match))
            at += 1
        return queries

    def term(self, words: Sequence[str], field: str, match: Match | None, same: str = "") -> wq.Query:
        """Words that are one: all of them, or what the thesaurus says means the same."""
        unmatched = list(self.unmatched)
        inside = [self.word(w, field, self.alone(w)) for w in words if w.lower() not in COMMON]
        self.known.update(w.lower() for w in words if match)
        alternatives = match.alternatives if match else ()
        others = list(self.otherwise(alternatives, field).items())
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
        as_one = Variants(others)
        lacking = len(self.unmatched) > len(unmatched)  # then no document has all of them
        if lacking and self.index.matching(as_one):
            self.unmatched = unmatched
        query = wq.Or([_and(inside), as_one]) if inside and not lacking else as_one
        self.inside[query] = [*inside, as_one]
        return query

    def dated(self, words: Sequence[str], day: str) -> wq.Query:
        """Documents of a day, or that name it, as it was typed or as it is otherwise written."""
        unmatched = list(self.unmatched)
        apart = [self.word(w, TEXT) for w in words] if len(words) > 1 else []
        year, month, number = day.split("-")
        typed = tuple(m[0].lower() for word in words for m in TOKEN.finditer(word))
        written = {(number.lstrip("0"), MONTHS[int(month) - 1], year), (year, month, number)} - {typed}
        named = Variants([(self.phrase_of(way, TEXT), 1.0) for way in (typed, *sorted(written))])
        published = dated(day)
        holding = self.index.matching(wq.Or([named, published]))
        if holding:
            self.unmatched = unmatched
        elif not apart:
            self.unmatched += words
        self.known.update(word.lower() for word in words)
        self.read(
            " ".join(words),
            "phrase",
            synonyms=[
                *(day if way[0] == year else " ".join(way) for way in sorted(written)),
                f"{PUBLISHED[self.language]}:{day}",
            ],
            documents=holding,
        )
        # No less than the words may come to where they stand apart.
        worth = max(self.index.idf(holding), sum(self.index.idf(self.index.matching(w)) for w in apart))
        of_the_day = wq.ConstantScoreQuery(published, worth)
        query = wq.Or([*([_and(apart)] if apart else []), named, of_the_day])
        self.inside[query] = [*apart, wq.Or([named, of_the_day])]
        return query

    def case(self, words: Sequence[str], ways: Sequence[str]) -> wq.Query:
        """Documents with the number of a case, in all the ways that it is written."""
        unmatched = list(self.unmatched)
        apart = [self.word(w, TEXT, self.alone(w)) for w in words] if len(words) > 1 else []
        typed, *others = (self.phrase_of([m[0].lower() for m in TOKEN.finditer(w)], TEXT) for w in ways)
        # Some are one to the index: KS-2012-418 and KS2012-418.
        told = dict(zip(reversed([typed, *others]), reversed(ways), strict=True))
        found = [phrase for phrase in dict.fromkeys([typed, *others]) if self.index.matching(phrase)]
        named = Variants([(phrase, 1.0) for phrase in found or [typed]])
        if found:
            self.unmatched = unmatched
        elif not apart:
            self.unmatched += words
        same = [told[phrase] for phrase in found if phrase != typed]
        self.read(" ".join(words), "phrase", synonyms=same, documents=self.index.matching(named))
        query = wq.Or([*([_and(apart)] if apart else []), named])
        self.inside[query] = [*apart, named]
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
            term = wq.Term(TEXT, analyser("sv").word(word).stem)
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
        return wq.DisjunctionMax([*ways, most], tiebreak=WEIGHTS.named)

    def tree(self, node: Tree, field: str) -> wq.Query:
        if isinstance(node, grammar.And):
            required = self.all_of(node.nodes, field)
            query = _and(required) if required else UNREAD
            return self.lacking(query, required) if self.only_missing(required) else query
        if isinstance(node, grammar.Or):
            read = [q for n in node.nodes if (q := self.tree(n, field)) is not UNREAD]
            if not read:
                return UNREAD
            # Each finds what it would find alone: a word that no document has finds nothing by its last part.
            held = [q for q in read if q not in self.missing]
            return wq.Or(held) if held else self.lacking(wq.Or(read), read)
        if isinstance(node, grammar.Not):
            query = self.silent(node.node, field)
            return wq.Not(query) if query is not UNREAD else UNREAD
        if isinstance(node, grammar.Word):
            return self.run([node], field, keep_common=True)[0]
        if isinstance(node, grammar.Phrase):
            return self.phrase(node, field)
        if isinstance(node, grammar.Pattern):
            return self.pattern(node.text, field)
        if isinstance(node, grammar.Fuzzy):
            return self.fuzzy(node, field)
        if isinstance(node, grammar.Near):
            near = self.near(node, field)
            return near if near is not None else _and(self.all_of((node.left, node.right), field))
        if isinstance(node, grammar.Field):
            return self.field(node)
        return self.fields.year(node.low, node.high, f"{node.low}..{node.high}")

    def lacking(self, query: wq.Query, parts: Sequence[wq.Query]) -> wq.Query:
        """``query`` of ``parts`` that no document has a word of; their pieces are found instead."""
        self.missing.add(query)
        self.inside[query] = [piece for part in parts for piece in self.inside.get(part, ())]
        return query

    def silent(self, node: Tree, field: str) -> wq.Query:
        """What must not match: read as one thing, without words of its own in the did-you-mean."""
        before, typed, unmatched = len(self.reading), list(self.typed), list(self.unmatched)
        excluding, self.excluding = self.excluding, True
        query = self.tree(node, field)
        self.excluding = excluding
        read = [r for r in self.reading[before:] if r.kind != "ignored"]
        sign = f" {OPERATORS['or'][self.language]} " if _either(node, len(read)) else " "
        words = sign.join(f"{r.field}:{r.text}" if r.field else r.text for r in read)
        self.reading[before:] = [r for r in self.reading[before:] if r.note and r.kind != "common"]
        self.typed, self.unmatched = typed, unmatched
        if words:
            self.read(words, "excluded", documents=self.index.matching(query))
        return query

    def field(self, node: grammar.Field) -> wq.Query:
        if node.name in TEXT_FIELDS:
            if isinstance(node.value, grammar.Field):  # titel:kommun:Lund
                self.read(f"{node.name}:", "ignored", note="lone_operator")
            before = len(self.reading)
            query = self.tree(node.value, TEXT_FIELDS[node.name])
            self.reading[before:] = [
                r if r.field or r.kind in ("field", "ignored") else replace(r, field=node.name)
                for r in self.reading[before:]
            ]
            return query
        if isinstance(
            node.value, (grammar.Or, grammar.And)
        ):  # kommun:(Lund ELLER Malmö), kommun:(Lund Malmö)
            each, nodes, more = [], node.value.nodes, 0
            while nodes:
                value: Tree = grammar.Field(node.name, nodes[0])
                if isinstance(node.value, grammar.And):  # kommun:(Östra Göinge)
                    value, more = self.named(value, nodes[1:])
                each.append(self.tree(value, TEXT))
                nodes = nodes[1 + more :]
            without = (
                [q for q in each if isinstance(q, wq.Not)] if isinstance(node.value, grammar.And) else []
            )
            some = [q for q in each if q not in without]
            return _and([*([wq.Or(some)] if some else []), *without])
        if isinstance(node.value, grammar.Not):
            return wq.Not(self.silent(grammar.Field(node.name, node.value.node), TEXT))
        if isinstance(node.value, grammar.Range):
            text = f"{node.value.low}..{node.value.high}"
        else:
            text = getattr(node.value, "text", "")
        low, dots, high = text.partition("..")  # also of one among several: år:2010,2012..2014
        high = high if dots else low
        shown = f"{node.name}:{text}"
        several = _listed(text)
        known = node.name in VALUE_FIELDS and self.index.values(VALUE_FIELDS[node.name], text)
        if len(several) > 1 and not known:
            return self.field(grammar.Field(node.name, grammar.Or(several)))  # kommun:Lund,Malmö
        if node.name in YEAR_FIELDS:
            return self.fields.year(low, high, shown)
        if node.name in DATE_FIELDS:
            return self.fields.published(as_date(low) or low, as_date(high) or high, shown)
        name = VALUE_FIELDS[node.name]
        values = (UNKNOWN,) if text.lower() in NOT_KNOWN else tuple(self.index.values(name, text))
        if not values:
            self.read(shown, "field", note="no_value")
            return wq.NullQuery
        return self.fields.chosen(shown, any_(name, values), values)


def _either(node: Tree, parts: int) -> bool:
    """Is one of its ``parts`` enough? So it is of values of a field."""
    if isinstance(node, grammar.Field):
        return node.name not in TEXT_FIELDS or _either(node.value, parts)
    return isinstance(node, grammar.Or) and len(node.nodes) == parts


def _ends(value: Tree) -> bool:
    """Is there a comma after it?"""
    return getattr(value, "comma", False)


def _common(text: str) -> bool:
    """Also och/eller."""
    words = [m[0] for m in TOKEN.finditer(text.lower())]
    return bool(words) and COMMON.issuperset(words)


def _listed(values: str) -> tuple[grammar.Word, ...]:
    """Those between commas."""
    return tuple(grammar.Word(value.strip()) for value in values.split(",") if value.strip())


def _completed(word: grammar.Word, instead: Tree) -> Tree:
    whole = analyser("sv").completed(word.half)
    return grammar.Word(whole[0]) if whole else instead


def _scored(required: Sequence[wq.Query]) -> list[wq.Query]:
    return [q for q in required if not _chooses(q)]


def _chooses(query: wq.Query) -> bool:
    """Does no document match it better than another? So kommun:Lund,Malmö."""
    if isinstance(query, wq.AndNot):
        return _chooses(query.a)
    if isinstance(query, (wq.Or, wq.And)):
        return all(_chooses(q) or q == wq.NullQuery for q in query.subqueries)
    return isinstance(query, (wq.Not, wq.ConstantScoreQuery))


def _run(nodes: Iterable[Tree]) -> Iterable[grammar.Word]:
    for node in nodes:
        if not isinstance(node, grammar.Word):
            return
        yield node
