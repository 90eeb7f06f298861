"""Which words mean the same, or are sought together? The files of ``corpus/thesaurus``.

One relation a line; ``#`` begins a remark:

    barnkonventionen = FN:s konvention om barnets rättigheter = CRC
    landsting => region

``=`` joins terms that mean the same: a search for any of them finds all. ``=>`` goes one way: a
search for the left terms also finds the right ones, never the other way round.

A term is a word, an abbreviation or a phrase. It is known by its stems, so in all its inflected
forms. An abbreviation (written with two capitals or more) is known only by itself and its forms with a colon.

One that is also an ordinary word (BO, SKA) is known only when it is typed with a capital, and ``=`` does
not have it sought for the others: texts are indexed in small letters, so ``Barnombudsmannen`` would find
everyone who has somewhere to live (94 documents of 4,237, six of them about BO), ``systematiskt
kvalitetsarbete`` two documents of three. ``=>`` is taken as it is written: ``socialtjänstlagen => SoL``.

Not for how much a synonym is worth: the search decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from indexer.errors import VocabularyError
from indexer.language import forms
from indexer.language.analysis import analyser
from indexer.language.text import normalise, tokens

_Key = tuple[str, ...]
_SIGNS = re.compile(r'[;|*?"“”<>()~]')
_ENDING = re.compile("['’:](?:s|n|ns|en|ens|t|et|ets|er|erna|ar|arna)$")
"""Of an abbreviation: BKA:s, BKA:n, FOU:t."""
_ENGLISH = frozenset(("do", "who"))
"""How do municipalities involve children? Not by DO."""


class Term(NamedTuple):
    text: str  # as the file writes it: Sveriges Kommuner och Regioner
    words: tuple[str, ...]  # its tokens, lower-cased
    key: _Key  # what the words of a query are compared with


class Match(NamedTuple):
    """Words ``start`` up to, not including, ``end`` may also be said with each of the alternatives."""

    start: int
    end: int
    alternatives: tuple[Term, ...]


class Thesaurus:
    """Terms and what each of them also finds. ``also``: the key of a term → its alternatives."""

    def __init__(self, also: dict[_Key, tuple[Term, ...]]) -> None:
        self._also = also
        self._longest = max(map(len, also), default=0)

    def __len__(self) -> int:
        return len(self._also)

    @classmethod
    def load(cls, directory: Path) -> Thesaurus:
        """All ``*.txt`` files of ``directory``, by name; without any the thesaurus is empty.

        Raises VocabularyError, with file and line, for a line that cannot be read, a sign that has no
        meaning, an empty term, a term that refers to itself, one that stands in two groups, and two that
        are related twice.
        """
        reader = _Reader()
        texts = [(path.name, _text(path)) for path in sorted(Path(directory).glob("*.txt")) if path.is_file()]
        analyser("sv").learn(word for _, text in texts for word, _, _ in tokens(text))
        for name, text in texts:
            for number, line in enumerate(text.splitlines(), 1):
                relation = line.partition("#")[0].strip()
                if relation:
                    reader.line(relation, f"{name}, line {number}")
        return cls({key: tuple(others) for key, others in reader.also.items()})

    def expand(self, words: Sequence[str]) -> list[Match]:
        """Where ``words`` (tokens, as typed or lower-cased) are terms: longest first, then from the left."""
        lowered = [word.lower() for word in words]
        keys = [_stem(word) for word in lowered]
        matches = []
        for size in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                others = self._also.get(tuple(keys[start : start + size]), ())
                if size == 1:
                    others = self._also.get(_abbreviation(lowered[start]), ()) or others
                    if others and _needs_capital(lowered[start]) and words[start].islower():
                        others = self._also.get((keys[start],), ())
                if others:
                    matches.append(Match(start, start + size, others))
        return matches


def _text(path: Path) -> str:
    try:
        return normalise(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise VocabularyError(f"{path.name} is not written in UTF-8; save it again as UTF-8.") from None


def _stem(word: str) -> str:
    return analyser("sv").word(word).stem


def _abbreviation(word: str) -> _Key:
    """The key of an abbreviation: no stem has a full stop in it."""
    return (_ENDING.sub("", word) + ".",)


def _needs_capital(word: str) -> bool:
    """Is it also an ordinary word? Not lvu and csn, which the dictionary has without any inflection."""
    return word in _ENGLISH or forms.swedish().lemma(word) == word


def _is_ordinary(term: Term) -> bool:
    """Is it an abbreviation, and a form of an ordinary word too? SALAR is (of sal), UNICEF is a name only."""
    if not term.key[0].endswith("."):
        return False
    word, swedish = term.words[0], forms.swedish()
    lemma = swedish.lemma(word)
    return lemma is not None and (lemma != word or swedish.is_word(word))


def _term(text: str) -> Term:
    words = tuple(word for word, _, _ in tokens(text))
    if len(words) == 1 and sum(map(str.isupper, text)) > 1 and text.isalpha():
        return Term(text, words, _abbreviation(words[0]))
    return Term(text, words, tuple(map(_stem, words)))


class _Reader:
    """Reads line after line and remembers where everything was said."""

    def __init__(self) -> None:
        self.also: dict[_Key, dict[Term, None]] = {}
        self._group: dict[_Key, str] = {}
        self._related: dict[tuple[_Key, _Key], str] = {}

    def line(self, text: str, place: str) -> None:
        left, arrow, right = text.partition("=>")
        if "=>" in right:
            raise VocabularyError(f"{place}: two arrows; write each relation on a line of its own.")
        if arrow:
            terms, others = _terms(left, place), _terms(right, place)
            for term in terms:
                for other in others:
                    self._relate(term, other, place, two_way=False)
            return
        terms = _terms(text, place)
        if len(terms) < 2:
            raise VocabularyError(f"{place}: {text!r} alone says nothing; join it with another by = or =>.")
        for term in terms:
            where = self._group.get(term.key)
            if where == place:
                raise VocabularyError(
                    f"{place}: {term.text!r} is the same word as another on the line; remove one of the two, "
                    "all forms of a word are known."
                )
            if where is not None:
                raise VocabularyError(
                    f"{place}: {term.text!r} already stands at {where}; put what means the same on one line."
                )
            self._group[term.key] = place
        for i, term in enumerate(terms):
            for other in terms[i + 1 :]:
                if _is_ordinary(term) or _is_ordinary(other):
                    self._read_only(term, other)
                else:
                    self._relate(term, other, place, two_way=True)

    def _read_only(self, term: Term, other: Term) -> None:
        """Both find each other, but what is an ordinary word too is not sought."""
        for known, sought in ((term, other), (other, term)):
            if not _is_ordinary(sought):
                self.also.setdefault(known.key, {})[sought] = None

    def _relate(self, term: Term, other: Term, place: str, *, two_way: bool) -> None:
        if term.key == other.key:
            raise VocabularyError(f"{place}: {term.text!r} refers to itself; remove one of the two.")
        for pair in ((term.key, other.key), (other.key, term.key)):
            if pair in self._related:
                raise VocabularyError(
                    f"{place}: {term.text!r} and {other.text!r} are already related at "
                    f"{self._related[pair]}; keep one of the two lines."
                )
        self._related[term.key, other.key] = place
        self.also.setdefault(term.key, {})[other] = None
        if two_way:
            self.also.setdefault(other.key, {})[term] = None


def _terms(text: str, place: str) -> list[Term]:
    terms = [_term(part.strip()) for part in text.split("=")]
    odd = _SIGNS.search(text)
    if odd:
        raise VocabularyError(
            f"{place}: {odd[0]!r} has no meaning here; write words, with = or => between terms."
        )
    if not all(term.words for term in terms):
        raise VocabularyError(f"{place}: a term is empty; write a word on both sides of = and =>.")
    return terms
