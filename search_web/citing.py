"""What a page tells reference managers and search engines of the documents on it.

Highwire and Dublin Core tags, COinS (OpenURL, ANSI Z39.88), and JSON-LD in the words of schema.org.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from markupsafe import Markup

from indexer.formats.references import issued
from indexer.model import MASK, Document, Generation

SCHEMA = "https://schema.org"
_UNSAFE = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def original(document: Document) -> str | None:
    """The address of the original; None where a personal number in it is masked: it would lead nowhere, and
    who saves our page has its address."""
    return None if MASK in document.url else document.url


def tags(document: Document) -> tuple[tuple[str, str], ...]:
    """(name, content) of the meta elements of a document's page."""
    d, when, url = document, issued(document), original(document)
    found = (
        ("citation_title", d.title),
        ("citation_author", d.publisher),
        ("citation_publication_date", when.replace("-", "/") if when else None),
        ("citation_language", d.language),
        ("citation_publisher", d.publisher),
        ("citation_pdf_url" if d.format == "pdf" else "citation_fulltext_html_url", url),
        ("DC.title", d.title),
        ("DC.creator", d.publisher),
        ("DC.date", when),
        ("DC.language", d.language),
        ("DC.type", d.kind),
        ("DC.identifier", url),
    )
    return tuple((name, content) for name, content in found if content)


def coins(document: Document) -> str:
    """The title of an empty ``<span class="Z3988">``, which reference managers read in lists."""
    d = document
    genre = "webpage" if d.format == "html" and d.kind is None else "report"
    sender = _quoted(d.publisher) if d.publisher else ""
    found = (
        ("rft.title", _encoded(d.title)),
        ("rft.creator", sender),
        ("rft.publisher", sender),
        ("rft.date", _quoted(issued(d) or "")),
        ("rft.language", _quoted(d.language or "")),
        ("rft.identifier", _encoded(original(d) or "")),
    )
    known = "".join([f"&{name}={value}" for name, value in found if value])
    return f"ctx_ver=Z39.88-2004&rft_val_fmt=info%3Aofi%2Ffmt%3Akev%3Amtx%3Adc&rft.type={genre}{known}"


def _encoded(value: str) -> str:
    return quote_plus(value, errors="replace")


_quoted = lru_cache(maxsize=4096)(_encoded)
"""For what is the same in many documents."""


def digital_document(document: Document, address: str, label: Callable[[str, str], str]) -> Markup:
    """``address`` is our page of it; ``label`` gives the names of its municipalities."""
    d = document
    places = [label("municipality", code) for code in d.municipalities]
    body = {"@type": "Organization", "name": d.publisher} if d.publisher else None
    return _script(
        {
            "@type": "DigitalDocument",
            "@id": address,
            "name": d.title,
            "url": original(d),
            "identifier": d.id,
            "author": body,
            "publisher": body,
            "datePublished": d.published,
            "temporalCoverage": f"{min(d.years)}/{max(d.years)}" if d.years else None,
            "spatialCoverage": [{"@type": "AdministrativeArea", "name": name} for name in places] or None,
            "inLanguage": d.language,
            "additionalType": d.kind,
        }
    )


def web_site(address: str) -> Markup:
    """The service and how it is searched. ``address`` is its start page."""
    return _script(
        {
            "@type": "WebSite",
            "name": "Barnrättskompassen – sök",
            "url": address,
            "inLanguage": ["sv", "en"],
            "potentialAction": {
                "@type": "SearchAction",
                "target": {"@type": "EntryPoint", "urlTemplate": f"{address}?q={{search_term_string}}"},
                "query-input": "required name=search_term_string",
            },
        }
    )


def data_set(generation: Generation, start: str, api: str) -> Markup:
    """The collection as a data set; ``api`` is the address of the description of the API."""
    exports = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "jsonl": "application/jsonl"}
    return _script(
        {
            "@type": "Dataset",
            "name": "Barnrättskompassen: dokument om barnets rättigheter i kommuner och regioner",
            "description": "Uppgifter om dokument om barnets rättigheter från svenska kommuner, regioner, "
            f"myndigheter och organisationer: {generation.documents} dokument med typ, år, kommun, område, "
            "utgivare och text.",
            "url": start,
            "version": generation.id,
            "dateModified": generation.built_at,
            "inLanguage": ["sv", "en"],
            "isAccessibleForFree": True,
            "spatialCoverage": {"@type": "Country", "name": "Sverige"},
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": media_type,
                    "contentUrl": f"{api}/export/{name}",
                }
                for name, media_type in exports.items()
            ],
        }
    )


def _script(thing: Mapping[str, Any]) -> Markup:
    """A data block: nothing in it can end the element, and browsers do not run it."""
    known = {"@context": SCHEMA} | {name: value for name, value in thing.items() if value is not None}
    text = json.dumps(known, ensure_ascii=False).encode("utf-8", "replace").decode().translate(_UNSAFE)
    block = f'<script type="application/ld+json">{text}</script>'
    return Markup(block)  # noqa: S704 - escaped in the line above
