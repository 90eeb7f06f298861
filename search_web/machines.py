"""How machines find the service: search from the address bar (OpenSearch), sitemap, robots.txt.

Feeds are in ``search_web.feeds``, what pages say of their documents in ``search_web.citing``, records for
harvesters in ``search_web.oai``, the service as a data set in ``search_web.dcat``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape

from bottle import Bottle, HTTPError, HTTPResponse

from indexer.model import AREAS, KINDS, UNKNOWN
from indexer.search import Searcher
from search_web import static_files
from search_web.api_answers import as_json
from search_web.held import held
from search_web.parameters import N_, text_of
from search_web.site import Site, path_of
from search_web.texts import messages

PART = 40_000  # addresses of one sitemap; the protocol allows 50,000
PIECE = 500  # addresses that are sent at once
FIXED = ("/", "/browse", "/sources", "/help", "/about", "/api")
DESCRIPTION = N_("Sök i dokument om barnets rättigheter")

OPENSEARCH = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>Barnrätt</ShortName>
<LongName>Barnrättskompassen – sök</LongName>
<Description>{description}</Description>
<InputEncoding>UTF-8</InputEncoding>
<Language>{language}</Language>
<Image width="16" height="16" type="image/svg+xml">{icon}</Image>
<Url type="text/html" template="{root}/?q={{searchTerms}}"/>
<Url type="application/x-suggestions+json" template="{root}/suggestions?q={{searchTerms}}"/>
<Url type="application/atom+xml" template="{root}/feed.atom?q={{searchTerms}}"/>
<Url type="application/opensearchdescription+xml" rel="self" template="{root}/opensearch.xml"/>
</OpenSearchDescription>
"""

ROBOTS = """# Documents and lists of them may be indexed; results of searches and files of them need not be.
# The service as a data set (DCAT-AP-SE): {root}/dcat
User-agent: *
Disallow: {base}/*?*q=
Disallow: {base}/api/v1/
Disallow: {base}/values/
Disallow: {base}/oai
Disallow: {base}/research/
Allow: {base}/

Sitemap: {root}/sitemap.xml
"""


def standing(searcher: Searcher) -> list[str]:
    """Paths of the pages that stay and are no documents: fixed ones and landing pages, about 400 at most."""
    counts = held(searcher).counts
    found = list(FIXED)
    for folder, facet, order in (
        ("municipalities", "municipality", sorted(counts.get("municipality", {}))),
        ("areas", "area", AREAS),
        ("kinds", "kind", KINDS),
        ("years", "year", sorted(counts.get("year", {}))),
    ):
        known = counts.get(facet, {})
        found += [f"/{folder}/{value}" for value in order if value != UNKNOWN and known.get(value)]
    return found


def paths(searcher: Searcher, start: int, stop: int) -> Iterator[tuple[str, str]]:
    """(path, day it was read or "") of the pages ``start`` … ``stop``: those that stand, then documents."""
    others = standing(searcher)
    yield from ((path, "") for path in others[start:stop])
    first, last = (max(0, n - len(others)) for n in (start, stop))
    yield from ((path_of(id_), day) for id_, day in searcher.listed(first, last))


def sitemap(searcher: Searcher, root: str, part: int) -> Iterator[bytes]:
    """The ``part``-th run of PART addresses (sitemaps.org, 0.9)."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    found = paths(searcher, (part - 1) * PART, part * PART)
    while some := list(islice(found, PIECE)):
        yield "".join(
            f"<url><loc>{escape(root + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
            for path, day in some
        ).encode()
    yield b"</urlset>\n"


def sitemap_index(parts: int, root: str) -> bytes:
    listed = "".join(
        f"<sitemap><loc>{escape(root)}/sitemap-{n}.xml</loc></sitemap>\n" for n in range(1, parts + 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</sitemapindex>\n'
    ).encode()


def mount(app: Bottle, site: Site) -> None:
    @app.get("/opensearch.xml")
    def opensearch() -> HTTPResponse:
        site.parameters()
        visit = site.visit()
        icon = f"{visit.root}/static/{static_files.files()['compass.svg'].hashed}"
        body = OPENSEARCH.format(
            description=escape(messages(visit.language).gettext(DESCRIPTION)),
            language=visit.language,
            icon=escape(icon),
            root=escape(visit.origin + visit.url("")),
        )
        headers = {"Content-Type": "application/opensearchdescription+xml; charset=utf-8"}
        return HTTPResponse(body.encode(), headers=headers)

    @app.get("/suggestions")
    def suggestions() -> HTTPResponse:
        text = text_of(site.parameters("q"))
        found = [s.text for s in site.searcher().suggest(text)]
        return as_json([text, found], "application/x-suggestions+json")

    @app.get("/robots.txt")
    def robots() -> HTTPResponse:
        visit = site.visit()
        body = ROBOTS.format(base=visit.base, root=visit.root)
        return HTTPResponse(body.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})

    @app.get("/sitemap.xml")
    def index() -> HTTPResponse:
        return _xml([sitemap_index(parts_of(site.searcher()), site.visit().root)])

    @app.get("/sitemap-<part:re:[1-9][0-9]{0,3}>.xml")
    def one(part: str) -> HTTPResponse:
        searcher = site.searcher()
        if int(part) > parts_of(searcher):
            raise HTTPError(404)
        return _xml(sitemap(searcher, site.visit().root, int(part)))


def parts_of(searcher: Searcher) -> int:
    """How many sitemaps there are."""
    return -(-(len(standing(searcher)) + searcher.generation.documents) // PART)


def _xml(body: Iterator[bytes] | list[bytes]) -> HTTPResponse:
    return HTTPResponse(body, headers={"Content-Type": "application/xml; charset=utf-8"})
