"""What is a word indexed and searched as? One analyser a language: stem and parts of every word.

The stem is the term of the exact word, which all its inflected forms share. Parts let the words inside
a compound find it, ranked lower: barnrättsstrateg has barn, rätt, strateg and, because people search
for what compounds are made of and not for their letters, barnrätt. Every part is a term of its own:
what two of them have in common is for the search to weigh.

``analyser("sv")`` knows Swedish inflection, irregular words and compounds; ``analyser("en")`` stems
English. Any other language gets the Swedish stem without compounds, so that a query, which does not
know the language of a document, meets the same terms when it asks the Swedish analyser.

A query asks both analysers. An English stem that is also a Swedish word (plan, film) is the same
term in both languages; any other is marked, so that *handling* → ``handl@en`` in an English text
does not meet Swedish *handlar* → ``handl``. So is that of a Swedish word with another stem:
*personal* → ``person@en``, since personal (staff) is no person.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import Stemmer

from indexer.language import forms, suspended
from indexer.language.compounds import LookedUp, Splitter
from indexer.language.irregular import KEPT, UNINFLECTED

if TYPE_CHECKING:
    from indexer.language.kernel import Table

_VERSION = "11"
_MOST = 2_000_000  # words remembered: a server is not to grow by what it is asked
_TELLING = 5
"""Letters of a stem that finds what a particle has been put before: avlyssna is found by lyssna. With fewer
the whole mostly means something else: utgift is no gift, avtal no tal, motsvara no svar."""
_ENDING = re.compile("['’:](?:s|a|an|ar|are|aren|arna|en|ens|er|erna|et|ets|n|na|ns|or|orna|r|t)$")
_JOINED = re.compile(r"[-\u2010\u2011/:'’]")


_ENGLISH = {"children": "child", "women": "woman"}
"""Plurals that the English stemmer does not know; men is left alone, since it is Swedish too."""


class WordForms(NamedTuple):
    """``stem``: index term of the exact word; ``parts``: terms of a compound's parts, never the stem."""

    stem: str
    parts: tuple[str, ...] = ()


class Analyser:
    """Analyses words of one language; every word is analysed once and remembered."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._known: dict[str, WordForms] = {}
        self._looked_up: dict[str, LookedUp] = {}

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would be indexed differently: for the generation's ``analysis``."""
        mark = f"{_VERSION} {self.language} {forms.fingerprint()} {Stemmer.version()}"
        return hashlib.sha256(mark.encode()).hexdigest()[:16]

    def word(self, word: str) -> WordForms:
        """Stem and parts of a lower-case token."""
        found = self._known.get(word)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[word] = self._analyse(word)
        return found

    def learn(self, words: Iterable[str]) -> None:
        """Analyses many words at once: ``word`` then answers the same, sooner where nothing is compiled."""
        new = [w for w in dict.fromkeys(words) if w not in self._known]
        splitter = _splitter()
        if self.language != "en" and isinstance(splitter, Splitter):
            pieces = dict.fromkeys(w for w in new if w.isalpha())
            rest = [w for w in new if w not in pieces]
            pieces |= dict.fromkeys(o for o in (w.partition(" ")[2] for w in rest) if o.isalpha())
            for some in (_pieces(w) for w in rest if " " not in w):
                pieces |= dict.fromkeys(p for p in (*some, "".join(some)) if p.isalpha())
            while todo := [w for w in pieces if len(w) <= forms.LONGEST and w not in self._looked_up]:
                found = splitter.look_all_up(todo, parting=self.language == "sv")
                self._looked_up.update(zip(todo, found, strict=True))
                pieces = {p: None for _, parted in found for p in (parted or ())[1:]}
        for word in new:
            self.word(word)
        self._looked_up.clear()

    def pair(self, word: str) -> tuple[str, str] | None:
        """Stems of the two words that a Swedish compound is made of; None for any other word."""
        found = self.parts(word)
        if found is None or found[0] in UNINFLECTED:
            return None
        return self.word(found[0]).stem, self.word(found[1]).stem

    def parts(self, word: str) -> tuple[str, str] | None:
        """The two words that a Swedish compound is made of: ("barnrätt", "strategerna")."""
        found = self._look_up(word)[1] if word.isalpha() and self.language == "sv" else None
        return found[1:] if found else None

    def completed(self, name: str) -> list[str]:
        """The words that a half stands for, likeliest first; ``name``: as ``suspended`` calls it."""
        half, _, other = name.partition(" ")
        if self.language != "sv" or half.strip("-") in ("", half):
            return []
        whole = suspended.completed(half, other, lambda word: self._look_up(word)[1])
        return [lead + ("" if other.isalpha() else "-") + head for lead, head in whole]

    def certainty(self, word: str) -> int:
        """How surely ``parts`` has parted ``word`` rightly: the splitter's score, hundredths of a logit."""
        splitter = _splitter()
        return splitter.score(splitter.lemma(word) or word)

    def _analyse(self, word: str) -> WordForms:
        if len(word) > forms.LONGEST:
            return WordForms(word)
        if word.isalpha():
            return self._english(word) if self.language == "en" else self._swedish(word)
        if " " in word:
            return self._half(word)
        pieces = _pieces(word)
        if len(pieces) < 2:  # FN:s, children's
            return self.word(pieces[0]) if pieces and pieces[0] != word else WordForms(word)
        found = [self.word(piece) for piece in pieces]
        whole = "".join(pieces)
        if whole.isalpha() and self.language != "en" and any(self._look_up(whole)):
            found.append(self.word(whole))  # e-post and epost, barnrätts-strateg and barnrättsstrateg are one
            stem = found[-1].stem
        elif whole.isalpha():  # HVB-hemmet: no dictionary has hvbhemmet, but hemmet it has
            stem = "".join(pieces[:-1]) + found[-1].stem
        else:  # 2014/123 and 2010:800 as they stand; 18-åringar as 18åring
            stem = word if "/" in word or ":" in word else "".join(pieces[:-1]) + found[-1].stem
        return _made(stem, [f.stem for f in found], *(f.parts for f in found))

    def _half(self, name: str) -> WordForms:
        """A half of a word (``suspended``): the word that it stands for is a part of it."""
        half, _, other = name.partition(" ")
        bare = half.strip("-")
        if bare in ("", half):  # no half, and no word of a text
            return WordForms(name)
        itself = self.word(bare)
        if self.language != "sv":
            return itself
        whole = suspended.completed(half, other, lambda word: self._look_up(word)[1])
        terms = [_JOINED.sub("", lead) + self.word(head).stem for lead, head in whole]
        return _made(itself.stem, itself.parts, terms)

    def _english(self, word: str) -> WordForms:
        stem = _snowball("english")(_ENGLISH.get(word, word))
        swedish, stem_of = _splitter(), analyser("sv").word
        shared = swedish.is_word(stem) and stem_of(stem).stem == stem
        if shared and word != stem and (swedish.is_word(word) or swedish.lemma(word)):
            shared = stem_of(word).stem == stem
        return WordForms(stem if shared else stem + "@en")

    def _swedish(self, word: str) -> WordForms:
        lemma, found = self._look_up(word)
        if found is None:
            if (lemma or word) in UNINFLECTED:
                return WordForms(lemma or word)
            stem = _light(lemma) if lemma else _snowball("swedish")(word)
            if lemma and lemma.endswith("het") and len(lemma) > 6 and self.language == "sv":
                quality = lemma.removesuffix("het")  # delaktighet is found by delaktig
                if _splitter().is_adjective(quality):
                    return _made(stem, [self.word(quality).stem])
            return WordForms(stem)
        left, first, last = found
        first_forms, last_forms = self.word(first), self.word(last)
        if first in UNINFLECTED:  # av|lyssna: nobody looks for the preposition
            telling = [last_forms.stem] if len(_cut(last_forms.stem)) >= _TELLING else []
            return _made(left + _cut(last_forms.stem), telling, last_forms.parts)
        parts = [first_forms.stem, last_forms.stem]
        if further := self._look_up(last)[1]:  # barn|rättsstrateg is also about barnrätt
            parts.append(left + _cut(self.word(further[1]).stem))
        return _made(left + _cut(last_forms.stem), parts, first_forms.parts, last_forms.parts)

    def _look_up(self, word: str) -> LookedUp:
        return self._looked_up.get(word) or _splitter().look_up(word, self.language == "sv")


def _pieces(word: str) -> list[str]:
    """What a token is put together of by hyphens and the like; an ending after a colon is none."""
    return [piece for piece in _JOINED.split(_ENDING.sub("", word)) if piece]


def _light(lemma: str) -> str:
    """skola → skol, arbete → arbet: the verb arbeta, and forms the dictionary lacks, then meet the noun.

    No more than that is cut off: Snowball makes mån of both månad and måne.
    """
    return lemma if lemma in KEPT else _cut(lemma)


def _cut(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "ae" else word


def _made(stem: str, *parts: Iterable[str]) -> WordForms:
    distinct = dict.fromkeys(chain(*parts))
    distinct.pop(stem, None)
    return WordForms(stem, tuple(distinct))


@cache
def _snowball(language: str) -> Callable[[str], str]:
    return Stemmer.Stemmer(language, 0).stemWord  # type: ignore[no-any-return]


@cache
def _splitter() -> Splitter | Table:
    """Compiled, or where it was not, in Python: the answers are the same."""
    try:
        from indexer.language.kernel import Table
    except ModuleNotFoundError as missing:
        if missing.name != "indexer.language.kernel":
            raise
        return Splitter(forms.swedish())
    return Table(forms.swedish())


@cache
def analyser(language: str) -> Analyser:
    """The analyser of ``language`` ("sv", "en"); any other code gives the neutral one."""
    return Analyser(language) if language in ("sv", "en", "") else analyser("")


def fingerprint() -> str:
    """Changes when words of either language would be indexed otherwise: what an index was made with."""
    marks = (analyser(language).fingerprint for language in ("sv", "en"))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
