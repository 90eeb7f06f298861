"""Extracts and documents without personal identity numbers.

What a document says is masked before anything of it is stored outside WARC. Addresses are kept as they are
in the catalogue, which has to ask for them again, and masked on the way out of it: a document whose address
names someone is found like others, with an address that leads nowhere. Not for telling which numbers are
personal (``indexer.language.personal``).
"""

from __future__ import annotations

from dataclasses import replace

from indexer.language.personal import mask, mask_address
from indexer.model import Contact, Document, Extract, Link


def mask_document(extract: Extract) -> Extract:
    """The same extract, masked in every field that carries words of the document."""
    return replace(
        extract,
        pages=tuple(
            replace(
                page,
                text=mask(page.text),
                heading=_mask(page.heading),
                label=_mask(page.label),
                anchor=page.anchor if _mask(page.anchor) == page.anchor else None,
            )
            for page in extract.pages
        ),
        titles=tuple((where, mask(text)) for where, text in extract.titles),
        links=tuple(_mask_link(link) for link in extract.links),
        dates=tuple(replace(date, text=mask(date.text)) for date in extract.dates),
        contacts=tuple(_mask_contact(contact) for contact in extract.contacts),
        outline=tuple(replace(entry, title=mask(entry.title)) for entry in extract.outline),
        author=_mask(extract.author),
        furniture=tuple(mask(line) for line in extract.furniture),
        problem=_mask(extract.problem),
    )


def _mask(text: str | None) -> str | None:
    return None if text is None else mask(text)


def _mask_link(link: Link) -> Link:
    """Its words; the address stays, it is needed to fetch and to recognise the document."""
    return replace(link, anchor=mask(link.anchor), headings=tuple(map(mask, link.headings)))


def _mask_contact(contact: Contact) -> Contact:
    return Contact(_mask(contact.role), _mask(contact.name), _mask(contact.email), _mask(contact.phone))


def mask_addresses(document: Document) -> Document:
    """The same document as others may see it; it is the same object when no address holds a number."""
    addresses = (document.url, document.found_on or "", *document.also_at, *(x.url for x in document.links))
    if all(mask_address(address) == address for address in addresses):
        return document
    return replace(
        document,
        url=mask_address(document.url),
        also_at=tuple(map(mask_address, document.also_at)),
        found_on=None if document.found_on is None else mask_address(document.found_on),
        links=tuple(replace(link, url=mask_address(link.url)) for link in document.links),
    )
