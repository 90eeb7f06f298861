"""A corpus made without a network: answers written to WARC and catalogue as the crawler writes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from indexer.catalogue import Catalogue
from indexer.crawl.archive import WarcArchive
from indexer.crawl.warc import Exchange, Place
from indexer.extract import sniff
from indexer.model import Capture, Source

HOST = "https://www.a.se"
A = Source(
    "a",
    "A kommun",
    "A kommun",
    "municipality",
    (f"{HOST}/",),
    municipality="1283",
    county="12",
    language="sv",
)


def page(title: str, text: str, links: str = "", head: str = "") -> str:
    paragraphs = "".join(f"<p>{p}</p>" for p in text.split("\n"))
    return (
        f'<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><main><h1>{title}</h1>{paragraphs}{links}</main></body></html>"
    )


LONG = (
    "Kommunens barnrättsstrateger har tagit fram en gemensam handlingsplan för hur barns rättigheter ska "
    "genomföras i nämndernas arbete. Planen beskriver vem som ansvarar, hur barn och unga får vara med, och "
    "hur arbetet följs upp varje år i nämnd och fullmäktige."
)


class Captured:
    """Answers of web servers below ``corpus``; each call is one answer."""

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus
        self._day = 0

    def next_day(self, days: int = 1) -> None:
        self._day += days
        self._second = 0

    _second = 0

    def _now(self) -> str:
        self._second += 1
        month, day = divmod(self._day, 28)
        minute, second = divmod(self._second, 60)
        return f"2026-{month + 1:02d}-{day + 1:02d}T12:{minute:02d}:{second:02d}Z"

    def answer(
        self,
        path: str,
        body: str | bytes = "",
        status: int = 200,
        source: str = "a",
        host: str = HOST,
        **headers: str,
    ) -> None:
        """One answer of ``host``/``path``. ``location`` among the headers is a path for a redirect."""
        url = host + path
        data = body.encode() if isinstance(body, str) else body
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        media_type = sniff(data, named.get("content-type"), url) if data else ""
        redirect_to = host + named["location"] if "location" in named else None
        digest, at = hashlib.sha256(data).hexdigest(), self._now()
        with Catalogue(self.corpus / "catalogue.sqlite") as catalogue:
            before = catalogue.last_capture(url) if status in (200, 304) else None
            same = before if before and (status == 304 or before.digest == digest) else None
            if same:
                digest, media_type = same.digest, same.media_type
            repeats = Place(same.warc, same.offset, same.length, url, same.fetched_at) if same else None
            with WarcArchive(self.corpus, source, "test") as archive:
                place = archive.append(
                    Exchange(
                        source=source, url=url, requested=url, fetched_at=at, request_headers=[],
                        protocol="HTTP/1.1", status=status, reason="", headers=list(named.items()),
                        body=data, digest=digest, media_type=media_type, redirect_to=redirect_to,
                        repeats=repeats,
                    )
                )  # fmt: skip
            catalogue.add_capture(
                Capture(
                    0, source, url, at, status, media_type, digest, place.warc, place.offset, place.length,
                    named, redirect_to, same.id if same else None,
                )
            )  # fmt: skip

    def pages(self, count: int = 1, **more: str) -> None:
        """Some pages with texts of their own."""
        for n in range(count):
            self.answer(f"/sida{n}", page(f"Sida {n}", f"{LONG} Nummer {n}."), **more)
