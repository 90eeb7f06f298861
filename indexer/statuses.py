"""How does each source stand: what is held of it, what failed, how did its crawls go?

Read from the tables of the ``catalogue``, which says what is in them; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from indexer.database import Database
from indexer.language.personal import mask_address
from indexer.model import Failure, Source, SourceStatus

NOT_ON_TOPIC, REFUSED_BY_ROBOTS = "not_on_topic", "refused_by_robots"
"""Reasons of failures that are counted by themselves."""


class _Crawls(NamedTuple):
    """When the last crawl of a source began, when the last one that got a page; whether they are one; why the
    last one ended before it was through."""

    last: str | None
    success: str | None
    got_a_page: bool
    ended: str | None = None


def statuses(
    db: Database, sources: Sequence[Source], failures: Iterable[tuple[str, Failure]]
) -> tuple[SourceStatus, ...]:
    """What is held of each source, in the given order, then of those that are no longer in the list (and of
    what was imported), by id; ``failures``: (source, failure).
    """
    held = _counts(db, "SELECT source, count(*) FROM document WHERE state = 'held' GROUP BY source")
    captures = _counts(db, "SELECT source, count(*) FROM capture GROUP BY source")
    unreadable = _counts(
        db,
        "SELECT d.source, count(*) FROM document d JOIN version v ON v.document = d.id AND "
        "v.number = d.version WHERE d.state = 'held' AND json_extract(v.metadata, '$.read_by') = 'none' "
        "GROUP BY 1",
    )
    years: dict[str, dict[str, int]] = {}
    for source, year, count in db.rows(
        "SELECT d.source, coalesce(y.value, 'none'), count(*) FROM document d JOIN version v "
        "ON v.document = d.id AND v.number = d.version LEFT JOIN json_each(v.metadata, '$.years') y "
        "WHERE d.state = 'held' GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        years.setdefault(source, {})[str(year)] = count
    failed: dict[str, list[Failure]] = {}
    for source, failure in failures:
        failed.setdefault(source, []).append(replace(failure, url=mask_address(failure.url)))
    runs = _runs(db)
    known = {s.id for s in sources}
    others = sorted({*held, *captures, *failed, *runs} - known)
    listed = [*sources, *(Source(o, o, o, "", (), enabled=False) for o in others)]
    return tuple(
        SourceStatus(
            s.id, s.name, s.publisher, s.enabled, _state(s, runs.get(s.id), s.id in held),
            s.municipality, s.county, held.get(s.id, 0), captures.get(s.id, 0),
            *runs.get(s.id, (None, None))[:2],
            failures=tuple(f for f in failed.get(s.id, ()) if f.reason != NOT_ON_TOPIC),
            refused_by_robots=sum(f.reason == REFUSED_BY_ROBOTS for f in failed.get(s.id, ())),
            not_on_topic=len({f.url for f in failed.get(s.id, ()) if f.reason == NOT_ON_TOPIC}),
            unreadable=unreadable.get(s.id, 0), years=years.get(s.id, {}),
            ended=runs[s.id].ended if s.id in runs else None,
        )
        for s in listed
    )  # fmt: skip


def _counts(db: Database, sql: str) -> dict[str, int]:
    return {row[0]: row[1] for row in db.rows(sql)}


def _runs(db: Database) -> dict[str, _Crawls]:
    """By source.

    A site that was built anew answers "404" or leads elsewhere at every known address: that is no page.
    The last run is the one with the highest number: a clock may have been wrong. Two may share a second:
    one without any answer got no page, whenever the last page came. One that is under way, or was killed,
    has not said how many answers it had: it counts from its first page on.
    """
    runs: dict[str, list[tuple[str, str | None, int]]] = {}
    why: dict[str, str | None] = {}
    for source, began, ended, answers, finished, reason in db.rows(
        "SELECT source, started_at, finished_at, pages, finished, reason FROM run ORDER BY id DESC"
    ):
        runs.setdefault(source, []).append((began, ended, answers))
        why.setdefault(source, None if finished else reason or None)
    return {source: _crawls(db, source, held)._replace(ended=why[source]) for source, held in runs.items()}


def _crawls(db: Database, source: str, runs: Sequence[tuple[str, str | None, int]]) -> _Crawls:
    """``runs``: (began, ended, answers), newest first; ``ended`` is None of one that has not said so."""
    row = db.row(
        "SELECT fetched_at FROM capture WHERE source = ? AND status IN (200, 304) ORDER BY id DESC LIMIT 1",
        (source,),
    )
    got = [
        bool(row and began <= row[0] and (ended is None or (answers and row[0] <= ended)))
        for began, ended, answers in runs
    ]
    success = runs[got.index(True)][0] if any(got) else None
    counts = [page for page, (_, ended, _) in zip(got, runs, strict=True) if page or ended is not None]
    return _Crawls(runs[0][0], success, counts[0] if counts else False)


def _state(source: Source, crawls: _Crawls | None, holds: bool) -> str:
    """ok, failing (the last crawl got nothing), never_crawled or disabled. What was imported is ok."""
    if crawls is None:
        return "ok" if holds else "never_crawled" if source.enabled else "disabled"
    return "ok" if crawls.got_a_page else "failing"
