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


def marks(text: str, tree: q.Query) -> tuple[tuple[int, int], ...]:
    """(start, end) of the words that the query asks for; of phrases only where they stand whole."""
    words, phrases = set[str](), list[tuple[tuple[str, ...], int]]()
    patterns, near = list[Callable[[str], bool]](), list[tuple[str, str, int]]()
    for leaf in _asked(tree):
        if isinstance(leaf, q.Phrase):
            phrases.append((tuple(leaf.words), leaf.slop))
        elif isinstance(leaf, SpanNear):
            near.append((leaf.a.text, leaf.b.text, leaf.slop))
        elif isinstance(leaf, Written):
            patterns.append(shape(leaf.text)[1])
        elif isinstance(leaf, q.FuzzyTerm):
            words.update(_similar(text, leaf))
        elif isinstance(leaf, q.Term):
            words.add(leaf.text)
    swedish, english = analyser("sv").word, analyser("en").word
    found: list[tuple[int, int]] = []
    line: list[tuple[frozenset[str], tuple[int, int]]] = []
    for match in TOKEN.finditer(text):
        word = match[0].lower()
        forms = swedish(suspended.name(text, *match.span(), 0, len(text)) or word)
        terms = frozenset((forms.stem, english(word).stem, *(part(p) for p in forms.parts)))
        if not words.isdisjoint(terms) or any(matches(word) for matches in patterns):
            found.append(match.span())
        if phrases or near:
            line.append((terms, match.span()))
    for phrase, slop in phrases:
        for start in range(len(line)):
            places = _match(line, start, phrase, slop)
            found += (line[place][1] for place in places)
    for a, b, distance in near:
        at, of = ([i for i, (terms, _) in enumerate(line) if word in terms] for word in (a, b))
        for i in at:
            beside = of[bisect_left(of, i - distance) : bisect_right(of, i + distance)]
            found += [line[j][1] for other in beside if other != i for j in (i, other)]
    return tuple(sorted(set(found)))


def _similar(text: str, tree: q.FuzzyTerm) -> list[str]:
    """The terms of a text that are so similar as a query asks."""
    found = {analyser(x).word(m[0].lower()).stem for m in TOKEN.finditer(text) for x in ("sv", "en")}
    same = [term for term in found if term.startswith(tree.text[: tree.prefixlength])]
    near = distances(tree.text, same, tree.maxdist) <= tree.maxdist if same else ()
    return [term for term, good in zip(same, near, strict=True) if good]


def _match(
    line: list[tuple[frozenset[str], tuple[int, int]]], start: int, phrase: tuple[str, ...], slop: int
) -> list[int]:
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
