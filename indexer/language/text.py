"""What is a word in a text? Cleaning, tokens, folding: the same for every language, index and query.

Not for stems, compounds or synonyms: those are questions about one word, answered by ``analysis``.
"""

from __future__ import annotations

import re
import unicodedata

TOKEN = re.compile(
    r"[^\W_]+"
    r"(?:(?:['’:](?=[^\W_])"  # FN:s, 2010:800, children's
    r"|[-\u2010\u2011](?=[^\W\d_])"  # barnrätts-strateg, 18-åring
    r"|(?<=[^\W\d_])[-\u2010\u2011](?=\d)"  # covid-19, but 2012-2013 is two numbers
    r"|(?<=\d)/(?=\d)"  # 2014/123: a diary number, or a school year
    r")[^\W_]+)*"
)
"""A word: a run of letters and digits with the inner signs that Swedish writes inside words."""

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_SPACES = dict.fromkeys(
    [0x09, 0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x1F, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000],
    " ",
)
_LINES = {0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
UNSEEN = (  # of no width; marks that turn the direction of what follows; annotations; tags
    0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF,
    *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080),
)  # fmt: skip
_NOTHING = dict.fromkeys(UNSEEN)
_CONTROL = {c: " " for c in (*range(0x20), *range(0x7F, 0xA0)) if c not in (0x02, 0x0A)}
_HALVES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # of a surrogate pair: no file or database takes one
_CLEAN = {**_CONTROL, **_LIGATURES, **_SPACES, **_LINES, **_NOTHING, **_HALVES}

# A hyphen at the end of a line; U+0002 and U+FFFE are what pdfium writes there.
_LINE_END = re.compile(r"(?<=([^\W_]))(?:[-\u2010\xad\x02\ufffe] *\n *|[\x02\ufffe] *)(?=([^\W_]+))")
_ODD = re.compile(f"[{re.escape(''.join(map(chr, [2, 0xFFFE, *_CLEAN])))}]|[-\u2010] *\n")
_KEEPS_HYPHEN = frozenset(("och", "eller", "samt", "respektive", "resp", "till", "and", "or", "to"))


_MARKS = re.compile(r"[^\x00-\u02ff\w]{31}")
_MOST_MARKS = 30  # on one letter; no word of any language has that many (UAX #15, section 13)


def composed(text: str) -> str:
    """``text`` in NFC. Of more than 30 combining marks in a row the rest is left out: putting them in order
    takes the square of their number, 9 s for 80,000, in which nothing can interrupt Python.
    """
    if _MARKS.search(text):
        text = _without_heaps(text)
    return unicodedata.normalize("NFC", text)


def _without_heaps(text: str) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def normalise(text: str) -> str:
    """``text`` as it is stored, indexed and shown: what is left are the characters a reader sees.

    NFC; ligatures as letters; soft hyphens and what else is not seen removed; words broken at a line end
    joined (``verksam-⏎heten``; ``barn-⏎och`` and ``IT-⏎stöd`` keep their hyphen); odd spaces and control
    characters become a space, odd line breaks a newline, half a surrogate pair U+FFFD. Applied twice it
    changes nothing more.
    """
    if _ODD.search(text) is None:
        return composed(text)  # at once when it is so already
    cleaned = text.replace("\r\n", "\n").replace("\xad\n", "-\n")
    cleaned = composed(cleaned.translate(_CLEAN))
    cleaned = _LINE_END.sub(_joined, cleaned).replace("\x02", " ").replace("\ufffe", " ")
    return cleaned if cleaned == text else normalise(cleaned)  # joining may bring new neighbours together


def _joined(match: re.Match[str]) -> str:
    before, after = match[1], match[2]
    if after in _KEEPS_HYPHEN:
        return "- "
    if before.isdigit() or after[0].isdigit() or before.isupper() or after[0].isupper():
        return "-"  # IT-stöd, Bjuv-Eslöv, 2012-2013: the hyphen belongs to the word
    return ""


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of ``text``, lower-cased, with their start and end offsets in it."""
    return [(m[0].lower(), *m.span()) for m in TOKEN.finditer(text)]


_FOLDED = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"}
)


def fold(word: str) -> str:
    """``word`` without marks on its letters: å ä → a, ö → o, é → e; so that malmo finds Malmö."""
    plain = word if word.isascii() else word.translate(_LATIN)
    return plain if plain.isascii() else _unmarked(plain)


def _unmarked(word: str) -> str:
    plain = unicodedata.normalize("NFKD", composed(word))
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_FOLDED)


_LATIN = {code: _unmarked(chr(code)) for code in range(0xC0, 0x180)}
"""Letters with marks as they come out alone: what has no others needs no more."""
