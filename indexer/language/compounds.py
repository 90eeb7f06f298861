"""Where does a Swedish compound part? A splitter driven by the lexicon.

A cut of a word into ``left`` and ``right`` is worth

    score = BIAS + lead(left) + head(right) + whole(word)

where each term is a sum of the weights below, for what the lexicon knows about that string: what kind
of word it is, how many compounds it builds already (ln(1 + family), in which the word itself is not
counted), how short it is. The best cut above zero wins; when none is above zero the word is no
compound. That is a conditional logit over the cuts and "no cut", and its weights are fitted as one,
by ``benchmarks/compounds.py --fit``, on a seeded half of the open compounds and simple words with an
inflected form of each. On the other half: see benchmarks/README.md.

A name, a foreign word or a misspelling has no cut into two known parts, and stays whole.

Not for stems: it answers with the parts as they are written (``barnrätts|strateg``), linking letters
to the left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import log1p

from indexer.language.lexicon import BOUND, NAME, Lexicon, ends, is_word, leads

BIAS = -0.83
LEAD = {  # the first part: exactly one kind …
    "form": 2.77,  # the dictionary gives it as first part of a word: familje, arbets
    "bound": 1.71,  # … or as something that is only a first part
    "word": 0.06,
    "name": -0.59,
    "s": -0.17,  # a word and s
    "cut": -0.65,  # a word without its last vowel: skol(a), läs(a), pojk(e)
    "vowel": -1.67,  # a word with a changed or added vowel: kyrko
    "family only": -2.34,  # other words of the dictionary begin so
    "compound": -1.5,  # itself a compound of known parts
    # … and what comes on top
    "leads": 0.99,  # a word that the dictionary marks as a first part
    "family": 0.62,
    "2 letters": -3.07,
    "3 letters": -1.51,
    "4 letters": -0.38,
    "prefix": -3.66,
    "no vowel": -1.70,
}
HEAD = {  # the last part
    "word": -0.05,
    "bound": 0.49,  # a last part only: mässig, åring
    "name": -1.37,
    "inflected": 0.74,
    "derived": -0.74,  # formed with the compound: tvåspråkig from språk, befälhavare from hava
    "compound": -1.5,
    "ends": 1.97,  # a word that the dictionary marks as a last part
    "noun": -0.19,
    "verb": -0.10,
    "adjective": 0.05,
    "family": 0.48,
    "2 letters": -2.10,
    "3 letters": -2.28,
    "4 letters": -1.37,
    "suffix": -3.28,
    "no vowel": -0.53,
}
WHOLE = {  # against any cut
    "inflected": -1.32,  # the word is a form of a shorter one: barn-en rather than bar-nen
    "family": -1.30,  # the word itself builds many compounds: those are mostly simple words
    "foreign ending": -1.19,
    "foreign beginning": -1.72,
}

_PREFIXES = frozenset(
    re.findall(r"\w+", "be för ent er ge miss o re pro pre kon kom de dis ex trans van sam")
)
_SUFFIXES = frozenset(
    re.findall(
        r"\w+",
        """het heten heter ning ningen ningar nings ing ingen ingar ings ling lig liga ligt ig isk iska
        era erar erade isera are aren ares arna ande anden andet ende endet else elsen elser ism ismen
        ist isten ister tion tionen tioner sion ans ant ent ett skap skapet dom domen sam samma samt
        inna eri erier log loger logi gram graf grafi iv al ell ar er or en an et at ad as is na itet
        itets sel seln abel ik tik tor bar bara bart bel te ta de da rad ring ringen ringar rings dera
        sera nera vis lighet barhet samhet""",
    )
)
_FOREIGN_END = re.compile(r"(?:era|ion|isk|itet|ism|ist|logi|grafi|iv|ent|ant|ans|ens|abel|ell|aner)$")
_FOREIGN_START = re.compile(
    r"be|för|ent|kon|kom|kol|kor|pro|pre|re|de|dis|ex|in|im|il|ad|ab|ob|sub|per|para|anti|auto|mono|poly|tele|"
    r"mikro|makro|termo|inter|intra|trans|hyper|hypo|syn|sym|dia|epi|meta|neo|stereo"
)
_VOWEL = re.compile("[aeiouyåäöéü]")
_SHORTEST = 5  # letters of the shortest word worth cutting: ål|bur is not in the open data, ek|bord is
_LONGEST = 60  # letters; longer strings are no words, and judging one of 20,000 took twelve seconds


class Splitter:
    """Finds the two parts of a compound. Remembers the parts it has judged, not the words."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._leads: dict[str, _Worth] = {}
        self._heads: dict[str, _Worth] = {}

    def split(self, word: str) -> tuple[str, ...]:
        """(left, right) at the best place, or () when ``word`` is not a compound of known parts.

        An inflected form of a known word parts where the word parts: barnböckerna as barnbok.
        """
        lemma = self.lexicon.lemma(word) or word
        cut = self.cut(lemma)
        return (word[:cut], word[cut:]) if cut and word[:cut] == lemma[:cut] else ()

    def cut(self, lemma: str) -> int:
        """Where the uninflected or unknown word ``lemma`` parts; 0 when it does not."""
        return self._best(lemma, 2)[0]

    def base(self, part: str) -> str:
        """The word that the first part of a compound is a form of: arbets → arbete, kyrko → kyrka."""
        if is_word(self.lexicon.flags(part)):
            return part
        entry = self.lexicon.entry(part)
        return (entry and entry.base) or next(_bases(self.lexicon, part), None) or part.removesuffix("s")

    def _best(self, word: str, depth: int) -> tuple[int, float]:
        """The best cut and its score; (0, 0.0) when no cut is above zero."""
        if not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return 0, 0.0
        flags_of = self.lexicon.flags
        flags = flags_of(word)
        own = 1 if is_word(flags) else 0
        best, cut = -BIAS, 0
        for i in range(2, len(word) - 1):
            left, right = word[:i], word[i:]
            most = _BEST_HEAD if flags_of(right) else _BEST_UNKNOWN_HEAD
            if flags and most < _BEST_HEAD and not right.endswith(_CHANGING):
                continue  # a known, uninflected word ends in an uninflected one
            lead = self._lead(left)[own]
            if lead + most > best:
                score = lead + self._head(right)[own]
                if score > best:
                    best, cut = score, i
        if cut:
            return self._judged(word, cut, best)
        return self._longer(word, depth - 1) if depth and len(word) > 8 and not own else (0, 0.0)

    def _longer(self, word: str, depth: int) -> tuple[int, float]:
        """The best cut of a word of which one side is itself a compound that the lexicon does not have."""
        best, cut = -BIAS, 0
        for i in range(3, len(word) - 2):
            left, right = word[:i], word[i:]
            lead = self._lead(left)[0]
            if lead > _NEVER:
                if len(right) < 6 or lead + _BEST_HEAD < best or self._head(right)[0] > _NEVER:
                    continue
                inner, worth = self._best(self.lexicon.lemma(right) or right, depth)
                score = lead + HEAD["compound"] + worth
            elif len(left) >= 6 and (head := self._head(right)[0]) > _NEVER:
                inner, worth = self._best(left.removesuffix("s"), depth)
                score = head + LEAD["compound"] + worth
            else:
                continue
            if inner and score > best:
                best, cut = score, i
        return self._judged(word, cut, best) if cut else (0, 0.0)

    def _judged(self, word: str, cut: int, score: float) -> tuple[int, float]:
        score += BIAS + _sum(WHOLE, whole_features(self.lexicon, word))
        return (cut, score) if score > 0.0 else (0, 0.0)

    def _lead(self, part: str) -> _Worth:
        worth = self._leads.get(part)
        if worth is None:
            features = lead_features(self.lexicon, part)
            worth = _remember(self._leads, part, LEAD, features)
        return worth

    def _head(self, part: str) -> _Worth:
        worth = self._heads.get(part)
        if worth is None:
            features = head_features(self.lexicon, part)
            worth = _remember(self._heads, part, HEAD, features)
        return worth


_Worth = tuple[float, float]  # of a part: plain, and when the word itself is one of its family
_NEVER = -100.0
_NOTHING = (_NEVER, _NEVER)
_CHANGING = ("ig", "ad", "are", "ande", "ing", "ar", "or", "er", "na", "en", "a")  # plurals, _derived
_BEST_HEAD = 5.0  # tjärn is worth 4.96: no word of the dictionary more
_BEST_UNKNOWN_HEAD = 3.5  # inflected and derived ones: hete is worth 3.42
_REMEMBERED = 250_000


def _remember(
    known: dict[str, _Worth], part: str, weights: Mapping[str, float], features: dict[str, float] | None
) -> _Worth:
    if len(known) > _REMEMBERED:
        known.clear()
    if features is None:
        worth = _NOTHING
    else:
        family = features.pop("family", 0)
        score, weight = _sum(weights, features), weights["family"]
        worth = (score + weight * log1p(family), score + weight * log1p(max(family - 1, 0)))
    known[part] = worth
    return worth


def _sum(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(weights[name] * value for name, value in features.items())


def lead_features(lexicon: Lexicon, part: str) -> dict[str, float] | None:
    """What speaks for ``part`` as first part of a compound; None when it cannot be one.

    "family" is the plain number of words, of which the caller takes the logarithm.
    """
    flags = lexicon.flags(part) or ""
    if not flags and not _may_lead(lexicon.flags, part):
        return None
    found: dict[str, float] = {}
    entry = lexicon.entry(part) if flags else None
    family = entry.leading if entry else 0
    if entry and is_word(flags):
        kind = "word"
        if leads(flags):
            found["leads"] = 1
    elif entry and entry.base:
        kind = "form"
    elif leads(flags) and NAME not in flags:
        kind = "bound"
    elif base := next(_bases(lexicon, part), None):
        kind = "cut" if base.startswith(part) else "s" if base + "s" == part else "vowel"
    elif NAME in flags:
        kind = "name"
    elif family > 1:
        kind = "family only"
    else:
        return None
    found[kind] = 1
    if family > 0:
        found["family"] = family
    if len(part) < 5:
        found[f"{len(part)} letters"] = 1
    if part in _PREFIXES:
        found["prefix"] = 1
    if not _VOWEL.search(part):
        found["no vowel"] = 1
    return found


def _may_lead(flags_of: Callable[[str], str | None], part: str) -> bool:
    """Quickly: could ``_bases`` have something to say?"""
    return bool(
        flags_of(part + "a")
        or flags_of(part + "e")
        or (part[-1] in "soeua" and (flags_of(part[:-1]) or flags_of(part[:-1] + "a")))
    )


def _bases(lexicon: Lexicon, part: str) -> Iterator[str]:
    """Words that ``part`` may be the first part of, the commonest way of forming it first."""
    stem = part[:-1]
    last = part[-1]
    forms = []
    if last == "s":
        forms += [stem, stem + "e", stem[:-1] + "a" if stem.endswith("e") else ""]
    forms += [part + "a", part + "e"]
    if last in "oue":
        forms += [stem + "a", stem, stem + "e"]
    elif last == "a":
        forms.append(stem)
    for word in forms:
        if len(word) > 2 and is_word(lexicon.flags(word)):
            yield word


def head_features(lexicon: Lexicon, part: str) -> dict[str, float] | None:
    """What speaks for ``part`` as last part of a compound; None when it cannot be one."""
    flags = lexicon.flags(part) or ""
    found: dict[str, float] = {}
    entry = lexicon.entry(part) if flags else None
    family = entry.trailing if entry else 0
    if is_word(flags):
        kind = "word"
    elif ends(flags) and BOUND in flags:
        kind = "bound"
    elif lemma := next((w for w in lexicon.lemmas(part) if len(w) > 2), None):
        kind = "inflected"
        base = lexicon.entry(lemma)
        assert base is not None
        flags, family = base.flags, max(family, base.trailing)
    elif NAME in flags:
        kind = "name"
    elif len(part) > 4 and _derived(lexicon, part):
        kind = "derived"
    else:
        return None
    found[kind] = 1
    if "Y" in flags and kind == "word":
        found["ends"] = 1
    if "A" in flags:
        found["noun"] = 1
    if "m" in flags or "K" in flags or "L" in flags:
        found["verb"] = 1
    if "O" in flags or "k" in flags or "Q" in flags:
        found["adjective"] = 1
    if family > 0:
        found["family"] = family
    if len(part) < 5:
        found[f"{len(part)} letters"] = 1
    if part in _SUFFIXES:
        found["suffix"] = 1
    if not _VOWEL.search(part):
        found["no vowel"] = 1
    return found


def _derived(lexicon: Lexicon, part: str) -> bool:
    """Is ``part`` formed from a known word only as the end of a compound: (två)språkig, (befäl)havare?"""
    if part.endswith(("ig", "ad")):
        stem = part[:-2]
        return any(is_word(lexicon.flags(w)) for w in (stem, stem + "a", stem + "e"))
    if part.endswith("are"):
        return is_word(lexicon.flags(part[:-3] + "a"))
    if part.endswith("ande"):
        return is_word(lexicon.flags(part[:-4] + "a"))
    return part.endswith("ing") and is_word(lexicon.flags(part[:-3]))


def whole_features(lexicon: Lexicon, word: str) -> dict[str, float]:
    """What speaks against any cut of ``word``."""
    found: dict[str, float] = {}
    entry = lexicon.entry(word)
    if entry and (family := max(entry.leading, entry.trailing)) > 0:
        found["family"] = log1p(family)
    if next((w for w in lexicon.lemmas(word) if len(w) > 2), None):
        found["inflected"] = 1
    if _FOREIGN_END.search(word):
        found["foreign ending"] = 1
    if _FOREIGN_START.match(word):
        found["foreign beginning"] = 1
    return found
