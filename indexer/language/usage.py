"""How are words used in texts? Which are common, which go on from which, which are names of people.

For ``suggest``, which offers no names of people. They are told by how words are written: inside sentences
with a capital, and not after "i" as places are. Not for what a document is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np

from indexer.language import forms
from indexer.language.analysis import analyser
from indexer.language.irregular import UNINFLECTED
from indexer.language.text import TOKEN

_SAMPLE = 12_000_000  # characters of text in which phrases are counted
_BEGINNING = 3_000  # … of one page at most
_COMMON = 5  # occurrences in the sample that make a phrase
_NEXT = 3  # … after which a word is said to go on from others
_PHRASES, _WORDS, _FOLLOWING = 20_000, 20_000, 150_000
_PART = 0.7  # of its occurrences within one longer phrase: then the longer one is meant
_IN = 0.1  # of its occurrences after "i": what has more is a place
_BODY = 500  # score of the splitter for a definite compound that is a body: Skolverket 714, Lindgren 391

_CLAUSE = frozenset(
    """
    bli blir blev blivit bör borde fanns fick finnas finns får fått ge ger gav gjort gjorde gå går gick gör
    göra gäller ha har hade haft kan kom komma kommer kunde kunna måste se ser ska skall skulle ta tar tog
    vara var varit vill ville vilja jag du vi ni
    """.split()  # noqa: SIM905 - a list of sixty strings is not easier to read
)
"""Words that make a clause of what has them: no phrase to search for."""
_SLIGHT = _CLAUSE | frozenset(
    """
    aldrig alltså anser annars annans bakom dels flesta först första förra ibland igen numera ofta redan
    respektive samtidigt samtliga två tre fyra fem sex sju åtta nio tio elva tolv
    and are but for from has have how not of or that the their this was what which who will with www
    """.split()  # noqa: SIM905 - as above
)
"""Besides the words without forms those that nobody looks for; no phrase begins or ends so."""

_STOP = re.compile(r"[^\w\s'’:-]+|\n|\d[\w:./-]*|(?<!\w)-|-(?!\w)")
_BETWEEN = re.compile(r",? (?:[A-ZÅÄÖ]\.? )?(?:(?:af|av|de|van|von) )?")
"""What may stand between the names of one person, an initial or a particle: Pia E. Nilsson, Nilsson, Pia."""
_SURNAME = re.compile(r"\b[A-ZÅÄÖ]\w+sson(?:s|\b)")
Array = np.ndarray[Any, Any]


class Usage:
    """Of a sample of ``texts``. ``bodies`` are names of places and organisations, ``people`` of persons."""

    def __init__(
        self, texts: Iterable[str], bodies: Iterable[str] = (), people: Collection[str] = ()
    ) -> None:
        known = {m[0].lower() for body in bodies for m in TOKEN.finditer(body)}
        self._known = frozenset(known | {word + "s" for word in known})
        self._people = frozenset(m[0].lower() for person in people for m in TOKEN.finditer(person))
        written: dict[str, int] = {"": 0}  # words as they are written → number
        ids: list[int] = []
        for text in sample(texts):
            for run in _STOP.split(text):
                ids += [written.setdefault(m[0], len(written)) for m in TOKEN.finditer(run)]
                ids.append(0)
        self._numbers: dict[str, int] = {}
        small = np.array([self._numbers.setdefault(w.lower(), len(self._numbers)) for w in written], np.int64)
        self._texts = list(self._numbers)
        stream = np.array(ids, np.int64)
        self._stream = small[stream]
        self._often = np.bincount(self._stream, minlength=len(self._texts))
        self._written = self._as_written(list(written), small, stream)
        self._kept = np.array([not self._is_name(i) for i in range(len(self._texts))], bool)
        self._tells = self._kept & np.array([tells(w) for w in self._texts], bool)
        # pröva barnets bästa begins with an infinitive; no phrase ends with one
        self._begins = self._tells | (self._kept & np.array([_is_infinitive(w) for w in self._texts], bool))

    # --- as they are written ------------------------------------------------------------------------------

    def _as_written(self, written: list[str], small: Array, stream: Array) -> list[str]:
        """The commonest way to write each word, not counting capitals at the beginning of a sentence."""
        size = len(self._texts)
        kind = np.array([0 if w == w.lower() else 2 if len(w) > 1 and w == w.upper() else 1 for w in written])
        first = np.r_[True, stream[:-1] == 0]
        inside = (kind[stream] != 1) | ~first
        often = [np.bincount(small[stream[inside & (kind[stream] == k)]], minlength=size) for k in range(3)]
        self._plain, self._capital, self._capitals = often
        place = np.r_[False, self._stream[:-1] == self._numbers.get("i", -1)] & (kind[stream] > 0)
        self._in = np.bincount(self._stream[place], minlength=size)
        best = np.argmax(np.stack(often), axis=0)
        likeliest = np.bincount(stream, minlength=len(written))
        result = list(self._texts)
        top = [0] * size
        for word, i, k, n in zip(written, small.tolist(), kind.tolist(), likeliest.tolist(), strict=True):
            if k == best[i] and k and n > top[i]:
                result[i], top[i] = word, n
        return result

    def _is_name(self, number: int) -> bool:
        """May it be the name of a person? Also where that is not sure."""
        word = self._texts[number]
        plain, capital = int(self._plain[number]), int(self._capital[number])
        if not word or word in self._known or int(self._capitals[number]) > max(plain, capital):
            return False  # an abbreviation
        if word in self._people and plain <= capital:
            return True
        if plain + capital == 0:  # only at the beginning of sentences
            return not ordinary(word)
        if plain >= capital:
            return False
        return int(self._in[number]) < max(2, _IN * int(self._often[number])) and not _body(word)

    def names_someone(self, title: str) -> bool:
        """Does ``title`` seem to name a person? Words with capitals side by side, one a name, or -sson."""
        if _SURNAME.search(title):
            return True
        words = [
            m for m in TOKEN.finditer(title) if len(m[0]) > 1 and m[0][0].isupper() and not m[0].isupper()
        ]
        for a, b in pairwise(words):
            between = _BETWEEN.fullmatch(title, a.end(), b.start())
            if between is None or (a[0].lower() in self._known and "," not in between[0]):
                continue  # Malmö Latin; but Berg, Marianne
            first, second = (self._may_name(m[0].lower()) for m in (a, b))
            begins = a.start() == 0 or title[: a.start()].rstrip()[-1] in ".:–-?!"
            # What begins a title has a capital in any case: Kvarteret Björken, but "av Björn Nilsson"
            if first or (second and not (begins and ordinary(a[0].lower()))):
                return True
        return False

    def _may_name(self, word: str) -> bool:
        number = self._numbers.get(word)
        if number is None:
            return word in self._people or not ordinary(word)
        return not self._kept[number]

    # --- what is common -----------------------------------------------------------------------------------

    @cached_property
    def words(self) -> list[tuple[str, int]]:
        """The commonest words, each in its commonest form, with their occurrences."""
        often = self._often
        told = np.flatnonzero((often >= _COMMON) & self._begins).tolist()
        common = sorted(told, key=lambda i: (-often[i], self._texts[i]))[:_WORDS]
        swedish = analyser("sv")
        swedish.learn(self._texts[i] for i in common)
        forms_of: dict[str, int] = {}
        for i in common:
            forms_of.setdefault(swedish.word(self._texts[i]).stem, i)
        return [(self._written[i], int(often[i])) for i in forms_of.values()]

    @cached_property
    def phrases(self) -> list[tuple[str, int]]:
        """Two to four words that often stand together, with their occurrences.

        A phrase begins and ends with a word that means something, and has one of the dictionary.
        """
        good = self._kept & np.array([w not in _CLAUSE for w in self._texts], bool)
        found = {p: n for p, n in self._runs.items() if n >= _COMMON and good[list(p)].all()}
        begins, ends = self._begins, self._tells
        inside = {
            part
            for phrase, n in found.items()
            if begins[phrase[0]] and ends[phrase[-1]]  # what is no phrase hides none
            for part in (phrase[1:], phrase[:-1])
            if n >= _PART * found.get(part, n + 1)
        }
        swedish = forms.swedish()
        phrases = [
            (" ".join(self._written[i] for i in phrase), n)
            for phrase, n in found.items()
            if phrase not in inside
            and begins[phrase[0]]
            and ends[phrase[-1]]
            and any(ends[i] and swedish.lemma(self._texts[i]) is not None for i in phrase)
        ]
        return sorted(phrases, key=lambda p: (-p[1], p[0]))[:_PHRASES]

    @cached_property
    def following(self) -> list[tuple[str, str, int]]:
        """(one or two words, the word that stands next, occurrences) of the commonest."""
        runs = ((r, n) for r, n in self._runs.items() if len(r) < 4 and self._tells[r[-1]])
        common = sorted((r for r in runs if self._kept[list(r[0])].all()), key=lambda r: (-r[1], r[0]))
        return [
            (" ".join(self._texts[i] for i in run[:-1]), self._written[run[-1]], n)
            for run, n in common[:_FOLLOWING]
        ]

    @cached_property
    def _runs(self) -> dict[tuple[int, ...], int]:
        """Two to four words that stand side by side, and how often."""
        found: dict[tuple[int, ...], int] = {}
        key: Array = self._stream
        shorter: dict[int, tuple[int, ...]] = {}
        for size in (2, 3, 4):
            last = self._stream[size - 1 :]
            key = np.where((key[: len(last)] > 0) & (last > 0), key[: len(last)] * len(self._texts) + last, 0)
            values, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
            kept: Array = (counts >= (_NEXT if size < 4 else _COMMON)) & (values > 0)
            rank = np.cumsum(kept) * kept
            longer = {}
            for at in np.flatnonzero(kept).tolist():
                before, word = divmod(int(values[at]), len(self._texts))
                longer[int(rank[at])] = (*shorter.get(before, (before,)), word)
                found[longer[int(rank[at])]] = int(counts[at])
            key, shorter = rank[inverse], longer
        return found


def sample(texts: Iterable[str]) -> list[str]:
    """Beginnings of the texts with the lowest checksums, so many as there is room for: in whatever order they
    come, the same texts give the same sample."""
    kept: list[tuple[int, str]] = []
    size, limit = 0, 1 << 32
    for text in texts:
        beginning = text[:_BEGINNING]
        checksum = crc32(beginning.encode("utf-8", "replace"))
        if checksum < limit:
            kept.append((checksum, beginning))
            size += len(beginning)
        while size > _SAMPLE:
            limit //= 2
            kept = [(c, t) for c, t in kept if c < limit]
            size = sum(len(t) for _, t in kept)
    return [text for _, text in sorted(kept)]


def tells(word: str) -> bool:
    """Is it more than a function word or a form of a verb: what a phrase may end with?"""
    return len(word) > 2 and word not in UNINFLECTED and word not in _SLIGHT and not _verbal(word)


def _verbal(word: str) -> bool:
    """Is it a form of a verb, and neither noun nor participle: arbetar, innebär, läsa, prövas?"""
    lemma, is_word = forms.swedish().lemma, forms.swedish().is_word
    verb = lemma(word)
    if verb is None:  # of some verbs the dictionary has single forms: innebär, ligger
        return word[-1] == "r" and is_word(word)
    if not _is_verb(verb):
        return False
    if word.endswith("er") and lemma(word[:-2]) == word[:-2]:
        return False  # åtgärder are more than one åtgärd, though one can åtgärda; but använder is no använd
    return not word.endswith(("an", "ans", "d", "da", "ande", "ende"))  # samverkan; nämnda, ledande


def _is_infinitive(word: str) -> bool:
    return word not in _SLIGHT and forms.swedish().lemma(word) == word and _is_verb(word)


def _is_verb(word: str) -> bool:
    """läsa (läser), but not skola (skolor)"""
    lemma = forms.swedish().lemma
    stem = word[:-1]
    return word[-1] == "a" and word in (lemma(word + "r"), lemma(stem + "er")) and lemma(stem + "or") != word


def ordinary(word: str) -> bool:
    """Is it a word of the dictionary, or a compound of such, and not only a name?"""
    swedish = forms.swedish()
    return (
        swedish.is_word(word)
        or swedish.is_word(swedish.lemma(word) or "")
        or analyser("sv").certainty(word) > _BODY
    )


def _body(word: str) -> bool:
    """Is it a definite compound: Skolverket? Names of people have none: Sandgren, Löfberg."""
    bare = word.removesuffix("s")
    parts = analyser("sv").parts(bare) if bare.endswith(("et", "en", "na")) else None
    return parts is not None and not bare.endswith(parts[1]) and analyser("sv").certainty(bare) > _BODY
