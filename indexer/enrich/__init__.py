"""What does a document say about itself: kind, dates, places, areas, sender, language, contacts, each with
evidence.

``enrich`` is pure: the same extract, context and vocabulary give the same metadata. A field that cannot be
told is ``None`` or ``()``. Not for reading bytes (``indexer/extract``) or storing
(``indexer/catalogue.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from indexer.enrich import area, contacts, kind, language, links, places, published, sender, years
from indexer.enrich.reading import Context, Reading, clean_anchor
from indexer.language.personal import mask
from indexer.model import Contact, Evidence, Extract
from indexer.vocabulary import Vocabulary

__all__ = ["Context", "Metadata", "enrich"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The fields of ``model.Document`` that are concluded; the names are the same."""

    kind: str | None = None
    published: str | None = None
    years: tuple[int, ...] = ()
    municipalities: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    publisher: str | None = None
    organisation_type: str | None = None
    language: str | None = None
    contacts: tuple[Contact, ...] = ()
    found_on: str | None = None
    anchor: str | None = None
    headings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def enrich(extract: Extract, context: Context, vocabulary: Vocabulary) -> Metadata:
    """Metadata of one document, in this order because later rules read what earlier ones found.

    1. the most telling link, 2. the kind, 3. the sender, 4. places, 5. dates and years, 6. areas, 7.
    language, contacts.
    """
    link = links.most_telling(context.links, context.url, context.title)
    reading = Reading(extract, context, link)
    found_kind, kind_why = kind.kind(reading, vocabulary)
    reading = replace(reading, kind=found_kind)
    sent = sender.sender(reading, vocabulary)
    reading = replace(reading, foreign=sent.foreign)
    codes, codes_why = places.municipalities(reading, vocabulary, sent.municipality if sent.foreign else None)
    counties, counties_why = places.counties(
        reading, vocabulary, codes, sent.county if sent.foreign else None
    )
    published_on, published_why = published.published(reading)
    concerned, years_why = years.years(reading, published_on)
    areas, areas_why = area.areas(reading, vocabulary)
    organisation_type, type_why = sender.organisation_type(reading, vocabulary, sent, codes)
    code, language_why = language.language(reading, vocabulary)
    reasons = (
        kind_why, published_why, years_why, codes_why, counties_why, areas_why, sent.evidence, type_why,
        language_why,
    )  # fmt: skip
    return Metadata(
        kind=found_kind,
        published=published_on,
        years=concerned,
        municipalities=codes,
        counties=counties,
        areas=areas,
        publisher=sent.publisher,
        organisation_type=organisation_type,
        language=code,
        contacts=contacts.contacts(reading),
        found_on=link.url if link else None,
        anchor=mask(clean_anchor(link.anchor)) if link else None,
        headings=tuple(map(mask, link.headings)) if link else (),
        evidence=tuple(replace(e, text=mask(e.text)) for why in reasons for e in why),
    )
