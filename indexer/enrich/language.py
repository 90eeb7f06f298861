"""In which language is a document written?

What the page or file declares and the source's own language are weighed against the text: function words of
Swedish and English first, py3langid for the rest, and a short text never outvotes the declaration.
"""

from __future__ import annotations

import re
from collections import Counter

from indexer.enrich.reading import Reading
from indexer.model import Evidence
from indexer.vocabulary import Vocabulary

_SV = "och att det som en på är av för med till den har i om ett men var jag kan ska inte från eller vid"
_EN = "the and of to in that is for it with as was on be by this are from or at which have not an will"
_SWEDISH, _ENGLISH = frozenset(_SV.split()), frozenset(_EN.split())
_ENOUGH_WORDS = 12
"""Words below which a text (a poster, a title) says too little to go against what is declared."""
_SURE_LETTERS = 200
"""Letters that py3langid needs: measured right on 14 of 15 Swedish texts, while titles alone need the
prior.
"""
_SAMPLE = 4_000
_NEAR = {"da", "no", "nb", "nn"}
"""Taken for Swedish in short or mixed texts; believed only without any Swedish function word's majority."""
_SHOWN = 6  # words named as evidence
_WORD = re.compile(r"[^\W\d_]+")


def language(reading: Reading, vocabulary: Vocabulary) -> tuple[str | None, tuple[Evidence, ...]]:
    """ISO 639-1 code, or None for a document without text and declaration."""
    known = vocabulary.labels["language"]
    declared = _code(reading.extract.language)
    prior = declared or _code(reading.source.language)
    sample = _sample(reading)
    words = [word.lower() for word in _WORD.findall(sample)]
    if len(words) >= _ENOUGH_WORDS:
        swedish, english = _share(words, _SWEDISH), _share(words, _ENGLISH)
        if max(swedish, english) >= 0.08 and abs(swedish - english) >= 0.05:
            code, small = ("sv", _SWEDISH) if swedish > english else ("en", _ENGLISH)
            often = Counter(word for word in words if word in small).most_common(_SHOWN)
            return code, (_evidence(code, "function_words", " ".join(word for word, _ in often)),)
        if sum(map(len, words)) >= _SURE_LETTERS:
            code = _classify(sample)
            if code in known and not (code in _NEAR and swedish >= 0.08):
                return code, (_evidence(code, "text", sample),)
    title = [word.lower() for word in _WORD.findall(reading.title)]
    if declared is None and len(words) < _ENOUGH_WORDS and sum(word in _ENGLISH for word in title) >= 2:
        return "en", (_evidence("en", "title", reading.title),)
    if prior is not None:
        rule = "declared" if declared else "source"
        return prior, (Evidence("language", prior, f"language.{rule}", prior),)
    return None, ()


def _share(words: list[str], small: frozenset[str]) -> float:
    """Share of the words that are small words of a language; 0 for fewer than three different ones ("on"
    is Finnish too).
    """
    found = [word for word in words if word in small]
    return len(found) / len(words) if len(set(found)) >= 3 else 0.0


def _evidence(code: str, rule: str, sample: str) -> Evidence:
    return Evidence("language", code, f"language.{rule}", " ".join(sample.split()[:12]))


def _code(declared: str | None) -> str | None:
    match = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", declared.strip()) if declared else None
    return match[0].lower() if match else None


def _sample(reading: Reading) -> str:
    """Text from the beginning and the middle: covers and summaries are often in another language than the
    rest.
    """
    text = reading.text
    if len(text) <= _SAMPLE:
        return text
    middle = len(text) // 2
    return text[: _SAMPLE // 2] + "\n" + text[middle : middle + _SAMPLE // 2]


def _classify(sample: str) -> str:
    import py3langid  # 0.6 s and 60 MB: only when a text needs it

    code = str(py3langid.classify(sample)[0])
    return {"nb": "no", "nn": "no"}.get(code, code)
