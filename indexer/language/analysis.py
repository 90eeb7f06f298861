"""What is a word indexed and searched as? One analyser a language: stem and parts of every word.

``analyser("sv")`` knows Swedish inflection, irregular words and compounds; ``analyser("en")`` stems
English. Any other language gets the Swedish stem without compounds, so that a query, which does not
know the language of a document, meets the same terms when it asks the Swedish analyser.

A query asks both analysers. An English stem that is also a Swedish word (plan, film) is the same
term in both languages; any other is marked, so that *handling* → ``handl@en`` in an English text
does not meet Swedish *handlar* → ``handl``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from typing import NamedTuple

import Stemmer

from indexer.language import lexicon
from indexer.language.compounds import Splitter

_VERSION = "3"
_ENDING = re.compile("['’:](?:s|a|an|ar|are|aren|arna|en|ens|er|erna|et|ets|n|na|ns|or|orna|r|t)$")
_JOINED = re.compile(r"[-\u2010\u2011/:'’]")
_MANY = 3_000  # words that a build meets at once and a search in days
_REMEMBERED = 100_000  # cuts of words; their parts are met again and again
_ADJECTIVE = frozenset("OkPQ")  # flags of hunspell-sv whose suffixes inflect adjectives


class WordForms(NamedTuple):
    """``stem``: index term of the exact word; ``parts``: terms of a compound's parts, never the stem."""

    stem: str
    parts: tuple[str, ...] = ()


class Analyser:
    """Analyses words of one language; every word is analysed once and remembered."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._known: dict[str, WordForms] = {}
        self._cuts: dict[str, tuple[str, str, str] | None] = {}

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would be indexed differently: for the generation's ``analysis``."""
        mark = f"{_VERSION} {self.language} {lexicon.fingerprint()} {Stemmer.version()}"
        return hashlib.sha256(mark.encode()).hexdigest()[:16]

    def word(self, word: str) -> WordForms:
        """Stem and parts of a lower-case token."""
        forms = self._known.get(word)
        if forms is None:
            forms = self._known[word] = self._forms(word)
            if len(self._known) == _MANY:
                lexicon.swedish().hold()
        return forms

    def pair(self, word: str) -> tuple[str, str] | None:
        """Stems of the two words that a Swedish compound is made of; None for any other word."""
        if self.language != "sv" or not word.isalpha():
            return None
        found = self._cut(word)
        return (self.word(found[1]).stem, self.word(found[2]).stem) if found else None

    def _forms(self, word: str) -> WordForms:
        if word.isalpha():
            return self._english(word) if self.language == "en" else self._swedish(word)
        bare = _ENDING.sub("", word)  # FN:s, children's
        if bare != word:
            return self.word(bare)
        pieces = [piece for piece in _JOINED.split(word) if piece]
        if len(pieces) < 2:
            return WordForms(word)
        forms = [self.word(piece) for piece in pieces]
        whole = "".join(pieces)
        if whole.isalpha():  # e-post and epost, barnrätts-strateg and barnrättsstrateg are one word
            joined = self.word(whole)
            forms.append(WordForms(joined.stem, joined.parts))
            stem = joined.stem
        else:  # 2014/123 and 2010:800 as they stand; 18-åringar as 18åring
            stem = word if "/" in word or ":" in word else "".join(pieces[:-1]) + forms[-1].stem
        return _made(stem, [f.stem for f in forms], *(f.parts for f in forms))

    def _english(self, word: str) -> WordForms:
        stem = _snowball("english")(word)
        swedish = lexicon.swedish()
        shared = lexicon.is_word(swedish.flags(stem)) and analyser("sv").word(stem).stem == stem
        return WordForms(stem if shared else stem + "@en")

    def _swedish(self, word: str) -> WordForms:
        found = self._cut(word) if self.language == "sv" else None
        if found is None:
            lemma = lexicon.swedish().lemma(word)
            if lemma is None:
                return WordForms(_snowball("swedish")(word))
            stem = _light(lemma)
            if lemma.endswith("het") and self.language == "sv":  # delaktighet is found by delaktig
                quality = lemma.removesuffix("het")
                flags = lexicon.swedish().flags(quality) or ""
                if len(quality) > 3 and not _ADJECTIVE.isdisjoint(flags):
                    return _made(stem, [self.word(quality).stem])
            return WordForms(stem)
        left, first, last = found
        first_forms, last_forms = self.word(first), self.word(last)
        parts = [first_forms.stem, last_forms.stem]
        if further := self._cut(last):  # barn|rätts|strateg, cut after barn, is also about barnrätt
            parts.append(left + self.word(further[1]).stem)
        return _made(left + last_forms.stem, parts, first_forms.parts, last_forms.parts)

    def _cut(self, word: str) -> tuple[str, str, str] | None:
        """("barnrätts", "barnrätt", "strateg"): the first part as written and as a word, the last part."""
        if word in self._cuts:
            return self._cuts[word]
        lemma = lexicon.swedish().lemma(word) or word
        splitter = _splitter()
        cut = splitter.cut(lemma)
        found = (lemma[:cut], splitter.base(lemma[:cut]), lemma[cut:]) if cut else None
        if len(self._cuts) > _REMEMBERED:
            self._cuts.clear()
        self._cuts[word] = found
        return found


def _light(lemma: str) -> str:
    """skola → skol, arbete → arbet: the verb arbeta, and forms the lexicon lacks, then meet the noun.

    No more than that is cut off: Snowball makes mån of both månad and måne.
    """
    return lemma[:-1] if len(lemma) > 3 and lemma[-1] in "ae" else lemma


def _made(stem: str, *parts: Iterable[str]) -> WordForms:
    return WordForms(stem, tuple(p for p in dict.fromkeys(chain(*parts)) if p != stem))


@cache
def _snowball(language: str) -> Callable[[str], str]:
    return Stemmer.Stemmer(language, 0).stemWord  # type: ignore[no-any-return]


@cache
def _splitter() -> Splitter:
    return Splitter(lexicon.swedish())


@cache
def analyser(language: str) -> Analyser:
    """The analyser of ``language`` ("sv", "en"); any other code gives the neutral one."""
    return Analyser(language) if language in ("sv", "en", "") else analyser("")
