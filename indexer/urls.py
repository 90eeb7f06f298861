"""Which addresses are the same address?

One canonical form for every URL that is kept or compared, by the rules of the WHATWG URL standard for
http(s), plus what is known to make several addresses of one page: NFC and NFD, double encoding, session and
tracking parameters, parameters that ask for a print version. Not for where an address leads
(``indexer.crawl.addresses``) nor for what belongs to a source (``indexer.crawl.scope``).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_to_bytes

from indexer.language.text import composed

MAX_LENGTH = 2000
"""Characters of a canonical URL; what is longer was built by a loop, not by a webmaster."""

_EDGE = "".join(map(chr, range(0x21)))  # C0 controls and space, stripped at both ends
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.S)
_AUTHORITY = re.compile(r"([^/?#]*)(.*)", re.S)
_FORBIDDEN_HOST = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
_DOT = re.compile(r"(?i:\.|%2e)")
_HIGH = re.compile(r"(?:%[89A-F][0-9A-F])+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_DOUBLE_HIGH = re.compile(r"(?:%25[89A-Fa-f][0-9A-Fa-f]){2,}")
_DOUBLE_PLAIN = re.compile(r"%25(20|2[Dd]|5[Ff]|7[Ee])")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE_PATH = "!$%&'()*+,-./:;=@_~|[]^"  # ^ | [ ] stay as WHATWG leaves them in a path
_SAFE_QUERY = "!$%&()*+,-./:;=?@_~|[]^{}`\\"
_PORTS = {"http": 80, "https": 443}

# Parameters that say who came from where; the page is the same without them.
_TRACKING = re.compile(
    r"(?i:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid"
    r"|msclkid|yclid|ttclid|twclid|li_fat_id|mc_[ce]id|mkt_tok|igshid|_ga|_gl|_hs\w+|hscta\w+|vero_\w+|oly_\w+_id"
    r"|(?:pk|piwik|matomo|mtm)_\w+|ref_src|ref_url|_t_(?:id|uuid|q|tags|ip|hit\.id|hit\.pos)|at_(?:medium|campaign)"
    r"|s_cid|wt\.mc_id|trk|spm|aspxautodetectcookiesupport)"
)
_SESSION = re.compile(
    r"(?i:phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|session_?id|sess_?id|sessid)"
)
# "sid" is "sida" (page) on Swedish sites as often as a session: a session only when the value is a token.
_MAYBE_SESSION = re.compile(r"(?i:s|sid|sess|session|zenid|oscsid)")
_TOKEN = re.compile(r"(?=.*\d)[0-9a-zA-Z,\-]{16,}")
_PRINT = re.compile(
    r"(?i:(?:print|printable|printer|printpage|printversion|printerfriendly|utskrift|skrivut|skriv_ut|print_view)"
    r"(?:=(?:1|true|yes|ja|on|y)?)?|(?:layout|view|mode|format|template|tmpl|output|type|mall)=(?:print|utskrift|skrivut)"
    r"\w*)"
)
_PATH_SESSION = re.compile(
    r"(?i:;(?:jsessionid|phpsessid|sid|sessionid)=[^/?;]*|/\((?:[afsx]\([0-9a-z_-]+\))+\)(?=/|$))"
)


def canonical(url: str, base: str | None = None) -> str | None:
    """The canonical absolute form of ``url``, or None when it is not an http(s) address.

    ``base`` is the address of the page the link stands on. The result is pure ASCII, has no fragment, no
    credentials, no default port, and can be requested as it is.
    """
    url = url.strip(_EDGE)
    if base is not None and url[:1] == "/" and url[1:2] not in ("/", "\\"):
        # The same menu stands on every page of a site: let the cache know it is the same.
        base = _origin(base)
    return _canonical(url, base)


@lru_cache(maxsize=256)
def _origin(base: str) -> str:
    return "/".join(base.split("/", 3)[:3]) + "/"


@lru_cache(maxsize=16_384)
def _canonical(url: str, base: str | None) -> str | None:
    parts = _split(url, base)
    if parts is None:
        return None
    scheme, host, path, query = parts
    text = f"{scheme}://{host}{_path(path)}"
    if query:
        query = _query(query)
    return f"{text}?{query}" if query else text


def _split(url: str, base: str | None) -> tuple[str, str, str, str] | None:
    """(scheme, host[:port], path, query), resolved against base; None when it is no http(s) address."""
    url = url.replace("\t", "").replace("\n", "").replace("\r", "")
    url, _, _ = url.partition("#")
    before = _split(base.strip(_EDGE), None) if base else None
    match = _SCHEME.match(url)
    if match:
        scheme, rest = match[1].lower(), match[2]
        if scheme not in _PORTS:
            return None
        if before is None or before[0] != scheme or rest[:2].replace("\\", "/") == "//":
            return _absolute(scheme, rest.lstrip("/\\"))
        url = rest  # "http:page.html" on an http page: an old way to write a relative link
    if before is None:
        return None
    link, mark, query = url.partition("?")
    link = link.replace("\\", "/")
    if link.startswith("//"):
        return _absolute(before[0], link.lstrip("/") + mark + query)
    if link.startswith("/"):
        return before[0], before[1], link, query
    if link:
        return before[0], before[1], before[2].rpartition("/")[0] + "/" + link, query
    return before[0], before[1], before[2], query if mark else before[3]


def _absolute(scheme: str, rest: str) -> tuple[str, str, str, str] | None:
    link, _, query = rest.partition("?")
    match = _AUTHORITY.match(link.replace("\\", "/"))
    assert match
    host = _host(match[1].rpartition("@")[2], scheme)
    return None if host is None else (scheme, host, match[2], query)


@lru_cache(maxsize=1024)
def _host(text: str, scheme: str) -> str | None:
    """Host in ASCII with the port where it is not the default; None when it is not a host."""
    name, colon, port = text.rpartition(":") if re.search(r":[^\]]*$", text) else (text, "", "")
    if port and (not re.fullmatch(r"0*[0-9]{1,5}", port) or int(port[-5:]) > 65535):
        return None
    suffix = f":{int(port[-5:])}" if colon and port and int(port[-5:]) != _PORTS[scheme] else ""
    if name.startswith("["):
        return _ipv6(name, suffix)
    ascii_name = _ascii_host(name)
    if ascii_name is None:
        return None
    last = ascii_name.rstrip(".").rpartition(".")[2]
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        address = _ipv4(ascii_name)
        return None if address is None else address + suffix
    return ascii_name + suffix


def _ipv6(name: str, suffix: str) -> str | None:
    if not name.endswith("]") or "%" in name:  # a zone id names an interface of this machine
        return None
    try:
        return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]{suffix}"
    except ValueError:
        return None


def _ascii_host(name: str) -> str | None:
    try:
        name = unquote(name, errors="strict")
    except UnicodeDecodeError:
        return None
    if not name or len(name) > 253:
        return None
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name).replace("\u3002", ".").replace("\xad", "")
        try:
            name = ".".join(p.encode("idna").decode() if p else "" for p in name.lower().split("."))
        except UnicodeError:
            return None
    name = name.lower()
    if not name or _FORBIDDEN_HOST.search(name):
        return None
    if "xn--" in name:
        try:
            name.encode().decode("idna")
        except UnicodeError:
            return None
    return name


def _ipv4(name: str) -> str | None:
    """The dotted form of 127.1, 0x7f.1, 2130706433 … as browsers and getaddrinfo read them."""
    numbers = []
    parts = name.split(".")
    if parts[-1] == "" and len(parts) > 1:
        parts.pop()
    for part in parts:
        try:
            if part.startswith("0x"):
                numbers.append(int(part[2:] or "0", 16))
            elif len(part) > 1 and part.startswith("0"):
                numbers.append(int(part, 8))
            else:
                numbers.append(int(part))
        except ValueError:
            return None
    if not 1 <= len(numbers) <= 4 or any(n > 255 for n in numbers[:-1]):
        return None
    value = numbers[-1]
    if value >= 256 ** (5 - len(numbers)):
        return None
    for place, n in enumerate(numbers[:-1]):
        value += n * 256 ** (3 - place)
    return str(ipaddress.IPv4Address(value))


def _path(path: str) -> str:
    if ";" in path or "(" in path:
        path = _PATH_SESSION.sub("", path)
    segments: list[str] = []
    parts = path.split("/")[1:] or [""]
    for i, part in enumerate(parts):
        plain = _DOT.sub(".", part) if "." in part or "%2" in part else part
        last = i == len(parts) - 1
        if plain == "..":
            if segments:
                segments.pop()
            if last:
                segments.append("")
        elif plain == ".":
            if last:
                segments.append("")
        else:
            segments.append(part)
    return "/" + _encode("/".join(segments), _SAFE_PATH)


def _query(query: str) -> str:
    kept = []
    for pair in query.replace("&amp;", "&").split("&"):
        name, _, value = pair.partition("=")
        if not pair or _TRACKING.fullmatch(name) or _SESSION.fullmatch(name) or _PRINT.fullmatch(pair):
            continue
        if _MAYBE_SESSION.fullmatch(name) and _TOKEN.fullmatch(value):
            continue
        kept.append(pair)
    return _encode("&".join(kept), _SAFE_QUERY)


def _encode(text: str, safe: str) -> str:
    """Percent-encoded in one way: UTF-8 of NFC, upper-case hex, letters and digits plain, doubles undone."""
    if not text.isascii() or not text.replace("/", "").replace("-", "").replace(".", "").isalnum():
        text = quote(composed(text), safe=safe, errors="replace")
        if "%" in text:
            text = _DOUBLE_HIGH.sub(_undouble, text)
            text = _DOUBLE_PLAIN.sub(r"%\1", text)
            text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
            text = _ESCAPE.sub(_escape, text)
            text = _HIGH.sub(_nfc, text)
            text = _combine(text)
    return text


def _escape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{match[1].upper()}"


def _undouble(match: re.Match[str]) -> str:
    """%25C3%25A5 → %C3%A5, where that is UTF-8; anything else is left alone."""
    once = match[0].replace("%25", "%")
    try:
        unquote_to_bytes(once).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
    return once


def _nfc(match: re.Match[str]) -> str:
    try:
        text = unquote_to_bytes(match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]  # Latin-1 of an old server: another address than its UTF-8 form
    return quote(composed(text), safe="")


_COMBINED = re.compile(r"(?<!%)(?<!%[0-9A-F])[A-Za-z](?:%C[CD]%[89AB][0-9A-F])+")


def _combine(text: str) -> str:
    """a%CC%8A → %C3%A5: the letter and its combining mark, where they were encoded apart."""
    if "%CC%" not in text and "%CD%" not in text:
        return text

    def join(match: re.Match[str]) -> str:
        try:
            letters = match[0][0] + unquote_to_bytes(match[0][1:]).decode("utf-8")
        except UnicodeDecodeError:
            return match[0]
        return quote(composed(letters), safe="")

    return _COMBINED.sub(join, text)


def spellings(url: str) -> tuple[str, ...]:
    """Other spellings of a canonical address, to be tried when it answers 404.

    A file uploaded from a Mac has its å in two code points (NFD) on the server; names that were encoded
    twice when they were stored really contain %20. Browsers ask for what the page says, the canonical form
    is NFC and encoded once.
    """
    origin, path = _origin(url), url[len(_origin(url)) - 1 :]
    found = []
    if _HIGH.search(path):
        decomposed = _HIGH.sub(lambda m: quote(_nfd(m[0]), safe=""), path)
        if decomposed != path:
            found.append(origin[:-1] + decomposed)
    if "%" in path:
        found.append(origin[:-1] + path.replace("%", "%25"))
    return tuple(found)


def _nfd(escaped: str) -> bytes:
    raw = unquote_to_bytes(escaped)
    try:
        return unicodedata.normalize("NFD", raw.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return raw
