"""What is a word indexed and searched as? One analyser a language: stem and parts of every word.

``analyser("sv")`` knows Swedish inflection, irregular pairs and compounds; ``analyser("en")`` stems English;
any other language gets the Swedish stem without compounds, so that a query, which does not know the language
of a document, meets the same terms when it asks the Swedish analyser.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

import Stemmer

from indexer.language import lexicon
from indexer.language.compounds import Splitter

_VERSION = "1"


class WordForms(NamedTuple):
    """``stem``: index term of the exact word; ``parts``: terms of a compound's parts, never the stem."""

    stem: str
    parts: tuple[str, ...] = ()


_IRREGULAR = {
    form: base
    for base, forms in {
        "bok": "böcker", "man": "män mannen männen", "stad": "städer", "fot": "fötter", "land": "länder",
        "natt": "nätter", "hand": "händer", "son": "söner", "bonde": "bönder", "tand": "tänder", "rot":
        "rötter", "bror": "bröder broder", "far": "fäder fader", "mor": "mödrar moder", "dotter": "döttrar", "ledamot":
        "ledamöter", "barn": "barnet barnen", "strand": "stränder", "brand": "bränder", "kraft": "krafter",
    }.items()
    for form in forms.split()
}  # fmt: skip


class Analyser:
    """Analyses words of one language; every word is analysed once and remembered."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._known: dict[str, WordForms] = {}
        self._stem = Stemmer.Stemmer("english" if language == "en" else "swedish", 0).stemWord
        self._splitter = None if language == "en" else Splitter(lexicon.swedish())

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would be indexed differently: for the generation's ``analysis``."""
        return hashlib.sha256(f"{_VERSION} {self.language}".encode()).hexdigest()[:16]

    def word(self, word: str) -> WordForms:
        """Stem and parts of a lower-case token."""
        forms = self._known.get(word)
        if forms is None:
            forms = self._known[word] = self._analyse(word)
        return forms

    def _analyse(self, word: str) -> WordForms:
        base, colon, ending = word.partition(":")
        if colon and not ending.isdigit():
            word = base
        pieces = [p for p in word.replace("/", "-").replace(":", "-").split("-") if p]
        if len(pieces) > 1:
            stem = self._lemma_stem(word.replace("-", "") if "/" not in word and ":" not in word else word)
            parts = {self.word(p).stem: None for p in pieces}
            for piece in pieces:
                parts.update(dict.fromkeys(self.word(piece).parts))
            parts.pop(stem, None)
            return WordForms(stem, tuple(parts))
        stem = self._lemma_stem(word)
        if self.language != "sv" or self._splitter is None:
            return WordForms(stem)
        parts = dict.fromkeys(self._parts(word))
        parts.pop(stem, None)
        return WordForms(stem, tuple(parts))

    def _parts(self, word: str) -> list[str]:
        assert self._splitter is not None
        found = self._splitter.split(word) if len(word) >= 6 else ()
        if not found:
            return []
        left, right = self._splitter.base(found[0]), found[1]
        return [self._lemma_stem(left), self._lemma_stem(right), *self._parts(left), *self._parts(right)]

    def _lemma_stem(self, word: str) -> str:
        if self.language == "en":
            return self._stem(word.removesuffix("'s").removesuffix("’s"))  # type: ignore[no-any-return]
        word = _IRREGULAR.get(word.removesuffix("s"), word)
        if self._splitter is not None and word.endswith(("et", "ets")):
            base = next((w for w, _ in lexicon.swedish().lemmas(word)), None)
            word = base or word
        return self._stem(word)  # type: ignore[no-any-return]


@cache
def analyser(language: str) -> Analyser:
    """The analyser of ``language`` ("sv", "en"); any other code gives the neutral one."""
    return Analyser(language if language in ("sv", "en") else "")
