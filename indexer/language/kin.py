"""Which other words share a Swedish word's root? Verbs and what is made of them: vaccinera, vaccinering.

Not inflection, which is one term (``analysis``), and not the same meaning: an utredning is more than that
somebody utreder. For searches that found too little with the words themselves. By rule, since no dictionary
in reach links them; whoever asks looks which of them exist.
"""

from __future__ import annotations

from collections.abc import Iterator

_ENDINGS = ("er", "ering", "ation", "ning", "ing", "and", "end", "an", "els", "nad", "en", "ad")
"""As they stand in stems: vaccinerande is indexed as vaccinerand."""
_OF_TAKING = ("", "agand", "agning", "agar")
"""After the t of omhänderta: omhändertagande, mottagning, deltagare."""
_SHORTEST = 5
"""Letters of a root: bild, bildning and form, formation have too little in common."""


def kin(stem: str) -> Iterator[str]:
    """Stems that would be kin of ``stem``: vaccinering → vaccin, vacciner (of vaccinera), vaccination …"""
    for ending in ("", *_ENDINGS):
        root = stem.removesuffix(ending) if ending else stem
        if len(root) < _SHORTEST or (ending and root == stem):
            continue
        for other in ("", *_ENDINGS):
            if other != ending:
                yield root + other
    for ending in _OF_TAKING:
        if stem.endswith("t" + ending) and len(stem) > len(ending) + 2:
            root = stem.removesuffix(ending)
            yield from (root + other for other in _OF_TAKING if other != ending)
