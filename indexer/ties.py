"""Which documents belong together: editions of one another, and those of nearly the same text.

Goes over all that is held, and only when a document or a rule has changed. Not for the rules
(``indexer.enrich.series``, ``indexer.enrich.alike``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from indexer.catalogue import Catalogue, Ties
from indexer.enrich import alike, series
from indexer.intake import code
from indexer.model import Progress
from indexer.readings import TIED

SKETCHED = "sketched"
"""Fact: the rules by which texts were sketched."""


def tie(catalogue: Catalogue, progress: Progress) -> None:
    """Tie the documents together anew, if they are not tied by these rules as they are now."""
    rules = code(Path(series.__file__), Path(alike.__file__))
    if catalogue.readings.fact(TIED) == rules:
        return
    found = series.link(catalogue.documents(with_text=False))
    near = _near(catalogue, {id_: tie.series for id_, tie in found.items()}, progress)
    new: dict[str, Ties] = {}
    for id_, before in catalogue.ties().items():
        tie = found.get(id_)
        ties = Ties(tie and tie.series, (tie.evidence,) if tie else (), near.get(id_, ()))
        if ties != before:
            new[id_] = ties
    catalogue.set_ties(new)
    catalogue.readings.set_fact(TIED, rules)


def _near(catalogue: Catalogue, series_: Mapping[str, str], progress: Progress) -> dict[str, tuple[str, ...]]:
    """id → ids of documents with nearly the same text. Texts that were seen before are not read again."""
    readings = catalogue.readings
    if readings.fact(SKETCHED) != (rules := code(Path(alike.__file__))):
        readings.forget_sketches()
        readings.set_fact(SKETCHED, rules)
    lacking = readings.without_sketch()
    for count, (id_, content) in enumerate(lacking, 1):
        document = catalogue.document(id_)
        sketch = alike.sketch(page.text for page in document.text) if document else None
        readings.put_sketch(content, b"" if sketch is None else sketch.tobytes())
        progress("compare", count, len(lacking))
    readings.drop_sketches()
    ids, numbers = [], bytearray()
    for id_, one in readings.sketches():
        ids.append(id_)
        numbers += one
    return alike.alike(ids, np.frombuffer(numbers, np.uint32).reshape(-1, alike.HASHES), series_)
