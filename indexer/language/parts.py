"""What speaks for a string as part of a compound? Weights and the facts they weigh.

A cut of a word into ``left`` and ``right`` is worth

    score = BIAS + lead(left) + head(right) + whole(word)

where each term is a sum of the weights below, for what the dictionary says about that string: what kind
of word it is, how many compounds it builds already (ln(1 + family), in which the word itself is not
counted), how short it is. The best cut above zero wins; when none is above zero the word is no
compound. That is a conditional logit over the cuts and "no cut"; its weights are fitted as one, by
``benchmarks/compounds.py --fit``, on a seeded half of 3,319 open compounds and 6,526 words that are
probably simple, and an inflected form of each; BIAS is then moved by 0.5 towards parting, because a part
too many ranks low and a part that is missing is never found. On the other half 92.5 % of the compounds
are parted exactly, 2.7 % of the simple words at all; of their inflected forms 92.5 % and 2.4 %.

Not for finding the cut: ``compounds``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import log1p

from indexer.language.dictionary import BOUND, NAME, Dictionary, ends, is_word, leads

BIAS = -0.19
LEAD = {  # the first part: exactly one kind …
    "form": 2.46,  # the dictionary gives it as first part of a word: familje, arbets
    "bound": 1.42,  # … or as something that is only a first part
    "word": -0.33,
    "name": -0.88,
    "s": -0.40,  # a word and s
    "vowel": -1.95,  # a word with another last vowel, where other compounds have it too: gatu, mödra
    "cut": -1.05,  # a word without its last vowel: skol(a), läs(a), pojk(e)
    "compound": -1.5,  # itself a compound of known parts
    # … and what comes on top
    "leads": 1.05,  # a word that the dictionary marks as a first part
    "family": 0.57,
    "2 letters": -2.79,
    "3 letters": -1.30,
    "4 letters": -0.19,
    "prefix": -3.61,
    "no vowel": -1.71,
}
HEAD = {  # the last part
    "word": -0.06,
    "bound": 0.56,  # a last part only: mässig, åring
    "name": -1.40,
    "inflected": 0.64,
    "derived": -0.47,  # formed with the compound: tvåspråkig from språk, befälhavare from hava
    "compound": -1.5,
    "ends": 1.89,  # a word that the dictionary marks as a last part
    "family": 0.51,
    "2 letters": -2.02,
    "3 letters": -2.21,
    "4 letters": -1.32,
    "suffix": -3.45,
    "no vowel": -0.52,
}
WHOLE = {  # against any cut
    "inflected": -1.21,  # the word is a form of a shorter one: barn-en rather than bar-nen
    "family": -1.34,  # the word itself builds many compounds: those are mostly simple words
    "foreign ending": -1.23,
    "foreign beginning": -1.68,
    "name": -9.0,  # not fitted: Landskrona is no crown and Estland no land, whatever they are made of
}

_USUAL = 3  # words of the dictionary that begin in an unusual way, for it to be one
_PREFIXES = frozenset(
    re.findall(r"\w+", "be för ent er ge miss o re pro pre kon kom de dis ex trans van sam")
)
_UNLINKED = frozenset(re.findall(r"\w+", "an av be efter för genom in om på till under upp ut över"))
"""After these no s links: försvara is no vara."""
SUFFIXES = frozenset(
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
    r"be|för|ent|kon|kom(?!mun)|kol|kor|pro|pre|re|de|dis|ex|in|im|il|ad|ab|ob|sub|per|para|anti|auto|mono|"
    r"poly|tele|mikro|makro|termo|inter|intra|trans|hyper|hypo|syn|sym|dia|epi|meta|neo|stereo"
)
_VOWEL = re.compile("[aeiouyåäöéü]")
Facts = dict[str, int]
"""Name of a weight → 1; "family" → the number of words, of which the logarithm is weighed."""


def lead_facts(dictionary: Dictionary, part: str) -> Facts | None:
    """What speaks for ``part`` as first part of a compound; None when it cannot be one."""
    if len(part) < 2 or (part[-1] == "s" and part[:-1] in _UNLINKED):
        return None
    flags = dictionary.flags.get(part, "")
    facts: Facts = {}
    family = dictionary.leading.get(part, 0)
    if part in dictionary.bases and not dictionary.is_inflected(part):
        kind = "form"
    elif is_word(flags):
        kind = "word"
        if leads(flags):
            facts["leads"] = 1
    elif leads(flags) and NAME not in flags:
        kind = "bound"
    elif part.endswith("s") and len(part) > 3 and is_word(dictionary.flags.get(part[:-1])):
        kind = "s"
    elif is_word(dictionary.flags.get(part + "a")) or is_word(dictionary.flags.get(part + "e")):
        kind = "cut"
    elif family > _USUAL and dictionary.base(part):
        kind = "vowel"
    elif NAME in flags:
        kind = "name"
    else:
        return None
    facts[kind] = 1
    if part in _PREFIXES:
        facts["prefix"] = 1
    return facts | _size(part, family)


def head_facts(dictionary: Dictionary, part: str, lemma: str | None) -> Facts | None:
    """What speaks for ``part``, a form of ``lemma``, as last part of a compound; None when it cannot be."""
    if len(part) < 2 or (part.endswith(("ande", "ende")) and not _VOWEL.search(part[:-4])):
        return None  # the dictionary has gande and tande, but omhändertagande has none
    flags = dictionary.flags.get(part, "")
    family = dictionary.trailing.get(part, 0)
    facts: Facts = {}
    if is_word(flags):
        kind = "word"
        if ends(flags):
            facts["ends"] = 1
    elif BOUND in flags and ends(flags):
        kind = "bound"
    elif lemma and len(lemma) > 2 and len(part) > 2 and lemma != part:  # skjutsa is of no säga, sa
        kind = "inflected"
        family = max(family, dictionary.trailing.get(lemma, 0))
    elif NAME in flags:
        kind = "name"
    elif len(part) > 4 and _is_derived(dictionary, part):
        kind = "derived"
    else:
        return None
    facts[kind] = 1
    if part in SUFFIXES:
        facts["suffix"] = 1
    return facts | _size(part, family)


def whole_facts(dictionary: Dictionary, word: str, lemma: str | None) -> Facts:
    """What speaks against any cut of ``word``, as far as the dictionary knows."""
    facts: Facts = {}
    family = max(dictionary.leading.get(word, 0), dictionary.trailing.get(word, 0))
    if word in dictionary.flags and family > 0:
        facts["family"] = family
    if NAME in dictionary.flags.get(word, "") and not word.endswith(("en", "et")):
        facts["name"] = 1  # but Skolinspektionen is an inspection
    if lemma and lemma != word and len(lemma) > 2:
        facts["inflected"] = 1
    return facts


def spelling_facts(word: str) -> Facts:
    """What speaks against any cut of ``word``, by how it looks."""
    facts: Facts = {}
    if _FOREIGN_END.search(word):
        facts["foreign ending"] = 1
    if _FOREIGN_START.match(word):
        facts["foreign beginning"] = 1
    return facts


def _size(part: str, family: int) -> Facts:
    facts: Facts = {}
    if family > 0:
        facts["family"] = family
    if len(part) < 5:
        facts[f"{len(part)} letters"] = 1
    if not _VOWEL.search(part):
        facts["no vowel"] = 1
    return facts


def _is_derived(dictionary: Dictionary, part: str) -> bool:
    """Is ``part`` formed from a known word only as the end of a compound: (två)språkig, (befäl)havare?"""
    flags = dictionary.flags
    if part.endswith(("ig", "ad")):
        return any(is_word(flags.get(w)) for w in (part[:-2], part[:-2] + "a", part[:-2] + "e"))
    if part.endswith("are"):
        return is_word(flags.get(part[:-3] + "a"))
    if part.endswith("ande"):
        return is_word(flags.get(part[:-4] + "a"))
    return part.endswith("ing") and is_word(flags.get(part[:-3]))


def derived(word: str) -> list[str]:
    """The strings that ``_is_derived`` may find formed from ``word``."""
    stem = word[:-1] if word[-1] in "ae" else word
    found = [stem + "ig", stem + "ad", word + "ing"]
    if word.endswith("a"):
        found += [stem + "are", stem + "ande"]
    return found


def totals(weights: Mapping[str, float], facts: Facts) -> tuple[float, float]:
    """The weighted sum, and what it is when the word being cut is itself counted in the family."""
    family = facts.pop("family", 0)
    score = sum([weights[name] for name in facts])
    if family == 0:
        return score, score
    weight = weights["family"]
    return score + weight * log1p(family), score + weight * log1p(family - 1)
