"""Which characters do these bytes stand for?

Web pages declare a charset in the HTTP header, in a meta tag, in both, in neither, or wrongly. What the
bytes themselves say goes first: text that is valid UTF-8 and not plain ASCII is UTF-8, whatever is
declared. Not for finding out which language or media type it is.
"""

from __future__ import annotations

import codecs
import re

from indexer.language.text import composed

# Bytes of a Swedish text that has no declaration: å ä ö in each of the charsets that were common. cp1252
# goes first, so a text without a single å ä ö is read as that.
_UNDECLARED = ("cp1252", "mac_roman", "cp850")
_SWEDISH = re.compile("[a-zA-Z][åäöÅÄÖé]|[åäöÅÄÖé][a-z]")
_REST = "[\x80-¿–-™Œ-žƒˆ˜€]"  # second and further bytes of a UTF-8 sequence as cp1252 and Latin-1 show them
_DOUBLE = re.compile(f"Ã{_REST}")
_SEQUENCE = re.compile(f"[Â-ß]{_REST}|[à-ï]{_REST}{{2}}|[ð-ô]{_REST}{{3}}")
_CHARSET = re.compile(r"(?i)charset\s*=\s*[\"']?([\w.:-]+)")
_WHATWG = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
}
# Python's own, and one that browsers gave up since it hides markup: plain bytes can spell any character.
_NOT_OF_THE_WEB = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "punycode", "idna"})


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Error handler: bytes that are not UTF-8 are read as cp1252 (Latin-1 under a UTF-8 declaration)."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.start + 1]
    return wrong.decode("cp1252", "replace"), error.start + 1


codecs.register_error("kompass.cp1252", _as_cp1252)


def charset_of(content_type: str) -> str | None:
    """The charset that an HTTP header Content-Type names."""
    match = _CHARSET.search(content_type)
    return match[1] if match else None


def decode(payload: bytes, declared: str | None = None, *, html: bool = True) -> str:
    """The text of ``payload``; ``declared`` is the charset of the HTTP header, if any. Never raises."""
    text = _decode(payload, declared, html)
    if text.startswith("\ufeff"):
        text = text[1:]
    text = _undouble(text.replace("\x00", ""))
    return text if text.isascii() else composed(text)


def _decode(payload: bytes, declared: str | None, html: bool) -> str:
    # 1. A byte order mark is certain.
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if payload.startswith(mark):
            return payload.decode(name, "replace" if name != "utf-8" else "kompass.cp1252")
    # 2. UTF-16 without a mark shows in its zero bytes.
    head = payload[:2048]
    zeros = head.count(0)
    if zeros > len(head) // 3:
        return payload.decode(
            "utf-16-be" if head[0::2].count(0) > head[1::2].count(0) else "utf-16-le", "replace"
        )
    # 3. Valid UTF-8 is UTF-8. (A plain ASCII text is, too.)
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # 4. The declaration, in the header or in the page, read as browsers do.
    from bs4.dammit import EncodingDetector  # 0.1 s to load, for the few pages that are not UTF-8

    names = [declared, EncodingDetector.find_declared_encoding(payload[:4096], is_html=html)]
    for label in names:
        codec = _codec(label)
        if codec == "utf-8":
            return payload.decode("utf-8", "kompass.cp1252")
        if codec is not None:
            return payload.decode(codec, "replace")
    # 5. Mostly UTF-8 with a few broken bytes: many valid sequences beside the damage.
    text = payload.decode("utf-8", "kompass.cp1252")
    if len(_SWEDISH.findall(text[:200_000])) > 2 and payload[:200_000].count(0xC3) > 3:
        return text
    # 6. The one that gives most Swedish words.
    candidates = [payload.decode(codec, "replace") for codec in _UNDECLARED]
    return max(candidates, key=lambda candidate: len(_SWEDISH.findall(candidate[:200_000])))


def _codec(name: str | None) -> str | None:
    """Python's name of a declared charset that can read text, or None."""
    if not name:
        return None
    label = name.strip().strip("\"'").lower()
    label = _WHATWG.get(label, label)
    try:
        found = codecs.lookup(label)
        b"a".decode(label)
    except (LookupError, ValueError, TypeError, AssertionError):
        return None
    if found.name in _NOT_OF_THE_WEB:
        return None
    return found.name if found.name != "iso8859-1" else "cp1252"


def _undouble(text: str) -> str:
    """Text that was UTF-8 taken for windows-1252 or Latin-1 and encoded once more ("barnrÃ¤tt"), made right.

    Only when every å ä ö of the beginning is of that kind: a page that writes about charsets stays as it is.
    """
    head = text[:50_000]
    if len(_DOUBLE.findall(head)) < 3 or re.search("[åäöÅÄÖ]", head):
        return text
    return _SEQUENCE.sub(_once, text)


def _once(match: re.Match[str]) -> str:
    """The character that a UTF-8 sequence stands for whose bytes were taken for characters."""
    try:
        return b"".join(map(_byte, match[0])).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1", "replace")
