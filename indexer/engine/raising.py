"""What raises documents among those that match? Words in the title, words side by side as they were typed.

What it is worth is told in ``wording.WEIGHTS``. Not for which documents match (``plan``), nor for how many of
them are raised (``ranking``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from whoosh import query as wq

from indexer.engine import grammar
from indexer.engine.fields import any_
from indexer.engine.grammar import Tree
from indexer.engine.notation import COMMON
from indexer.engine.schema import TEXT, part
from indexer.engine.wording import BOUND, WEIGHTS, Words
from indexer.language import TOKEN, analyser

ANNOUNCING = ("invitation", "newsletter", "information")
"""Kinds of documents that tell of a thing rather than being it: a poster, a leaflet."""


def raising(index: Words, nodes: Sequence[Tree], names: Collection[str]) -> list[wq.Query]:
    """What adds to the scores of documents; ``names``: words that name a municipality or publisher."""
    typed = [n.text.lower() if isinstance(n, grammar.Word) else "" for n in nodes]
    words = [m[0] for text in typed for m in TOKEN.finditer(text)]
    stems = [s if index.documents(s) else "" for s in (analyser("sv").word(w).stem for w in words)]
    telling = ["" if w in COMMON else s for w, s in zip(words, stems, strict=True)]
    # Where something is sought of someone, the name in a title is no merit.
    about = [s for w, s in zip(words, telling, strict=True) if s and w not in names]
    about = list(dict.fromkeys(about or filter(None, telling)))
    found: list[wq.Query] = [wq.Term("title", stem, boost=WEIGHTS.title) for stem in about]
    found += [
        wq.Term(TEXT, part(stem), boost=WEIGHTS.family)
        for stem in about
        if index.documents(part(stem)) and stem not in BOUND
    ]
    if len(stems) > 1 and all(stems):
        found.append(wq.Phrase("title", stems, boost=WEIGHTS.title_phrase))
    found += [
        wq.Phrase(TEXT, list(two), boost=WEIGHTS.side_by_side)
        for two, both in zip(pairwise(telling), pairwise(words), strict=True)
        if all(two) and not all(w in names for w in both)
    ]
    runs = [words[i : i + n] for n in (2, 3) for i in range(len(words) - n + 1) if all(telling[i : i + n])]
    joined = [w for run in runs for w in _as_one(run) if index.count(w)]
    for stem in dict.fromkeys(analyser("sv").word(w).stem for w in joined):  # barn checklista
        found.append(wq.Term(TEXT, stem, boost=WEIGHTS.side_by_side))
        found.append(wq.Term("title", stem, boost=WEIGHTS.title))
    if found:
        found.append(wq.ConstantScoreQuery(wq.Not(any_("kind", ANNOUNCING)), WEIGHTS.the_thing))
    return found


def _as_one(words: Sequence[str]) -> list[str]:
    """The compounds that ``words`` may be: barn checklista, barn rätts strateg."""
    found = [words[0]]
    for word in words[1:]:
        found = [left + link + word for left in found for link in ("", "s")]
    return found
