"""Did you mean another word? What was probably meant by a query with words that the documents hardly have.

Not for which words are alike (``language.spelling``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property, partial

from indexer.engine.grammar import QUOTES
from indexer.engine.lookup import Lookup, side_by_side
from indexer.engine.notation import COMMON, FIELD_NAMES, VALUE_FIELDS
from indexer.engine.plan import Plan
from indexer.language import analyser, fold, tokens
from indexer.language.spelling import Speller
from indexer.vocabulary import Vocabulary

_ENGLISH_KEYS = str.maketrans("['\";:{", "åäÄöÖÅ")
"""What the keys of å ä ö type where the keyboard is set to English."""
_FIELD = re.compile(r"(?<!\w)([^\W\d_]{3,}):(?=\S)")
_VALUE = re.compile(r'(?<!\w)([^\W\d_]{2,}):(?:"([^"]+)"|([^\s"():=,]+))')
_YEARS = re.compile(r"(?<![^\s(])((?:19|20)\d\d)\s?[-–/]\s?((?:19|20)\d\d)(?![^\s)])")
"""Years as people write a span: to the query language the name of a plan, *2012–2013*."""
_SPAN = re.compile(rf"[{QUOTES}][^{QUOTES}]*(?:[{QUOTES}]|$)|{_YEARS.pattern}")
_SPACED = re.compile(r'(?<!\w)([^\W\d_]+):\s+("[^"]+"|[<>]?=?[^\s"():=]+)')
"""A field with a space before its value, as on a form: kommun: Lund."""
_TRUNCATED = re.compile(r"(?<![^\s(:])\*+(?=\w{3})")
"""The asterisk of *rätt: the parts of a word find it anyway."""
_SLIP = 0.75
"""How alike what stands before a colon must be to the name of a field: kommunn and titl, not kap."""
_MOST_WORDS = 100
"""A longer text is pasted, not typed; comparing it takes the cube of the words that come again."""
_HALF = 4
"""Letters from which on a word that no document has may be the beginning of others: konven."""
_BARE = re.compile(r"(?!(?:ELLER|INTE|NÄRA|OCH|OR|NOT|NEAR|AND)$)\w[\w-]*")
"""A word that is no more than a word to the query language."""
_RARE = 3
"""A word in fewer documents than this may be a slip: it is worth looking for a likelier one."""


class DidYouMean:
    """``count`` tells how many documents a query finds."""

    def __init__(
        self, lookup: Lookup, speller: Speller, vocabulary: Vocabulary, count: Callable[[str], int]
    ) -> None:
        self._lookup = lookup
        self._count = count
        self._speller = speller
        self._vocabulary = vocabulary

    def __call__(self, text: str, plan: Plan, total: int) -> str | None:
        """The query with its unlikely words replaced; None when it seems meant as it stands."""
        enough = total >= _RARE and not plan.unmatched
        wrong = any(not (word.isdecimal() or _YEARS.fullmatch(word)) for word in plan.unmatched)
        if (joined := _SPACED.sub(self._field, text)) != text and (not total or _VALUE.search(joined)):
            return joined
        if not wrong and total < _RARE and (spanned := _SPAN.sub(partial(self._span, total), text)) != text:
            return spanned
        if not total and (bare := _TRUNCATED.sub("", text)) != text:
            return bare
        unknown = {term.text.lower() for term in plan.reading if term.kind == "field" and term.note}
        if not total and unknown and (valued := _VALUE.sub(partial(self._value, unknown), text)) != text:
            return valued
        if not 0 < len(plan.words) <= _MOST_WORDS:
            return None
        if not total and text != (other := text.translate(_ENGLISH_KEYS)):
            stems = [analyser("sv").word(word).stem for word, _, _ in tokens(other)]
            if all(map(self._lookup.documents, stems)):
                return other
        if any(":" in word for word in plan.unmatched):
            slips = (
                (m[1], get_close_matches(m[1].lower(), FIELD_NAMES, 1, _SLIP)) for m in _FIELD.finditer(text)
            )
            for name, near in slips:
                if near and near[0] != name.lower():  # kommunn:Lund
                    return text.replace(f"{name}:", f"{near[0]}:")
        mended = self._joined(plan.words)
        if not enough or plan.absent:
            # Where there is enough, only what was found by its parts alone may be a slip: ungdomfullmäktige.
            right = frozenset(plan.words) - plan.absent if enough else plan.known
            halves = () if total or '"' in text else self._halves(plan)
            mended = self._speller.suggest_phrase(mended, self._place_names | right.union(halves)) or mended
            mended = tuple(f"{word}*" if word in halves else word for word in mended)
        if mended == plan.words or COMMON.issuperset(mended):
            return self._either(text) if total < _RARE else None
        typed_as = text
        changes = SequenceMatcher(None, plan.words, mended, autojunk=False).get_opcodes()
        for kind, a, b, c, d in changes:
            if kind != "equal":  # one word for another, or some joined that are one
                typed = r"\s+".join(map(re.escape, plan.words[a:b]))
                likelier = " ".join(mended[c:d])
                text = re.sub(
                    rf"(?<!\w){typed}(?!\w)", likelier.replace("\\", r"\\"), text, flags=re.IGNORECASE
                )
        return text if text != typed_as else None

    def _joined(self, words: Sequence[str]) -> tuple[str, ...]:
        """``words`` with those as one that stand as one in documents, and side by side in none: elev råd."""
        found: list[str] = []
        at = 0
        while at < len(words):
            runs = (words[at : at + size] for size in (3, 2) if at + size <= len(words))
            run = next((r for r in runs if self._lookup.as_one(tuple(r))), words[at : at + 1])
            found.append("".join(run))
            at += len(run)
        return tuple(found)

    def _halves(self, plan: Plan) -> tuple[str, ...]:
        """Words of which only the beginning seems typed: others begin so, and no longer word is near: elevh
        is elevh*, not elev."""
        missing = {word.lower() for word in plan.unmatched} - plan.known - self._place_names
        return tuple(
            word
            for word in missing.intersection(plan.words)
            if len(word) >= _HALF and word.isalpha() and not self._speller.right(word)
            if len(self._speller.suggest(word) or "") <= len(word)
            if self._lookup.written(f"{word}*", 1)[0]
        )

    def _span(self, total: int, typed: re.Match[str]) -> str:
        """2015..2019 of 2015–2019, where nothing is found or nothing is called by these years."""
        if typed[1] is None or (total and self._lookup.matching(side_by_side(typed.group(1, 2), "title"))):
            return typed[0]
        return f"{typed[1]}..{typed[2]}"

    def _field(self, typed: re.Match[str]) -> str:
        """``kommun:Lund`` of ``kommun: Lund``; as typed where that is no value of the field."""
        name, value = typed[1].lower(), fold(typed[2].strip('"').casefold())
        field = VALUE_FIELDS.get(name, "")
        values = self._lookup.values(field, value) if field else ()
        called = (fold(self._vocabulary.label(field, v, "sv").casefold()) for v in values)
        begun = any(c.startswith(value) or value.startswith(c) for c in called)
        known = begun if field else name in FIELD_NAMES
        return f"{typed[1]}:{typed[2]}" if known else typed[0]

    def _value(self, unknown: Set[str], typed: re.Match[str]) -> str:
        """``kommun:Helsingborg`` of ``kommun:Helsinborg``; as typed where the value is not among those
        ``unknown``, or none is like it."""
        name, value = typed[1], typed[2] or typed[3]
        field = VALUE_FIELDS.get(name.lower(), "")
        if f"{name}:{value}".lower() not in unknown:
            return typed[0]
        named = self._vocabulary.labels.get(field, {}).values()
        labels = {label.casefold(): label for names in named for label in names.values()}
        swedish = [names["sv"].casefold() for names in named if "sv" in names]
        near = get_close_matches(value.casefold(), swedish, 1, _SLIP)
        near = near or get_close_matches(value.casefold(), labels, 1, _SLIP)
        if not near:
            return typed[0]
        likelier = labels[near[0]]
        return f'{name}:"{likelier}"' if " " in likelier else f"{name}:{likelier}"

    def _either(self, text: str) -> str | None:
        """``skolval kommun:(Malmö ELLER Lund)`` of ``skolval i Malmö och Lund``: what each of them has, where
        hardly a document concerns them all."""
        words, rest = text.rstrip("?").replace(",", " ").split(), list[str]()
        places: dict[str, str] = {}
        if not all(map(_BARE.fullmatch, words)):  # operators, quotation marks, fields: meant as they stand
            return None
        while words:
            size, name = self._lookup.named(words) or (1, None)
            if name and name.field == "municipality" and (words[0].istitle() or not name.ordinary):
                places[name.value] = name.name
                while rest and rest[-1].lower() in COMMON:
                    rest.pop()
            else:
                rest += words[:size]
            words = words[size:]
        if len(places) < 2 or not rest:
            return None
        either = " ELLER ".join(f'"{name}"' if " " in name else name for name in places.values())
        found = f"{' '.join(rest)} kommun:({either})"
        return found if self._count(found) else None

    @cached_property
    def _place_names(self) -> frozenset[str]:
        """Words of the names of municipalities and their genitives: right also where no document has them."""
        names = {w for m in self._vocabulary.municipalities.values() for w, _, _ in tokens(m.name)}
        return frozenset(names | {name + "s" for name in names})
