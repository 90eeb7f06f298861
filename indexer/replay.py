"""The captures of the catalogue made again from the archive, for a catalogue that is lost or to be read anew.

In the order in which they were fetched, with those that the archive has lost in their places, so that what is
missing is told. Not for reading what the captures hold (``indexer.intake``).
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from sys import maxsize

from indexer.catalogue import Catalogue
from indexer.crawl import archive
from indexer.errors import CatalogueError
from indexer.model import Capture, Progress
from indexer.readings import AGAIN, BEGUN

_Places = Mapping[tuple[str, int], int]  # (file, offset) of a record → its number


def begin_again(catalogue: Catalogue, corpus: Path, progress: Progress) -> None:
    """Afterwards nothing has been read, and no document from a crawl is held.

    Raises CatalogueError when there are captures and no archive that they could be read from.
    """
    if not archive.files(corpus):
        if next(catalogue.captures(), None) is not None:
            raise CatalogueError(
                f"There is no archive in {corpus / archive.FOLDER}, so nothing can be read again from it. "
                "Restore it from a backup, or run 'kompass index' without --full."
            )
        return
    order = _order(catalogue)
    records = sorted(archive.records(corpus), key=lambda r: order(r.place.warc, r.place.offset, r.fetched_at))
    numbers = {(r.place.warc, r.place.offset): n for n, r in enumerate(records)}

    def kept() -> Iterator[Capture]:
        for n, record in enumerate(records):
            progress("replay", n + 1, len(records))
            yield _capture(n, record, numbers)

    with catalogue.together():  # what was read names captures by the numbers that they had
        # Asked only now: what a crawl has fetched since the archive was read is not lost either.
        lost = [c for c in catalogue.captures() if (c.warc, c.offset) not in numbers]
        numbers |= {(c.warc, c.offset): n for n, c in enumerate(lost, len(records))}
        missing = list(_renumbered(lost, catalogue, numbers))  # the catalogue still knows what they repeat
        catalogue.replace_captures(
            heapq.merge(kept(), missing, key=lambda c: order(c.warc, c.offset, c.fetched_at))
        )
        catalogue.readings.clear()
        catalogue.erase_crawled()
        catalogue.readings.set_fact(AGAIN, BEGUN)
    catalogue.commit()


def _capture(number: int, r: archive.Record, numbers: _Places) -> Capture:
    repeats = numbers.get(r.repeats) if r.repeats else None
    return Capture(
        number, r.source, r.url, r.fetched_at, r.status, r.media_type, r.digest, r.place.warc,
        r.place.offset, r.place.length, r.headers, r.redirect_to, repeats,
    )  # fmt: skip


def _renumbered(lost: list[Capture], catalogue: Catalogue, numbers: _Places) -> Iterator[Capture]:
    for c in lost:
        origin = catalogue.capture(c.revisit_of) if c.revisit_of is not None else None
        repeats = numbers.get((origin.warc, origin.offset)) if origin else None
        yield replace(c, id=numbers[c.warc, c.offset], revisit_of=repeats)


def _order(catalogue: Catalogue) -> Callable[[str, int, str], tuple[int, str, str, int]]:
    """What (file, offset, time) of a record sorts by: the order in which a crawl of several sources saw them.

    The catalogue has it in the numbers of its captures, whatever the clock said. What it does not know, in a
    file or at all, is placed by time: a crawl may be killed between the archive and the catalogue.
    """
    numbers, times = {}, []
    for c in catalogue.captures():
        numbers[c.warc, c.offset] = c.id
        times.append((c.fetched_at, c.id))
    times.sort()
    latest = list(accumulate((number for _, number in times), max))

    def order(file: str, offset: int, at: str) -> tuple[int, str, str, int]:
        number = numbers.get((file, offset))
        if number is None:
            before = bisect_right(times, (at, maxsize))
            number = latest[before - 1] if before else 0
        return number, at, file, offset

    return order
