"""What does the Swedish dictionary say? Its words, their inflected forms, the compounds they build.

Read from the package hunspell-sv (LGPL-3), a dependency: nothing of it is copied into this project. Its
affix file says how words are inflected and what they look like as the first part of a compound
(familj → familje-, kyrka → kyrko-).

Only for preparing ``forms``, which takes a few seconds and is done once in an environment; analysis
asks that. Not for deciding where a compound parts: that is ``compounds``.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from indexer.language.irregular import IRREGULAR, UNINFLECTED, irregular

_PACKAGE = "hunspell-sv"
_INFLECTING = frozenset("ABCDEFGHIJKLMNOPQRTmk")  # flags whose suffixes inflect a word
_NOUN = frozenset("ABCDEFGHIJ")  # … a noun
_GENITIVE = "A"  # … gives it no more than an s
_VERB = frozenset("mKLj")  # … a verb
_LEADING = frozenset("zgyhxwvfuit")  # flags whose suffixes make it the first part of a compound
BOUND = "Z"  # hunspell's ONLYINCOMPOUND: not a word of its own
NAME = "^"  # our own flag: written with a capital only


def is_word(flags: str | None) -> bool:
    """A word of its own, and not only a name."""
    return False if not flags else BOUND not in flags and NAME not in flags


def leads(flags: str) -> bool:
    """Marked as first part of compounds: COMPOUNDBEGIN, COMPOUNDMIDDLE, or s, which adds the first."""
    return "X" in flags or "U" in flags or "s" in flags


def ends(flags: str) -> bool:
    """Marked as last part of compounds (COMPOUNDEND), or of a number word (fem-åring)."""
    return "Y" in flags or "6" in flags


def is_adjective(flags: str) -> bool:
    return not _ADJECTIVE.isdisjoint(flags)


_ADJECTIVE = frozenset("OkPQ")
_LONGEST_CONDITION = 5  # letters; the longest of the affix file is [gk]juta
_Rule = tuple[str, str, re.Pattern[str]]  # what the ending replaces, the ending, what the word ends in


@dataclass(frozen=True)
class Dictionary:
    """``flags``: form → hunspell's flags, "." without any; also for forms that are only parts (BOUND)."""

    flags: dict[str, str]
    bases: dict[str, str]  # the first part of compounds → its word
    leading: Counter[str]  # words that begin so and go on with a known word
    trailing: Counter[str]  # words that end so after a known first part
    rules: dict[str, list[_Rule]]  # flag → its suffixes
    _known: dict[tuple[str, str], list[tuple[int, str, str]]] = field(default_factory=dict)

    def forms(self, word: str) -> Iterator[tuple[str, str, str]]:
        """The inflected forms of ``word``: (form, its ending, the flag that gives it)."""
        for strip, ending, flag in self._endings(self.flags.get(word, ""), word[-_LONGEST_CONDITION:]):
            yield word[: len(word) - strip] + ending, ending, flag

    def _endings(self, flags: str, tail: str) -> list[tuple[int, str, str]]:
        """(letters to cut off, ending, flag) for a word with these flags that ends in ``tail``."""
        known = self._known.get((flags, tail))
        if known is None:
            known = self._known[flags, tail] = [
                (len(strip), ending, flag)
                for flag in sorted(_INFLECTING.intersection(flags))
                for strip, ending, condition in self.rules.get(flag, ())
                if tail.endswith(strip) and condition.search(tail)
            ]
        return known

    def lemmas(self) -> dict[str, str]:
        """Every form that is a form of a word → that word; a word inflected in its own right → itself.

        Without the genitives of nouns, which are nearly half of all forms: who looks one up takes off its s.

        Where several words have the form, a noun goes first (beslutet is of beslut, not of besluten),
        then the shortest ending; a name only when there is no other.
        """
        lemmas: dict[str, str] = {}
        ranks: dict[str, int] = {}
        for word, flags in self.flags.items():
            inflected = not _INFLECTING.isdisjoint(flags) and word not in UNINFLECTED
            if not inflected or (BOUND in flags and not ends(flags)):
                continue
            name = 200 if NAME in flags else 0
            for form, ending, flag in self.forms(word):
                if flag in _NOUN and ending[-1] == "s":
                    continue
                rank = len(ending) + name + (0 if flag in _NOUN else 100)
                if len(form) > 2 and rank < ranks.get(form, 1000):
                    if (
                        ending in ("a", "as")
                        and word.endswith("um")
                        and (form in self.flags or len(form) < 6)
                    ):
                        continue  # andra is not a form of andrum, nor ta of tum
                    ranks[form] = rank
                    lemmas[form] = word
                    if flag == "T" and ending[0] in "ir":  # ekonom → ekonomiska, utreda → utredare
                        lemmas[form] = word + ("isk" if ending[0] == "i" else "re")
            rank = -1 if not _NOUN.isdisjoint(flags) else 99  # gången is of gång rather than itself
            if rank + name < ranks.get(word, 1000):
                ranks[word] = rank + name
                lemmas[word] = word
        lemmas |= self._agreeing(lemmas)
        verbs = {word: self._verb(word) for word in dict.fromkeys(lemmas.values())}
        for form, word in lemmas.items():
            lemmas[form] = verbs[word]
        for form in [*lemmas, *self.flags]:
            if (parts := irregular(form)) and is_word(self.flags.get("".join(parts))):
                lemmas[form] = "".join(parts)
        for form, word in IRREGULAR.items():
            lemmas |= {form: word, form + "s": word, word: word}
        return lemmas | {word: word for word in UNINFLECTED}

    def _agreeing(self, lemmas: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Forms that the dictionary lacks or takes for another word, and the word that their kin are of."""
        for word, flags in self.flags.items():
            if is_word(flags) and lemmas.get(word) == word:
                if word.endswith("ig"):  # anhöriga, möjligen
                    endings = ("a", "as", "t", "en")
                    yield from ((word + ending, word) for ending in endings if word + ending not in lemmas)
                elif word.endswith("sam") and lemmas.get(word + "t", word + "t") == word + "t":
                    yield word + "t", word  # skyndsamt, which is there as a word
                if not _NOUN.isdisjoint(flags):
                    if word.endswith(("ande", "ende")):  # mottagandet, not of mottaga
                        yield from ((word + "t", word), (word + "ts", word))
                    if word.endswith("er"):  # politikerna, not of politik
                        yield from ((word + "na", word), (word + "nas", word))
            if is_adjective(flags):
                for form, ending, _ in self.forms(word):
                    compared = ending in ("are", "ast", "aste")  # starkare is not inflected itself
                    # amerikanska documents, not only the tongue
                    language = word.endswith("sk") and form == word + "a"
                    if (compared or language) and lemmas.get(form) == form:
                        yield form, word

    def _verb(self, word: str) -> str:
        """The verb of genomförande, utbildad, visas, bestämd, which the dictionary has as words."""
        for ending, rest in (("nde", ""), ("ade", "a"), ("ad", "a"), ("as", "a")):
            if word.endswith(ending):
                verb = word.removesuffix(ending) + rest
                if not _VERB.isdisjoint(self.flags.get(verb, "")):
                    return verb
        flags = self.flags.get(word, "")
        noun = not (_NOUN - {_GENITIVE}).isdisjoint(flags)  # uppväxt, uppväxten
        if len(word) < 4 or word[-1] not in "dt" or not is_adjective(flags) or noun:
            return word
        root = word[:-1]
        supine = root[:-1] + "tt" if word.endswith("dd") else root + "t"  # vild is not of vila, vilat
        for verb in (root + "a", root + root[-1] + "a"):
            inflects = not _VERB.isdisjoint(self.flags.get(verb, ""))
            if inflects and supine in {form for form, _, _ in self.forms(verb)}:
                return verb
        return word

    def is_inflected(self, word: str) -> bool:
        """Is it a word with forms of its own? Not gatu, which the dictionary also lists as a word."""
        flags = self.flags.get(word)
        return is_word(flags) and not _INFLECTING.isdisjoint(flags or "")

    def base(self, part: str) -> str | None:
        """The word that the first part of a compound is a form of: arbets → arbete, kyrko → kyrka."""
        if part in UNINFLECTED:
            return part  # an|svara, and nothing of ana
        if part in self.bases and not self.is_inflected(part):
            return self.bases[part]
        if is_word(self.flags.get(part)):
            return part
        stem, last = part[:-1], part[-1]
        words = [stem, stem + "e"] if last == "s" else []
        words += [part + "a", part + "e"]
        if last in "oue":
            words += [stem + "a", stem, stem + "e"]
        elif last == "a":
            words += [stem, IRREGULAR.get(part + "r", "")]  # mödrar → mor
        return next((w for w in words if len(w) > 2 and is_word(self.flags.get(w))), None)


@cache
def fingerprint() -> str:
    """Changes with the installed dictionary."""
    sizes = [path.stat().st_size for path in files()]
    return hashlib.sha256(f"{metadata.version(_PACKAGE)} {sizes}".encode()).hexdigest()[:16]


def files() -> tuple[Path, Path]:
    """The dictionary and the affix file of the installed package."""
    held = {Path(str(f)).name: f for f in metadata.files(_PACKAGE) or ()}
    return Path(str(held["sv_SE.dic"].locate())), Path(str(held["sv_SE.aff"].locate()))


@cache
def read() -> Dictionary:
    """The dictionary of the installed package (two seconds)."""
    dictionary, affixes = (path.read_text("utf-8") for path in files())
    rules = _rules(affixes)
    flags, bases = _words(dictionary, rules)
    leading, trailing = _families(flags, bases)
    return Dictionary(flags, bases, leading, trailing, rules)


def _rules(affixes: str) -> dict[str, list[_Rule]]:
    """flag → the suffix rules that inflect, or that make the first part of a compound"""
    rules: dict[str, list[_Rule]] = {}
    for line in affixes.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] != "SFX":
            continue
        flag, strip, ending, condition = fields[1:5]
        ending = ending.partition("/")[0].replace("0", "")
        if flag in _LEADING or (flag in _INFLECTING and ending):
            pattern = re.compile((condition if condition != "." else "") + "$")
            rules.setdefault(flag, []).append((strip.replace("0", ""), ending, pattern))
    return rules


def _words(dictionary: str, rules: dict[str, list[_Rule]]) -> tuple[dict[str, str], dict[str, str]]:
    """(form → flags, first part → its word)"""
    common: dict[str, str] = {}
    names: dict[str, str] = {}
    bound: dict[str, str] = {}
    bases: dict[str, str] = {}
    for line in dictionary.splitlines()[1:]:
        written, _, flags = line.partition("/")
        if BOUND in flags:
            written = written.strip("-")
        if "%" in flags or not written.isalpha():  # % is FORBIDDENWORD
            continue
        word = written.lower()
        kind = bound if BOUND in flags else common if word == written else names
        kind[word] = kind.get(word, "") + (flags or ".")
        for flag in sorted(_LEADING.intersection(flags)):
            for strip, ending, condition in rules[flag]:
                if condition.search(word):
                    form = word.removesuffix(strip) + ending
                    if form not in bases or form.startswith(word):  # rätts is from rätt, not rätta
                        bases[form] = word
    words = dict.fromkeys(bases, BOUND)
    words |= bound
    words |= {word: flags + NAME for word, flags in names.items()}
    # estland stands there in small letters too, without a form of its own: a name nevertheless
    words |= {word: flags for word, flags in common.items() if flags != "." or word not in names}
    return words, bases


def _families(words: dict[str, str], bases: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    heads = {w for w, flags in words.items() if len(w) > 2 and (is_word(flags) or ends(flags))}
    starts = {w for w, flags in words.items() if is_word(flags) or leads(flags)} | bases.keys()
    leading: Counter[str] = Counter()
    trailing: Counter[str] = Counter()
    for word, flags in words.items():
        if is_word(flags):
            for cut in range(2, len(word) - 1):
                head = word[cut:]
                if head in heads:
                    first = word[:cut]
                    leading[first] += 1
                    if first in starts:
                        trailing[head] += 1
    return leading, trailing
