"""The running site: the index, the templates and the one place that turns a view into a page.

Handlers get one ``Site`` and ask it for the ``Visit`` that is being answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from bottle import HTTPResponse, request
from jinja2 import PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from indexer.formats.references import host
from indexer.model import LANGUAGES, MASK, Document, Query, SearchResults, Snippet
from indexer.search import Searcher, SearchIndex
from indexer.statistics import Statistics
from search_web import citing, static_files, texts
from search_web.compiling import Templates, escaped, written
from search_web.doorway import bucket_of
from search_web.parameters import MAX_QUERY, Parameters, address, encoded, having, with_value

STEPS = re.compile(r"(?<=/)\.{1,2}(?=/|$)")
"""Parts of a path that browsers take for a step; of ours only an id has them (``path_of``)."""
LEADERS = re.compile(r" ?\.{5,} ?")
PASSED_ON = re.compile(r"[/%]|^\.+$")
"""What must not be found in a path that is decoded once."""
LOCAL_PATH = re.compile(r"/[^/\\]|/$")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, as far as pages need to know it."""

    language: str
    base: str  # the path the service lives below: "" or "/sok"
    prefix: str  # "" when Accept-Language decided, or "/sv", "/en" as in the address
    path: str  # below both
    query_string: str
    origin: str  # https://sok.example.se

    @property
    def root(self) -> str:
        """Where the service is, whatever language was asked in."""
        return self.origin + self.base

    def url(self, path: str) -> str:
        """The address of one of our pages, in the language scheme the reader uses."""
        return f"{self.base}{self.prefix}{path}"

    def absolute(self, path: str) -> str:
        return self.origin + self.url(path)

    def in_language(self, language: str) -> str:
        """This same page in one language, for good."""
        query = f"?{self.query_string}" if self.query_string else ""
        path = STEPS.sub(lambda m: "%2E" * len(m[0]), self.path)
        return f"{self.base}/{language}{quote(path)}{escape_query(query)}"


def escape_query(text: str) -> str:
    """A query string as it came, with anything that is not plain ASCII encoded."""
    return quote(text, safe="?&=%+.:,-_~!*'();/@$")


@dataclass
class Site:
    index: SearchIndex
    base_path: str = ""
    settings: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    statistics: Statistics | None = None  # None: searches are not counted

    @cached_property
    def environments(self) -> dict[str, Templates]:
        return {language: _environment(language) for language in LANGUAGES}

    def visit(self) -> Visit:
        environ = request.environ
        return Visit(
            environ["kompass.language"],
            environ["kompass.base"],
            environ["kompass.prefix"],
            request.path,
            request.query_string,
            environ["kompass.origin"],
        )

    def searcher(self) -> Searcher:
        """The generation in use; one request is answered from one, also when another takes over meanwhile."""
        environ = request.environ
        if "kompass.searcher" not in environ:
            environ["kompass.searcher"] = self.index.current()
        return cast(Searcher, environ["kompass.searcher"])

    def searched(self, results: SearchResults) -> None:
        """Counts a search that a reader made, once for all pages of its hits, if searches are counted."""
        query = results.query
        if self.statistics and query.page == 1:
            visitor = bucket_of(request.environ["kompass.client"])
            self.statistics.note(query.text, visitor, empty=results.relaxed or not results.total)

    def parameters(self, *known: str) -> Parameters:
        return Parameters.read(request.query_string, known)

    def render(
        self, template: str, visit: Visit, view: Mapping[str, Any], searcher: Searcher | None = None
    ) -> str:
        """A page from a template and its view, with what every page may ask: url, label, static, visit.

        ``searcher`` is the generation that the view was made from; pages of fixed text do without.
        """
        every = {
            "visit": visit,
            "url": visit.url,
            "static": partial(_static, visit.base),
            "label": partial(searcher.label, language=visit.language) if searcher else None,
            "settings": self.settings,
            "to": lambda path, query, **extra: address(visit.url(path), query, extra.items()),
        }
        return written(self.environments[visit.language].get_template(template), every | dict(view))


def see_other(location: str) -> HTTPResponse:
    """A redirect to another address of ours; never to an address that a request names."""
    assert LOCAL_PATH.match(location), location
    return HTTPResponse(status=303, headers={"Location": location})


def _static(base: str, name: str) -> str:
    return f"{base}/static/{static_files.files()[name].hashed}"


def _environment(language: str) -> Templates:
    environment = Templates(
        texts.messages(language),
        loader=PackageLoader("search_web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        number=partial(texts.number, language=language),
        day=partial(texts.day, language=language),
        years=texts.years,
        lang=partial(lang, language=language),
        web_address=web_address,
        host=host,
        short=short,
        without_leaders=without_leaders,
        page_count=partial(texts.page_count, language=language),
        page_name=partial(texts.page_name, language=language),
    )
    environment.globals.update(
        language=language,
        citing=citing,
        changed=replace,
        max_query=MAX_QUERY,
        having=having,
        narrowed=with_value,
        around_years=around_years,
        document_path=document_path,
    )
    return environment


# --- small pieces of text ---------------------------------------------------------------------------------


def marked(snippet: Snippet) -> Markup:
    """Text with its matches in ``<mark>``; everything else is escaped."""
    return Markup(_marked(snippet.text, snippet.marks))  # noqa: S704 - escaped piece by piece


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    at = 0
    pieces: list[str] = []
    for start, end in marks:
        if start >= at:
            pieces += (
                escaped(without_leaders(text[at:start])),
                "<mark>",
                escaped(text[start:end]),
                "</mark>",
            )
            at = end
    pieces.append(escaped(without_leaders(text[at:])))
    return "".join(pieces)


def without_leaders(text: str) -> str:
    """The dots that lead to a page number as one sign: on a phone they fill lines."""
    return LEADERS.sub(" … ", text) if "....." in text else text


def lang(spoken: str | None, language: str) -> Markup:
    """The attribute of what is in another language than its page."""
    return Markup(' lang="{}"').format(spoken) if spoken and spoken != language else Markup()


def excerpt(snippet: Snippet) -> Markup:
    """A snippet with its matches marked, and dots where its text was cut out of a sentence."""
    text = snippet.text.rstrip()
    before = "… " if text[:1].islower() else ""
    after = "" if text.endswith((".", "!", "?", ":", ";", "…", "”")) else "\N{NO-BREAK SPACE}…"
    return Markup(f"{before}{_marked(text, snippet.marks)}{after}")  # noqa: S704 - escaped in _marked


def web_address(url: str | None) -> str | None:
    """``url`` when it is one that a link may lead to: http or https, nothing else, and nothing masked."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and MASK not in (url or "") else None


def short(url: str, longest: int = 80) -> str:
    """An address as people write it: without scheme, cut in the middle when it is long."""
    text = url.partition("://")[2] or url
    return text if len(text) <= longest else f"{text[: longest // 2]}…{text[-longest // 2 + 1 :]}"


def document_path(document: Document, query: Query | None = None, page: int | None = None) -> str:
    """Our page of a document; the query's words come along so that they are marked there."""
    parameters = f"?q={encoded(query.text)}" if query and query.text else ""
    if page is not None:
        parameters += f"{'&' if parameters else '?'}page={page}#page-{page}"
    return f"{path_of(document.id)}{parameters}"


def path_of(id_: str) -> str:
    """The path of a document's page, whatever id an import brought.

    An id with a slash, a percent sign or nothing but dots is encoded twice: servers in between decode a path,
    take "//" for "/" and ".." for a step, and pass on what is left.
    """
    once = quote(id_, safe="")
    if id_.strip(".") == "":
        once = "%2E" * len(id_)
    return f"/documents/{quote(once, safe='') if once != id_ and PASSED_ON.search(id_) else once}"


def by_path(searcher: Searcher, id_: str) -> Document | None:
    """The document that a part of a path names, encoded once or twice."""
    document = searcher.document(unquote(id_)) if "%" in id_ else None
    return document or searcher.document(id_)


def around_years(path: str, query: Query, extra: Mapping[str, str] | None = None) -> tuple[Markup, Markup]:
    """What stands before and after the span in the address of ``query`` narrowed to some years, escaped once:
    for bars and cells."""
    some = having(query, year_from=1, year_to=2, year_unknown=False)
    before, name, after = address(path, some, (extra or {}).items()).rpartition("year=1..2")
    return escape(before + name.removesuffix("1..2")), escape(after)
