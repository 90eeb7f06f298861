"""Whole result sets as files, their manifest, and references to one document or page: operations of the API.

How the files look is told in ``indexer.formats``; what generation they are of, ``search_web.api_answers``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from bottle import HTTPResponse

from indexer.formats import FORMATS, Export, records
from indexer.formats.references import reference, write_bibtex, write_csl, write_ris
from indexer.formats.tables import csv_of
from indexer.manifest import manifest
from indexer.model import Query
from indexer.search import Searcher
from indexer.snippets import page_url
from search_web.api import ID
from search_web.api_answers import as_json, generation_of, one, page_of
from search_web.api_parameters import INDEX, LANG, SEARCH, Parameter, Values, query_of
from search_web.citing import original
from search_web.openapi import BASE, Operation
from search_web.parameters import to_pairs
from search_web.site import Site, Visit, document_path

REFERENCES = {"ris": write_ris, "bibtex": write_bibtex, "csl": write_csl}

FORM = Parameter("form", "Format of the file.", {"type": "string", "enum": list(FORMATS)}, "path")
STYLE = Parameter("style", "Format of the reference.", {"type": "string", "enum": list(REFERENCES)}, "path")
TEXT = Parameter(
    "text",
    "With the text: by page in jsonl and parquet, one line for each page in csv and xlsx, as abstract in "
    "references.",
    {"type": "boolean", "default": False},
)
CITED = Parameter(
    "page", "The page that is cited, from 1.", {"type": "integer", "minimum": 1, "maximum": 999_999}
)


def repeatable(
    visit: Visit,
    path: str,
    searcher: Searcher,
    query: Query,
    extra: Iterable[tuple[str, str]] = (),
    *,
    text: bool = False,
) -> str:
    """An address of the API that gives the same again, as long as the generation is kept."""
    given = [(k, v) for k, v in to_pairs(query) if k not in ("page", "limit")]
    years = ",".join(v for k, v in given if k == "year")
    pairs = [(k, v) for k, v in given if k != "year"] + ([("year", years)] if years else [])
    pairs += [*extra, *([("text", "true")] if text else []), ("index", searcher.generation.id)]
    return f"{visit.root}{BASE}{path}?{urlencode(pairs, safe='.:,')}"


def file_headers(
    visit: Visit, searcher: Searcher, query: Query, name: str, media_type: str, *, text: bool = False
) -> dict[str, str]:
    """Of a file to keep. ``name`` is cut at its last dot: the generation in between says which index its
    numbers are of, wherever the file goes; its manifest has the rest."""
    stem, _, extension = name.rpartition(".")
    described = repeatable(visit, "/manifest", searcher, query, text=text)
    return {
        "Content-Type": media_type,
        "Content-Disposition": f'attachment; filename="{stem}-{searcher.generation.id}.{extension}"',
        "Link": f'<{described}>; rel="describedby"; type="application/json"',
    }


def as_csv(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    visit: Visit,
    searcher: Searcher,
    query: Query,
) -> HTTPResponse:
    """A table of a page; ``name`` is that of the file, without its ending."""
    headers = file_headers(visit, searcher, query, f"{name}.csv", "text/csv; charset=UTF-8")
    return HTTPResponse(b"".join(csv_of(columns, rows)), headers=headers)


def sent(body: Iterator[bytes], headers: Mapping[str, str]) -> HTTPResponse:
    """A file, piece by piece; what cannot be made at all is told before the answer begins."""
    first = next(body, b"")

    def pieces() -> Iterator[bytes]:
        yield first
        yield from body

    return HTTPResponse(pieces(), headers=headers)


def labels(site: Site, searcher: Searcher) -> Callable[[str, str], str]:
    """The words for values in the language of the visit, also after it: a file is sent when it is over."""
    return partial(searcher.label, language=site.visit().language)


def operations(site: Site) -> tuple[Operation, ...]:
    def about(values: Values, path: str) -> tuple[Searcher, Query, dict[str, object]]:
        searcher, query = generation_of(site, values), query_of(values)
        text = bool(values.get("text"))
        where = repeatable(site.visit(), path, searcher, query, text=text)
        return searcher, query, manifest(searcher, query, text=text, address=where)

    def export(values: Values) -> HTTPResponse:
        name = values["form"]
        searcher, query, told = about(values, f"/export/{name}")
        text, form = bool(values.get("text")), FORMATS[name]
        found = records(searcher, query, text=text)
        body = form.write(Export(found, text, told, labels(site, searcher)))
        headers = file_headers(
            site.visit(), searcher, query, f"kompass.{form.extension}", form.media_type, text=text
        )
        return sent(body, headers)

    def show(values: Values) -> HTTPResponse:
        return as_json(about(values, "/documents")[2])

    def cite(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        document, page, url = one(searcher, values), None, None
        if "page" in values:
            page = page_of(searcher, document, values, "page")
            url = page_url(document, page)
        if original(document) is None:  # as its page is cited
            number = page.number if page else None
            url = site.visit().absolute(document_path(document, page=number))
        form = FORMATS[values["style"]]
        cited_as = reference(document, page, url, label=labels(site, searcher))
        body = b"".join(REFERENCES[values["style"]]([cited_as]))
        headers = {
            "Content-Type": form.media_type,
            "Content-Disposition": f'attachment; filename="{form.extension}-reference.{form.extension}"',
        }
        return HTTPResponse(body, headers=headers)

    media = tuple(f.media_type.partition(";")[0] for f in FORMATS.values())
    cited = tuple(FORMATS[name].media_type.partition(";")[0] for name in REFERENCES)
    return (
        Operation(
            "export", "/export/{form}", "Every document that a search finds, as a file",
            (FORM, *SEARCH, TEXT, INDEX, LANG), export, None, media,
        ),
        Operation(
            "manifest", "/manifest",
            "What to cite of a result set: query, filters, index, counts, and what is held",
            (*SEARCH, TEXT, INDEX, LANG), show, "Manifest", example="q=barnchecklista",
        ),
        Operation(
            "cite", "/documents/{id}/cite/{style}", "A reference to a document or one page of it",
            (ID, STYLE, CITED, INDEX, LANG), cite, None, cited,
        ),
    )  # fmt: skip
