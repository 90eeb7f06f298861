"""Captures → documents in the catalogue: what was fetched is read, told apart and understood.

    1. take in     new captures are read; addresses, links and extracts are kept (``indexer.intake``)
    2. identify    which addresses are one document (``indexer.identity``)
    3. understand  title, relevance and metadata of each, only where something it depends on has changed
                   (``indexer.understand``)
    4. settle      what is no more leaves the results
    5. tie         editions of one another, and nearly the same texts, are told to belong together
                   (``indexer.ties``)

Everything is derived from the archive: the same captures give the same documents, read one crawl at a time
or all at once with ``full``. Not for building the index (``indexer.build``).
"""

from __future__ import annotations

import hashlib
import re
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, starmap
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from indexer import enrich, identity, understand
from indexer.catalogue import CATALOGUE, HELD, Catalogue
from indexer.crawl import archive, relevance
from indexer.crawl.addresses import names
from indexer.crawl.scope import Scope
from indexer.errors import CatalogueError
from indexer.extract import repeats
from indexer.identity import Address, Group
from indexer.intake import Taken, code, key_of, locked, take_in
from indexer.language import dates, normalise
from indexer.language.personal import mask
from indexer.model import Capture, FoundOn, Progress, Source
from indexer.packing import to_json
from indexer.readings import AGAIN, DUE, TIED
from indexer.removal import remove_forgotten
from indexer.replay import begin_again
from indexer.statuses import NOT_ON_TOPIC
from indexer.ties import tie
from indexer.understand import Outcome, Task, understood
from indexer.vocabulary import default_directory

UNDERSTAND = "enrich"  # stage of failures

MOST_LINKS, MOST_ALIKE = 50, 5
"""Links that a document keeps, and those among them with the same words under the same headings."""
_FILE_NAME = re.compile(r"""(?i);\s*filename(\*?)\s*=\s*(?:"([^"]*)"|([^;"\s]+))""")
_LONGEST_NAME = 300  # characters of a file name
ALIKE = 0.5
"""Share of text blocks in common from which a page and the one it names as canonical are taken for one."""


@dataclass
class Report:
    """What one ingest did."""

    captures: int = 0  # that were new
    read: int = 0
    documents: int = 0  # in the results now
    new: int = 0
    changed: int = 0  # another text: a new version
    updated: int = 0  # the same text with other metadata
    removed: Counter[str] = field(default_factory=Counter)  # from the results, by reason
    problems: Counter[str] = field(default_factory=Counter)  # that are new, by reason
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        return {
            "captures": self.captures, "read": self.read, "documents": self.documents, "new": self.new,
            "changed": self.changed, "updated": self.updated, "removed": dict(self.removed),
            "problems": dict(self.problems), "seconds": round(self.seconds, 3),
        }  # fmt: skip

    def sentence(self) -> str:
        parts = [f"{self.captures} new captures, {self.new} new documents, {self.changed} changed"]
        if self.updated:
            parts.append(f"{self.updated} with other metadata")
        parts += [f"{count} {reason}" for reason, count in self.removed.most_common()]
        told = f"{', '.join(parts)}; {self.documents} are held."
        if problems := +self.problems:  # none of what is mended
            reasons = ", ".join(f"{count} {reason}" for reason, count in problems.most_common())
            told += f" Left out or incomplete: {reasons} ('kompass status' lists them)."
        return told


def ingest(
    sources: Sequence[Source], corpus: Path, *, full: bool = False, progress: Progress | None = None
) -> Report:
    """Bring the catalogue below ``corpus`` up to date with what was crawled; ``full`` begins again from WARC,
    which also happens when the catalogue is lost: what an archive holds is never taken for nothing. What
    stopped before its end is gone on with.

    Raises CatalogueError, also when nothing was ever crawled into ``corpus``, and when another
    ingest is going on.
    """
    started = time.monotonic()
    shown = progress or (lambda *_: None)
    if not (corpus / CATALOGUE).is_file() and not archive.files(corpus):
        raise CatalogueError(
            f"Nothing has been crawled into {corpus}. Run 'kompass crawl' first, or give --corpus DIR."
        )
    with locked(corpus), Catalogue(corpus / CATALOGUE) as catalogue:
        remove_forgotten(catalogue, corpus)  # a removal may have been stopped half-way
        due = catalogue.readings.fact(AGAIN) == DUE or archive.catalogue_lost(corpus, catalogue)
        if full or due:
            begin_again(catalogue, corpus, shown)
        taken = take_in(catalogue, corpus, shown)
        report = _Ingest(sources, catalogue, taken, shown).run()
    report.seconds = time.monotonic() - started
    return report


def finish(sources: Sequence[Source], corpus: Path, progress: Progress | None = None) -> None:
    """Read what the catalogue lacks because reading the archive again was stopped, or because it was lost;
    mostly there is nothing to do. For those who use it without an ingest. Raises as that does."""
    if not ((corpus / CATALOGUE).is_file() or archive.files(corpus)):
        return
    with Catalogue(corpus / CATALOGUE) as catalogue:
        whole = catalogue.is_whole() and not archive.catalogue_lost(corpus, catalogue)
    if not whole:
        ingest(sources, corpus, progress=progress)


class _Ingest:
    """One ingest under way."""

    def __init__(
        self, sources: Sequence[Source], catalogue: Catalogue, taken: Taken, progress: Progress
    ) -> None:
        self._sources = {s.id: s for s in sources}
        self._scopes = {s.id: Scope(s) for s in sources}
        self._catalogue = catalogue
        self._readings = catalogue.readings
        self._progress = progress
        self._rules = _rules()
        self._addresses = self._readings.addresses()
        self._stand_ins = self._readings.stand_ins()
        self._repeated: dict[str, frozenset[str]] = {}
        self._groups = identity.documents(self._addresses, self._readings.ever, self._alike)
        self._names = {url: g.url for g in self._groups.values() for url in g.linked_as}
        self._known = catalogue.standings()  # before this ingest
        self.report = Report(taken.captures, taken.read, problems=taken.problems)

    def run(self) -> Report:
        changed = self._changed()
        if changed:
            self._readings.set_fact(TIED, "no")
        tasks = (task for group in changed for task in self._tasks(group))
        for count, outcome in enumerate(understood(tasks, len(changed)), 1):
            self._keep(outcome)
            self._catalogue.commit()  # one by one, see intake
            self._progress("understand", min(count, len(changed)), len(changed))
        self._settle()
        tie(self._catalogue, self._progress)
        self._readings.drop_unused()
        held = self._catalogue.fingerprints()
        self._agree({self._groups[id_].url for id_ in held if id_ in self._groups})
        self.report.documents = len(held)
        self._readings.set_fact(AGAIN, "")
        return self.report

    # --- what is to be understood ---------------------------------------------------------------------

    def _changed(self) -> list[Group]:
        """The documents for which something has changed that they are concluded from."""
        judged = self._readings.judged()
        found: list[Group] = []
        checked: list[tuple[str, str]] = []
        for id_, group in sorted(self._groups.items()):
            task, standing = self._task(group), self._known.get(id_)
            if task is None or (standing and standing.state == HELD and task.source.id not in self._sources):
                continue  # what is held of a source that is no longer listed stays as it is
            if standing and standing.inputs == task.inputs and standing.state == HELD:
                checked.append((id_, task.checked_at or task.fetched_at))
            elif judged.get(id_) != task.inputs:
                found.append(group)
        self._catalogue.set_checked(checked)
        return found

    def _tasks(self, group: Group) -> Iterator[Task]:
        """What is to be understood of a document: its versions since the one that is held, and it itself.
        Made when a process is free for them, so that their texts are not all in memory."""
        task = self._task(group)
        data = self._readings.extract_data(self._addresses[group.url].key or "")
        if task and data:
            yield from self._earlier(group, task)
            yield replace(task, extract=data)

    def _task(self, group: Group) -> Task | None:
        """Everything but the text; None when the catalogue has lost the capture."""
        address = self._addresses[group.url]
        source = self._source(group.url, address)
        capture = self._catalogue.capture(address.capture or 0)
        if capture is None:
            return None
        links = self._links(group)
        pages = (self._addresses.get(link.url) for link in links)
        titles = {page.url: page.title for page in pages if page and page.title}
        repeated = self._repeats(address)
        file_name = _file_name(capture)
        key, readings = address.key or "", self._readings
        inputs = _hash(
            self._rules, readings.rules(key), to_json(source), key, group.url, *group.also_at,
            group.first_seen, *sorted(repeated), to_json(links), to_json(titles), file_name,
        )  # fmt: skip
        return Task(
            group.id,
            group.url,
            group.also_at,
            source,
            b"",
            repeated,
            links,
            group.first_seen,
            capture.fetched_at,
            address.answered_at,
            capture.digest,
            self._place(capture),
            capture.headers.get("last-modified"),
            titles,
            file_name,
            # The time is read by _earlier: what was fetched after it is a later version.
            f"{capture.fetched_at} {inputs}",
        )

    def _earlier(self, group: Group, latest: Task) -> list[Task]:
        """Contents between the version that is held and the latest, at this address and at those the document
        moved from, oldest first."""
        standing = self._known.get(group.id)
        since = standing.inputs.partition(" ")[0] if standing else ""
        captures = [c for url in group.timeline for c in self._catalogue.captures_of(url) if key_of(c)]
        captures.sort(key=lambda c: (c.fetched_at, c.id))
        keys = [key_of(c) or "" for c in captures]
        held = self._readings.held(set(keys))
        found: list[Task] = []
        before: str | None = None
        last = self._addresses[group.url].key
        for capture, key in zip(captures, keys, strict=True):
            if key not in held or held[key].verdict or key == before:
                continue
            if identity.stands_in(self._addresses[capture.url].first_title, key, held[key], self._stand_ins):
                continue
            before = key
            data = self._readings.extract_data(key)
            if data and since < capture.fetched_at < latest.fetched_at:
                found.append(
                    replace(
                        latest, extract=data, fetched_at=capture.fetched_at, digest=capture.digest,
                        capture=self._place(capture), file_name=_file_name(capture),
                        inputs=f"{capture.fetched_at} earlier",
                    )
                )  # fmt: skip
        if found and found[-1].digest == latest.digest and before == last:
            found.pop()
        return found

    def _source(self, url: str, address: Address) -> Source:
        """The source an address belongs to: of those that fetched it and are listed, the one in whose scope
        it is, else the first (a start page above several sources is in the scope of none). Of a source that
        is not listed nothing but the id is known."""
        listed = [i for i in self._catalogue.sources_of(url) if i in self._sources]
        if len(listed) > 1:
            listed.sort(key=lambda i: not self._scopes[i].covers(url))
        return self._sources[listed[0]] if listed else Source(address.source, address.source, "", "", ())

    def _place(self, capture: Capture) -> str:
        """Where its bytes are in the archive."""
        if capture.revisit_of is not None:
            capture = self._catalogue.capture(capture.revisit_of) or capture
        return f"{capture.warc}:{capture.offset}"

    def _links(self, group: Group) -> tuple[FoundOn, ...]:
        """Links that lead to the document from other pages, those of the page seen first before others."""
        rows = [r for r in self._readings.links_to(group.linked_as) if r.page not in group.linked_as]
        rows.sort(key=lambda r: (self._seen(r.page), r.page, r.place))
        found: dict[FoundOn, None] = {}
        alike: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for row in rows:
            link = FoundOn(self._names.get(row.page, row.page), row.anchor, row.headings)
            if link not in found and alike[row.anchor, row.headings] < MOST_ALIKE:
                alike[row.anchor, row.headings] += 1
                found[link] = None
        return tuple(islice(found, MOST_LINKS))

    def _seen(self, url: str) -> str:
        address = self._addresses.get(url)
        return (address.first_seen if address else None) or "9"

    def _repeats(self, address: Address) -> frozenset[str]:
        """The text blocks of a page that belong to its site."""
        own = self._blocks(address)
        if not own:
            return frozenset()
        if address.source not in self._repeated:
            self._repeated[address.source] = repeats.common(
                starmap(_as_begun, self._readings.blocks_of(address.source))
            )
        return self._repeated[address.source] & own

    def _alike(self, one: str, other: str) -> bool:
        """Whether two pages are the same to a reader: most of the own text of the shorter one, or, where it
        has none, the title. Portals of meetings call all pages the same and name one as canonical."""
        first, second = self._addresses[one], self._addresses[other]
        if first.signature == second.signature:
            return True
        blocks = [self._blocks(a) - self._repeats(a) for a in (first, second)]
        fewest = min(map(len, blocks))
        if fewest == 0:
            return first.title != "" and first.title == second.title
        return len(blocks[0] & blocks[1]) >= ALIKE * fewest

    def _blocks(self, address: Address) -> frozenset[str]:
        return frozenset(_names(self._readings.blocks(address.key or "").tobytes()))

    # --- what came of it ------------------------------------------------------------------------------

    def _keep(self, outcome: Outcome) -> None:
        task = outcome.task
        place = task.source.id, task.url, UNDERSTAND
        if outcome.failed:
            self._catalogue.add_failure(*place, "failed", outcome.failed)
            self.report.problems["failed"] += 1
            return
        standing = self._known.get(task.id)
        if outcome.document is None:
            self._readings.set_judged(task.id, task.inputs)
            self._catalogue.add_failure(*place, NOT_ON_TOPIC, outcome.off_topic or "")
            self.report.problems[NOT_ON_TOPIC] += 1
            if standing and standing.state == HELD:
                self._catalogue.set_state(task.id, NOT_ON_TOPIC)
                self.report.removed[NOT_ON_TOPIC] += 1
            return
        self._readings.set_judged(task.id, None)
        self._catalogue.clear_failure(task.source.id, task.url, (UNDERSTAND,))
        number = self._catalogue.put(outcome.document, inputs=task.inputs)
        if task.inputs.endswith(" earlier"):
            return
        if standing is None:
            self.report.new += 1
        elif number != standing.version:
            self.report.changed += 1
        else:
            self.report.updated += 1

    def _settle(self) -> None:
        """Take what is no more out of the results."""
        for id_, standing in self._known.items():
            if standing.state == HELD and id_ not in self._groups:
                why = self._why(standing.url)
                self._catalogue.set_state(id_, why)
                self._readings.set_fact(TIED, "no")
                self.report.removed[why] += 1
        for id_ in self._readings.judged():
            if id_ not in self._groups:
                self._readings.set_judged(id_, None)

    def _agree(self, held: set[str]) -> None:
        """The crawler judges a page by itself, before what repeats on the site is known: of a document that
        belongs here after all (``held``: addresses), its "not on topic" does not stand."""
        for source, failure in list(self._catalogue.failures()):
            if failure.reason == NOT_ON_TOPIC and self._names.get(failure.url, failure.url) in held:
                self._catalogue.clear_failure(source, failure.url, (failure.stage,))

    def _why(self, url: str) -> str:
        address = self._addresses.get(url)
        if address is not None and address.verdict == identity.NOINDEX:
            return identity.NOINDEX
        return "merged" if url in self._names else "gone"


def _file_name(capture: Capture) -> str:
    """What the server calls a file whose address has no name, as in portals of meetings
    (``/dokument?id=12``); "" when it does not say."""
    if names(capture.url) == "document":
        return ""
    told = {m[1]: m[2] or m[3] for m in _FILE_NAME.finditer(capture.headers.get("content-disposition", ""))}
    charset, name = "utf-8", told.get("", "")
    if told.get("*", "").count("'") > 1:  # RFC 8187
        charset, _, name = told["*"].split("'", 2)
    try:
        name = unquote(name, charset or "utf-8")
    except (LookupError, ValueError):  # no charset, or one that is not for this
        return ""
    name = normalise(re.split(r"[/\\]", name)[-1][:_LONGEST_NAME])
    return mask(name) if names(f"http://e/{quote(name)}") == "document" else ""


def _as_begun(title: str, blocks: bytes) -> list[str]:
    """The blocks of a page behind one that tells how it begins: they are sorted, so that the first may be of
    the site. Twelve short pages with the same foot of five lines counted as one."""
    found = _names(blocks)
    return [repeats.fingerprint(f"{title} {found[0]}"), *found]


def _names(blocks: bytes) -> list[str]:
    """Fingerprints as ``repeats.fingerprint`` gives them, from how they are stored."""
    return [f"{n:012x}" for n in array("Q", blocks)]


def _rules() -> str:
    """Fingerprint of the code and the words by which documents are understood."""
    modules = (enrich, understand, relevance, dates)
    places = [Path(str(module.__file__)) for module in modules]
    places[0] = places[0].parent  # a package: all of it
    words = sorted(default_directory().glob("*.toml"))
    return _hash(code(*places), *(path.read_text("utf-8") for path in words))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
