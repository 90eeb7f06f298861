"""Which words mean the same, or are sought together? The files of ``corpus/thesaurus``.

One relation a line; ``#`` begins a comment:

    barnkonventionen = FN:s konvention om barnets rättigheter = CRC
    Malmö högskola => Malmö universitet

``=`` joins terms that mean the same: a search for any of them finds all. ``=>`` goes one way: a search for
the left term also finds the right ones (a narrower term, a body that took over), never the other way round.
A term is a word, an abbreviation or a phrase; it matches in all its inflected forms. An abbreviation, written
in capitals, matches only itself and its genitive, so that BO is not found in *bor*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from indexer.errors import VocabularyError
from indexer.language.analysis import analyser
from indexer.language.text import normalise, tokens


class Term(NamedTuple):
    text: str  # as the file writes it: Sveriges Kommuner och Regioner
    words: tuple[str, ...]  # its tokens, lower-cased
    key: tuple[str, ...]  # what the words of a query are compared with


class Match(NamedTuple):
    """Words ``start`` up to, not including, ``end`` may also be said with each of the alternatives."""

    start: int
    end: int
    alternatives: tuple[Term, ...]


class Thesaurus:
    """Terms and what each of them also finds."""

    def __init__(self, relations: Iterable[tuple[Term, Term]]) -> None:
        also: dict[tuple[str, ...], dict[Term, None]] = {}
        for term, other in relations:
            also.setdefault(term.key, {})[other] = None
        self._also = {key: tuple(others) for key, others in also.items()}
        self._longest = max(map(len, self._also), default=0)

    def __len__(self) -> int:
        return len(self._also)

    @classmethod
    def load(cls, directory: Path) -> Thesaurus:
        """All ``*.txt`` files of ``directory``, in the order of their names; a missing directory is empty.

        Raises VocabularyError, with file and line, for a line that cannot be read, an empty term, a term that
        refers to itself, stands in two groups, or is related in contradictory ways.
        """
        return cls(_relations(sorted(Path(directory).glob("*.txt"))))

    def expand(self, words: Sequence[str]) -> list[Match]:
        """Where ``words`` (lower-cased tokens) are known: longest match first, then from the left."""
        keys = [_key(w) for w in words]
        return [
            Match(i, i + size, others)
            for size in range(min(self._longest, len(words)), 0, -1)
            for i in range(len(words) - size + 1)
            if (others := self._lookup(words[i : i + size], keys[i : i + size]))
        ]

    def _lookup(self, words: Sequence[str], keys: Sequence[str]) -> tuple[Term, ...]:
        if len(words) == 1:
            exact = self._also.get((_abbreviation(words[0]),))
            if exact:
                return exact
        return self._also.get(tuple(keys), ())


def _key(word: str) -> str:
    return analyser("sv").word(word).stem


def _abbreviation(word: str) -> str:
    return "=" + word.removesuffix(":s")


def _term(text: str) -> Term:
    words = tuple(w for w, _, _ in tokens(text))
    if len(words) == 1 and text.isupper():
        return Term(text, words, (_abbreviation(words[0]),))
    return Term(text, words, tuple(map(_key, words)))


def _relations(files: list[Path]) -> Iterator[tuple[Term, Term]]:
    group_of: dict[tuple[str, ...], str] = {}
    relation_at: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
    for file in files:
        for number, line in enumerate(file.read_text("utf-8-sig").splitlines(), 1):
            text = normalise(line).partition("#")[0].strip()
            if not text:
                continue
            place = f"{file.name}, line {number}"
            left, arrow, right = text.partition("=>")
            if arrow:
                froms, tos = _terms(left, place), _terms(right, place)
            else:
                froms = tos = _terms(text, place)
                if len(froms) < 2:
                    raise VocabularyError(f"{place}: one term alone says nothing; join two with = or =>.")
                for term in froms:
                    if term.key in group_of:
                        raise VocabularyError(
                            f"{place}: {term.text!r} is already in the group at {group_of[term.key]}; "
                            "put all its terms on one line."
                        )
                    group_of[term.key] = place
            for term in froms:
                for other in tos:
                    if term.key == other.key:
                        if arrow:
                            raise VocabularyError(f"{place}: {term.text!r} refers to itself.")
                        continue
                    for pair in ((term.key, other.key), (other.key, term.key))[: 2 if arrow else 1]:
                        if pair in relation_at:
                            raise VocabularyError(
                                f"{place}: {term.text!r} and {other.text!r} are already related at "
                                f"{relation_at[pair]}; keep one of the two lines."
                            )
                    relation_at[term.key, other.key] = place
                    yield term, other


def _terms(text: str, place: str) -> list[Term]:
    terms = [_term(part.strip()) for part in text.split("=")]
    for term in terms:
        if not term.words:
            raise VocabularyError(f"{place}: a term is empty; write a word on both sides of = and =>.")
    if len({t.key for t in terms}) < len(terms):
        raise VocabularyError(
            f"{place}: a term stands there twice, perhaps in another form of the same word."
        )
    return terms
