"""What do names that readers type stand for here? Addresses, municipalities, counties, senders, values.

Not for what a query means (``engine.plan`` asks here).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from indexer import addresses
from indexer.addresses import Addresses
from indexer.engine.fields import Named
from indexer.engine.reader import Reader
from indexer.identity import document_id
from indexer.language import fold, forms
from indexer.model import LANGUAGES, UNKNOWN
from indexer.urls import canonical
from indexer.vocabulary import Vocabulary

_BODY = re.compile(" (kommun|stad|län|lan)$")


class Names:
    """``told``: the addresses that the index tells; ``label`` gives the words for a value of a field in a
    language.
    """

    def __init__(
        self,
        reader: Reader,
        told: Addresses | None,
        vocabulary: Vocabulary,
        label: Callable[[str, str, str], str],
    ) -> None:
        self._reader = reader
        self._told = told
        self._vocabulary = vocabulary
        self._label = label
        # Its own, not the class's: that would keep every generation that was ever open.
        self._names = lru_cache(None)(self._every_name)

    def at(self, address: str) -> str | None:
        """Id of the document at ``address``, with http or https or neither: first seen there, or held there
        too.
        """
        typed = addresses.bare(address)
        for url in filter(None, (canonical(f"{scheme}://{typed}") for scheme in ("https", "http"))):
            if self._reader.number(document_id(url)) is not None:
                return document_id(url)
            if found := self._held(addresses.bare(url)):
                return found
        return self._held(typed)

    def _held(self, address: str) -> str | None:
        cards = (self._reader.document(n, whole=False) for n in self._addresses.at(address))
        return next((d.id for d in cards if address in addresses.others(d)), None)

    @cached_property
    def _addresses(self) -> Addresses:
        if self._told is not None:
            return self._told
        numbers = range(self._reader.documents)  # in an older index each card tells: 15 µs a document
        cards = ((n, self._reader.document(n, whole=False)) for n in numbers)
        return Addresses((address, n) for n, d in cards for address in addresses.others(d))

    def bearing(self, words: Sequence[str]) -> tuple[int, Named] | None:
        """The municipality, county or publisher, of which there are documents, whose name the first of
        ``words`` are, and how many of them.
        """
        for rest, bearer in self._bearers.get(words[0].casefold(), ()):
            if [w.casefold() for w in words[1 : 1 + len(rest)]] == rest:
                return 1 + len(rest), bearer
        return None

    @cached_property
    def _bearers(self) -> dict[str, list[tuple[list[str], Named]]]:
        """By the first word of every way to write their names, the other words, the most first; in small
        letters, those of several words also without marks.
        """
        publishers = set(self._reader.values("publisher")) - {UNKNOWN}
        is_word = forms.swedish().is_word
        named = {p.casefold(): Named("publisher", p, p, is_word(p.lower())) for p in publishers if p.strip()}
        concerned = {*self._reader.values("municipality"), *self._reader.values("county")}
        for c in self._vocabulary.counties.values():
            if c.code in concerned:
                written = (n.casefold() for name in (c.name, c.short) for n in (name, name + "s"))
                named |= dict.fromkeys(written, Named("county", c.code, c.name, ordinary=False))
        for m in self._vocabulary.municipalities.values():
            if m.code not in concerned:
                continue
            names = {m.name, m.form, m.name + "s", *m.short}
            bodies = {f"{name} {body}" for name in names for body in ("kommun", "stad", "kommuns", "stads")}
            written = (name.casefold() for name in names | bodies)
            named |= dict.fromkeys(written, Named("municipality", m.code, m.name, m.word))
        named = {fold(name): bearer for name, bearer in named.items() if " " in name} | named
        found: dict[str, list[tuple[list[str], Named]]] = {}
        for name in sorted(named, key=lambda name: (-name.count(" "), name)):
            first, *rest = name.split()
            found.setdefault(first, []).append((rest, named[name]))
        return found

    def values(self, field: str, text: str, *, whole: bool = False) -> tuple[str, ...]:
        """Values of a field that ``text`` names: by code or label, as it is written or without marks (Habo is
        not Håbo, malmo is Malmö), else, if not ``whole``, by part of a name.
        """
        names = self._names(field)
        typed = text.casefold().strip()
        bare = _BODY.sub("", typed)  # Lunds kommun; Degerfors kommun
        spelt = {typed, bare, bare.removesuffix("s")} if bare != typed else {typed}
        folded = set(map(fold, spelt))
        found = [value for name, value in names if name == typed]
        found = found or [value for name, value in names if name in spelt]
        found = found or [value for name, value in names if fold(name) in folded]
        if not found and not whole and len(typed) > 2:
            found = [value for name, value in names if fold(typed) in fold(name)]
        return tuple(dict.fromkeys(found))

    def _every_name(self, field: str) -> tuple[tuple[str, str], ...]:
        """(name, value) of all values that the field may have here, names in small letters."""
        values = {*self._reader.values(field), *self._vocabulary.labels.get(field, {})} - {UNKNOWN}
        pairs = {(value.casefold(), value) for value in values}
        for value in values:
            for language in LANGUAGES:
                label = self._label(field, value, language).casefold()
                pairs.add((label, value))
                pairs.add((re.sub("s?" + _BODY.pattern, "", label), value))
        return tuple(sorted(pairs))
