"""What does a harvester ask? The arguments of OAI-PMH 2.0, checked, and the tokens that lists go on with.

Not for what is answered (``search_web.oai``).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

SELECTION = ("from", "until", "set", "metadataPrefix")
VERBS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Identify": ((), ()),
    "ListMetadataFormats": ((), ("identifier",)),
    "ListSets": ((), ("resumptionToken",)),
    "GetRecord": (("identifier", "metadataPrefix"), ()),
    "ListIdentifiers": (("metadataPrefix",), (*SELECTION, "resumptionToken")),
    "ListRecords": (("metadataPrefix",), (*SELECTION, "resumptionToken")),
}
"""Verb → the arguments that it must have, and those it may have."""

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?")
_SET = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")


def pairs_of(text: str) -> list[tuple[str, str]]:
    """Names and values of a query string, or of a form."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=50)
    except ValueError:
        return []


class Refused(Exception):
    """An error of the protocol: its code, and a sentence."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list is of. Bounds are as in the request; ``generation`` is empty for the one in use."""

    since: str = ""
    until: str = ""
    set: str = ""
    offset: int = 0
    generation: str = ""


def arguments(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Every argument with its value, ``verb`` among them. Raises Refused."""
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise Refused("badVerb", f"Give one verb, one of: {', '.join(VERBS)}.")
    required, optional = VERBS[verbs[0]]
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in ("verb", *required, *optional):
            raise Refused("badArgument", f"{verbs[0]} has no argument {name[:40]!r}.")
        if name in given:
            raise Refused("badArgument", f"{name} is given more than once.")
        given[name] = value
    if "resumptionToken" in given:
        if len(given) > 2:
            raise Refused("badArgument", "resumptionToken is given alone: it says all the rest.")
    elif missing := [name for name in required if name not in given]:
        raise Refused("badArgument", f"{verbs[0]} needs {' and '.join(missing)}.")
    return given


def selection(since: str | None, until: str | None, set_: str | None) -> Selection:
    """The arguments of a list, checked. Raises Refused."""
    for name, value in (("from", since), ("until", until)):
        if value is not None and not _is_moment(value):
            raise Refused(
                "badArgument", f"{name} is not a day (2026-11-22) or second (2026-11-22T04:39:37Z), in UTC."
            )
    if since and until:
        if len(since) != len(until):
            raise Refused("badArgument", "from and until must both be days or both be seconds.")
        if since > until:
            raise Refused("badArgument", "from is later than until.")
    if set_ is not None and not _SET.fullmatch(set_):
        raise Refused("badArgument", "set is not a setSpec, such as municipality:1283.")
    return Selection(since or "", until or "", set_ or "")


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def token(verb: str, s: Selection) -> str:
    told = [s.generation, verb, s.since, s.until, s.set, s.offset]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def resumed(text: str, verb: str) -> Selection:
    """What a token says. Raises Refused for one that was not given by this verb."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        name, for_, since, until, set_, offset = json.loads(base64.b64decode(padded, b"-_", validate=True))
        chosen = selection(since or None, until or None, set_ or None)
        if for_ != verb or type(offset) is not int or not 0 < offset < 1 << 40 or not isinstance(name, str):
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error, Refused):
        raise Refused("badResumptionToken", "This token was not given by this list.") from None
    return Selection(chosen.since, chosen.until, chosen.set, offset, name)
