"""What documents and answers look like outside: a record, the JSON of a search.

The keys are public: a change of one is an entry in the changelog. Not for finding documents
(``indexer.search``), for files of records (``indexer.formats``) nor for reading them back
(``indexer.imports``).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from indexer.model import Contact, Document, Hit, Matrix, Page, PageHit, SearchResults, Snippet

# --- one document -----------------------------------------------------------------------------------------


def record(document: Document, text: Iterable[Page] | None = None) -> dict[str, Any]:
    """One document as a JSON object; pages given become ``text``: [{number, label, heading, text}]."""
    d = document
    found: dict[str, Any] = {
        "id": d.id, "url": d.url, "also_at": list(d.also_at), "title": d.title, "kind": d.kind,
        "format": d.format, "language": d.language, "published": d.published, "years": list(d.years),
        "municipalities": list(d.municipalities), "counties": list(d.counties), "areas": list(d.areas),
        "publisher": d.publisher, "organisation_type": d.organisation_type,
        "contacts": [_contact(c) for c in d.contacts], "found_on": d.found_on, "anchor": d.anchor,
        "headings": list(d.headings), "pages": d.page_count,
        "source": d.source or None,
        "links": [{"found_on": x.url, "anchor": x.anchor, "headings": list(x.headings)} for x in d.links],
        "series": d.series, "alike": list(d.alike), "version": d.version, "first_seen": d.first_seen,
        "fetched_at": d.fetched_at, "read_by": d.read_by, "problem": d.problem, "capture": d.capture,
        "digest": d.digest,
    }  # fmt: skip
    if text is not None:
        found["text"] = [page_json(p) for p in text]
    return found


def _contact(contact: Contact) -> dict[str, str | None]:
    found = {"role": contact.role, "name": contact.name}
    if contact.email:
        found["email"] = contact.email
    if contact.phone:
        found["phone"] = contact.phone
    return found


# --- the answer to a search -------------------------------------------------------------------------------


def results_json(results: SearchResults) -> dict[str, Any]:
    """The answer of ``kompass search --json`` and of the API: {query, total, hits, facets, suggestion, index,
    …}. ``snippets`` are safe HTML in which ``<mark>`` is the only element."""
    return {
        "query": results.query.text,
        "total": results.total,
        "hits": [hit_json(h) for h in results.hits],
        "facets": facets_json(results),
        "suggestion": results.suggestion,
        "unmatched": list(results.unmatched),
        "relaxed": results.relaxed,
        "others": [hit_json(h) for h in results.others],
        "reading": [asdict(r) for r in results.reading],
        "index": asdict(results.generation),
    }


def facets_json(results: SearchResults) -> dict[str, list[dict[str, Any]]]:
    """Documents by facet and value."""
    return {
        facet: [{"value": v.value, "label": v.label, "count": v.count} for v in values]
        for facet, values in results.facets.items()
    }


def matrix_json(matrix: Matrix) -> dict[str, Any]:
    """Hits by municipality and year; ``counts`` and ``held`` of a row are aligned with ``years``."""
    return {
        "query": matrix.query.text,
        "total": matrix.total,
        "without_place": matrix.nowhere.total,
        "years": list(matrix.years),
        "rows": [
            {
                "value": r.value, "label": r.label, "state": r.state, "total": r.total,
                "undated": r.undated, "counts": list(r.counts), "held": list(r.held),
            }
            for r in matrix.rows
        ],
        "index": asdict(matrix.generation),
    }  # fmt: skip


def page_json(page: Page) -> dict[str, Any]:
    return {"number": page.number, "label": page.label, "heading": page.heading, "text": page.text}


def hit_json(hit: Hit) -> dict[str, Any]:
    """The record of the document and where the words stand: ``page`` is the number of the best page."""
    shown = [p.snippet for p in hit.pages if p.snippet] or ([hit.snippet] if hit.snippet else [])
    return record(hit.document) | {
        "score": round(hit.score, 6),
        "page": hit.pages[0].number if hit.pages else None,
        "snippets": [snippet_html(s) for s in shown],
        "matching_pages": [_page_json(p) for p in hit.pages],
    }


def _page_json(page: PageHit) -> dict[str, Any]:
    return {
        "number": page.number, "label": page.label, "heading": page.heading, "matches": page.matches,
        "url": page.url, "snippet": snippet_html(page.snippet) if page.snippet else None,
    }  # fmt: skip


def pieces(snippet: Snippet) -> Iterator[tuple[str, bool]]:
    """The text of a snippet, cut where its marks begin and end: each piece, and whether it is marked."""
    end = 0
    for start, stop in sorted(snippet.marks):
        if end <= start < stop:  # else it is empty, or begins inside the one before
            yield snippet.text[end:start], False
            yield snippet.text[start:stop], True
            end = stop
    yield snippet.text[end:], False


def snippet_html(snippet: Snippet) -> str:
    """The snippet as HTML: everything escaped, the marked words inside ``<mark>``."""
    escaped = ((html.escape(text), marked) for text, marked in pieces(snippet))
    return "".join([f"<mark>{text}</mark>" if marked else text for text, marked in escaped])
