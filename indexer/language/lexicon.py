"""Which Swedish words are known, and which forms do they take? Read from the dictionary of hunspell-sv.

The package (LGPL-3) is a dependency: nothing of it is copied into this project. Its affix file says how words
are inflected and what they look like as the first part of a compound (familj → familje-, kyrka → kyrko-);
both are used here backwards, from the form in a text to the word. Not for splitting: that is ``compounds``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

_PACKAGE = "hunspell-sv"
_INFLECTION = frozenset("ABCDEFGHIJKLMNOPQRTmk")  # flags whose suffixes inflect a word
_FIRST = frozenset("zgyhxwvfuit")  # flags whose suffixes make the first part of a compound


class Lexicon:
    """``words`` maps a word to its hunspell flags, ``firsts`` the first part of a compound to its word."""

    def __init__(self, words: Mapping[str, str], firsts: Mapping[str, str], endings: Endings) -> None:
        self.words = words
        self.firsts = firsts
        self._endings = endings

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def lemmas(self, form: str) -> Iterator[tuple[str, str]]:
        """(word, ending) for the known words that ``form`` is an inflected form of, shortest ending first."""
        for size in range(1, min(self._endings.longest, len(form) - 1) + 1):
            for strip, flag, condition in self._endings.by_text.get(form[-size:], ()):
                word = form[:-size] + strip
                flags = self.words.get(word)
                if flags is not None and flag in flags and condition.search(word):
                    yield word, form[-size:]


class Endings:
    """The suffix rules of the affix file: ending → (what it replaced, flag, what the word must end in)."""

    def __init__(self, rules: list[tuple[str, str, str, str]]) -> None:
        table: dict[str, list[tuple[str, str, re.Pattern[str]]]] = {}
        for flag, strip, add, condition in rules:
            if add:
                table.setdefault(add, []).append((strip, flag, re.compile(condition + "$")))
        self.by_text = {add: tuple(found) for add, found in table.items()}
        self.longest = max(map(len, self.by_text), default=0)


def hunspell_files() -> tuple[Path, Path]:
    """The dictionary and the affix file of the installed package."""
    files = {Path(str(f)).name: f for f in metadata.files(_PACKAGE) or ()}
    return Path(str(files["sv_SE.dic"].locate())), Path(str(files["sv_SE.aff"].locate()))


def _rules(affixes: str) -> tuple[list[tuple[str, str, str, str]], list[tuple[str, str, str, str]]]:
    """(inflections, first parts), each as (flag, strip, add, condition)."""
    inflections, firsts = [], []
    for line in affixes.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] != "SFX":
            continue
        flag, strip, add, condition = fields[1:5]
        add, _, _ = add.partition("/")
        rule = (flag, strip.replace("0", ""), add.replace("0", ""), condition if condition != "." else "")
        if flag in _INFLECTION:
            inflections.append(rule)
        elif flag in _FIRST:
            firsts.append(rule)
    return inflections, firsts


@cache
def swedish() -> Lexicon:
    """The lexicon of the installed package."""
    dictionary, affixes = hunspell_files()
    inflections, firsts = _rules(affixes.read_text("utf-8"))
    first_rules: dict[str, list[tuple[str, str, re.Pattern[str]]]] = {}
    for flag, strip, add, condition in firsts:
        first_rules.setdefault(flag, []).append((strip, add, re.compile(condition + "$")))
    words: dict[str, str] = {}
    first_parts: dict[str, str] = {}
    for line in dictionary.read_text("utf-8").splitlines()[1:]:
        word, _, flags = line.partition("/")
        if "%" in flags or not word.replace("-", "").isalpha():
            continue
        word = word.lower()
        if "Z" in flags:
            if "X" in flags or "U" in flags:
                first_parts.setdefault(word.rstrip("-"), "")
            continue
        words[word] = words.get(word, "") + flags
        for flag in _FIRST.intersection(flags):
            for strip, add, ending in first_rules[flag]:
                if ending.search(word):
                    form = (word[: len(word) - len(strip)] if strip else word) + add
                    if not first_parts.get(form):
                        first_parts[form] = word
    return Lexicon(words, first_parts, Endings(inflections))
