"""What a careful reader would say of each document of the demo: the rows of truth.jsonl.

From the front matter that the author wrote and from the links; the finished files are only asked how many
pages they have, and where a phrase is broken by a page or a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import demo_pdf
import pypdfium2 as pdfium
from demo_links import Reference, references
from demo_texts import Text, words_of


def truth(
    texts: Mapping[str, Text], files: Mapping[str, bytes], boilerplate: Mapping[str, tuple[str, ...]]
) -> Iterator[dict[str, Any]]:
    """One row a document: what stands in it, where it is found, what may and may not be read from it."""
    leading: dict[str, list[Reference]] = defaultdict(list)
    for reference in references(texts, files):
        if reference.source.expected in ("indexed", "noindex") and reference.source is not reference.target:
            leading[reference.target.id].append(reference)
    for text in texts.values():
        links = leading[text.id]
        # The most telling link stands under headings and on the document's own site.
        links.sort(key=lambda r: (-len(r.headings), r.source.site is not text.site))
        data = files.get(text.id)
        readable = not {"scan", "damage", "password"} & text.layout.keys() and text.format != "jpg"
        frame = () if data else boilerplate[text.site.design]
        row: dict[str, Any] = {
            "path": quote(text.path),
            "title": text.title,
            "kind": text.kind,
            "language": text.language,
            "publisher": text.publisher,
            "organisation_type": text.organisation_type,
            "published": text.published,
            "years": list(text.years),
            "municipalities": list(text.municipalities),
            "counties": list(text.counties),
            "areas": list(text.areas),
            **{f"{name}_ok": list(values) for name, values in text.accepted.items()},
            "contacts": [dict(c) for c in (*text.contacts, *text.contacts_in_text)],
            "found_on": list(dict.fromkeys(quote(r.source.path) for r in links)),
            "anchor": links[0].anchor if links else None,
            "headings": list(links[0].headings) if links else [],
            "links": [
                {"found_on": quote(r.source.path), "anchor": r.anchor, "headings": list(r.headings)}
                for r in links
            ],
            "also_at": [quote(path) for path in text.also],
            "alike": [quote(texts[id_].path) for id_ in text.alike],
            "pages": demo_pdf.page_count(data) if data and text.format == "pdf" and readable else None,
            "must_contain": _phrases(text, data) if readable else [],
            "must_not_contain": [*text.must_not_contain, *frame],
            "expected": text.expected,
        }
        if data and text.layout.get("scan"):
            row["pages"] = demo_pdf.page_count(data)
        if data and text.layout.get("hyphenate"):
            row["hyphenated"] = demo_pdf.hyphenated_phrases(data, _words(text))
            row["must_contain"] += row["hyphenated"]
        if text.note:
            row["note"] = text.note
        yield row


def _words(text: Text) -> str:
    return " ".join(words_of(b) for b in text.blocks)


def _phrases(text: Text, data: bytes | None) -> list[str]:
    """Six words in a row from four passages spread over the text; in a PDF none that runs over a page."""
    passages = [
        p.split() for b in text.blocks if b.kind in ("p", "ul", "ol", "quote") for p in (b.items or (b.text,))
        if "](" not in p and "**" not in p and len(p.split()) >= 8
    ]  # fmt: skip
    phrases = [" ".join(words[1:7]) for words in passages]
    if data and text.format == "pdf":
        with pdfium.PdfDocument(data) as document:
            pages = [" ".join(p.get_textpage().get_text_range().split()) for p in document]
        phrases = [p for p in phrases if any(p in page for page in pages)]
    step = max(1, len(phrases) // 4)
    return phrases[::step][:4]
