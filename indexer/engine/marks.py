"""Where in a text do the words of a query stand? For whole pages that are shown to a reader.

Snippets of hits are cut by ``places``, which reads positions instead of words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from whoosh import query as q
from whoosh.query.spans import SpanNear

from indexer.engine.expand import distances, shape
from indexer.engine.queries import Written
from indexer.engine.schema import part
from indexer.language import TOKEN, analyser, suspended

_Line = list[tuple[frozenset[str], tuple[int, int], str]]
"""Of each word of a text its terms, where it stands and how it is written."""


def marks(text: str, tree: q.Query) -> tuple[tuple[int, int], ...]:
    """(start, end) of the words that the query asks for; of phrases only where they stand whole."""
    words, phrases = set[str](), list[tuple[tuple[str, ...], int]]()
    patterns, near = list[Callable[[str], bool]](), list[SpanNear]()
    for leaf in _asked(tree):
        if isinstance(leaf, q.Phrase):
            phrases.append((tuple(leaf.words), leaf.slop))
        elif isinstance(leaf, SpanNear):
            near.append(leaf)
        elif isinstance(leaf, Written):
            patterns.append(shape(leaf.text)[1])
        elif isinstance(leaf, q.FuzzyTerm):
            words.update(_similar(text, leaf))
        elif isinstance(leaf, q.Term):
            words.add(leaf.text)
    swedish, english = analyser("sv").word, analyser("en").word
    found: list[tuple[int, int]] = []
    line: _Line = []
    for match in TOKEN.finditer(text):
        word = match[0].lower()
        forms = swedish(suspended.name(text, *match.span(), 0, len(text)) or word)
        terms = frozenset((forms.stem, english(word).stem, *(part(p) for p in forms.parts)))
        if not words.isdisjoint(terms) or any(matches(word) for matches in patterns):
            found.append(match.span())
        if phrases or near:
            line.append((terms, match.span(), word))
    for phrase, slop in phrases:
        found += (line[place][1] for places in _phrase(line, phrase, slop) for place in places)
    for pair in near:
        found += (line[place][1] for places in _beside(line, pair) for place in places)
    return tuple(sorted(set(found)))


def _similar(text: str, tree: q.FuzzyTerm) -> list[str]:
    """The terms of a text that are so similar as a query asks."""
    found = {analyser(x).word(m[0].lower()).stem for m in TOKEN.finditer(text) for x in ("sv", "en")}
    same = [term for term in found if term.startswith(tree.text[: tree.prefixlength])]
    near = distances(tree.text, same, tree.maxdist) <= tree.maxdist if same else ()
    return [term for term, good in zip(same, near, strict=True) if good]


def _stand(line: _Line, tree: q.Query) -> list[list[int]]:
    """Where one side of a distance stands: the places of its words, each time in order."""
    if isinstance(tree, q.Term):
        return [[i] for i, (terms, _, _) in enumerate(line) if tree.text in terms]
    if isinstance(tree, Written):
        matches = shape(tree.text)[1]
        return [[i] for i, (_, _, word) in enumerate(line) if matches(word)]
    if isinstance(tree, q.Phrase):
        return _phrase(line, tuple(tree.words), tree.slop)
    return sorted(places for child in tree.children() for places in _stand(line, child))


def _beside(line: _Line, tree: SpanNear) -> Iterator[list[int]]:
    """The words of both sides of a distance where they are near enough: the rule of ``spans.near``."""
    ones, others = _stand(line, tree.a), _stand(line, tree.b)
    longest = max((other[-1] - other[0] for other in others), default=0)
    for one in ones:
        first = bisect_left(others, [one[0] - tree.slop - longest])
        for other in others[first : bisect_right(others, [one[-1] + tree.slop + 1])]:
            if 0 < max(other[0] - one[-1], one[0] - other[-1]) <= tree.slop:
                yield one + other


def _phrase(line: _Line, phrase: tuple[str, ...], slop: int) -> list[list[int]]:
    """Where a phrase stands: the places of its words."""
    return [places for start in range(len(line)) if (places := _match(line, start, phrase, slop))]


def _match(line: _Line, start: int, phrase: tuple[str, ...], slop: int) -> list[int]:
    """Places of the words of ``phrase`` from ``start`` on; empty when they do not stand there."""
    if phrase[0] not in line[start][0]:
        return []
    places = [start]
    for word in phrase[1:]:
        following = range(places[-1] + 1, min(places[-1] + slop + 1, len(line)))
        place = next((i for i in following if word in line[i][0]), None)
        if place is None:
            return []
        places.append(place)
    return places


def _asked(tree: q.Query) -> Iterator[q.Query]:
    """The leaves that a document may match on its text: nothing excluded, no metadata."""
    if isinstance(tree, (q.Not, q.ConstantScoreQuery)):
        return
    if isinstance(tree, q.AndNot):
        yield from _asked(tree.a)
    elif isinstance(tree, (q.Term, q.Phrase, q.FuzzyTerm, Written, SpanNear)):
        yield tree
    else:
        for child in tree.children():
            yield from _asked(child)
