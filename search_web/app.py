"""The web application: what it is made of, and what every page of it has in common.

``make_app(index)`` gives a WSGI application. Pages live in modules of their own, each with a ``mount``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from bottle import Bottle, HTTPError, HTTPResponse, request, response

from indexer import config
from indexer.errors import KompassError, QueryError, SettingError
from indexer.search import SearchIndex
from indexer.statistics import FILE, Statistics
from search_web import (
    browse,
    coverage,
    dcat,
    document,
    embed,
    feedback,
    feeds,
    machines,
    maps,
    matrix,
    oai,
    operations,
    pages,
    research,
    results,
    static_files,
)
from search_web.doorway import PREFIX, Environ, Origins, Proxies, RateLimit, StartResponse, finish, place
from search_web.feedback import journal
from search_web.parameters import N_, ParameterError, QueryStringTooLong, pairs
from search_web.site import Site, escape_query, see_other
from search_web.texts import messages, number

log = logging.getLogger("kompass.web")

YEAR_LONG = "public, max-age=31536000, immutable"
POSTED = 20  # what is kept costs its sender as much of the rate limit as this many pages
KEPT = 4_000  # characters of an address whose words an error page keeps
REVALIDATE = "public, max-age=0, must-revalidate"

TITLES = {
    400: N_("Det gick inte att läsa adressen"),
    403: N_("Det togs inte emot"),
    404: N_("Sidan finns inte"),
    405: N_("Så kan adressen inte användas"),
    409: N_("Det går inte att svara så"),
    414: N_("Sökningen är för lång"),
    429: N_("Vänta en stund"),
    500: N_("Något gick fel hos oss"),
    501: N_("Det går inte att svara så"),
    503: N_("Sökningen är inte igång"),
}
NOT_TAKEN = N_("Svaret gick inte att ta emot")  # 400 for a form, which has no address to read
ADVICE = {
    404: N_("Adressen kan vara felskriven, eller så har dokumentet tagits bort. Sök efter det i stället."),
    405: N_("Sidan kan läsas men inte ta emot något."),
    500: N_("Felet är noterat. Försök igen om en stund, eller hör av dig om det kommer tillbaka."),
    501: N_("Tjänsten saknar något som behövs för det. Den som sköter tjänsten ser i loggen vad det är."),
    503: N_("Det finns inget index att söka i just nu. Den som sköter tjänsten behöver bygga det."),
}


class Service(Bottle):  # type: ignore[misc]
    """Bottle with the doorway around it."""

    def __init__(self, site: Site) -> None:
        super().__init__(catchall=True)
        self.site = site
        self.proxies = Proxies(str(site.settings["trusted_proxies"]))
        self.origins = Origins(str(site.settings["allowed_origins"]))
        self.limit = RateLimit(float(site.settings["rate_limit"]))

    def wsgi(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        place(environ, self.site.base_path, self.proxies)
        if environ["PATH_INFO"].startswith("/static/"):
            return self._answer(environ, start_response)
        client, began = environ["kompass.client"], time.thread_time()
        busy = self.limit.begin(client)
        try:
            cost = POSTED if environ["REQUEST_METHOD"] == "POST" else 1
            environ["kompass.wait"] = busy or self.limit.wait(client, cost)
            return self._answer(environ, start_response)
        finally:
            self.limit.end(client, time.thread_time() - began)
            # Bottle keeps a thread's last request: an idle thread kept an index that was long replaced.
            environ.pop("kompass.searcher", None)

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer: list[Any] = []

        def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer[:] = [status, headers, exc_info]

        body = super().wsgi(environ, keep)
        status, headers, exc_info = answer
        headers, body = finish(environ, status, self.origins.share(environ, headers), body)
        start_response(status, headers, exc_info)
        return body

    def default_error_handler(self, error: HTTPError) -> str:
        """Every error as a page, or as one JSON object below /api/."""
        # The query may be what is wrong, or a megabyte: the page's own links leave it out.
        status, visit = error.status_code, replace(self.site.visit(), query_string="")
        cause = error.exception
        if cause is not None and status == 500:
            log.error("%s %s failed", request.method, request.path, exc_info=error.exception)
        words = messages(visit.language)
        text = words.gettext
        sent = status == 400 and request.method == "POST"
        title = text(NOT_TAKEN if sent else TITLES.get(status, TITLES[500]))
        if isinstance(cause, ParameterError):
            detail = text(cause.message) % {
                name: number(value, visit.language) if isinstance(value, int) else value
                for name, value in cause.values.items()
            }
        elif isinstance(cause, QueryError):
            detail = str(cause)
        else:
            detail = text(ADVICE.get(status, ADVICE[500]))
        if status == 429:
            seconds = math.ceil(request.environ["kompass.wait"])
            response.set_header("Retry-After", str(seconds))
            detail = words.ngettext(
                "Det kom ovanligt många frågor från din adress. Försök igen om %(seconds)s sekund.",
                "Det kom ovanligt många frågor från din adress. Försök igen om %(seconds)s sekunder.",
                seconds,
            ) % {"seconds": seconds}
            if request.path == "/oai":
                response.status = 503  # so harvesters are asked to wait (OAI-PMH, flow control)
        response.set_header("Cache-Control", "no-store")
        if request.path.startswith("/api/"):
            response.content_type = "application/problem+json"
            problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
            if isinstance(cause, QueryError):
                problem["parameter"] = cause.parameter
            return json.dumps(problem, ensure_ascii=False)
        response.content_type = "text/html; charset=UTF-8"
        typed = words_of(request.query_string)
        view = {"status": status, "title": title, "detail": detail, "words": typed}
        return self.site.render("error.html", visit, view)


def words_of(query_string: str) -> str:
    """What was searched for: it stays in the box of an error page, so that nothing is written twice."""
    try:
        asked = pairs(query_string) if len(query_string) <= KEPT else []
    except ParameterError:
        return ""
    return next((value for name, value in asked if name == "q"), "")


class Guard:
    """Bottle plugin around every handler: errors become answers, the unchanged is not sent again."""

    api = 2
    name = "guard"

    def __init__(self, site: Site) -> None:
        self.site = site

    def apply(self, callback: Callable[..., Any], route: Any) -> Callable[..., Any]:
        live = route.config.get("live", False)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if request.environ.get("kompass.wait"):
                raise HTTPError(429)
            try:
                if live:
                    response.set_header("Cache-Control", "no-store")
                    return callback(*args, **kwargs)
                tag = self.tag()
                headers = {"ETag": tag, "Cache-Control": REVALIDATE, "Vary": "Accept-Language"}
                if tag in request.headers.get("If-None-Match", ""):
                    return HTTPResponse(status=304, headers=headers)
                body = callback(*args, **kwargs)
                answer = body if isinstance(body, HTTPResponse) else response
                if answer.status_code == 200:
                    for name, value in headers.items():
                        answer.set_header(name, value)
                return body
            except QueryStringTooLong as error:
                raise HTTPError(414, exception=error) from None
            except QueryError as error:
                raise HTTPError(400, exception=error) from None
            except SettingError as error:  # an extra is not installed
                log.error("%s", error)
                raise HTTPError(501, exception=error) from None
            except KompassError as error:  # the index or what it carries cannot be used
                log.error("%s", error)
                raise HTTPError(503, exception=error) from None

        return guarded

    def tag(self) -> str:
        """A weak ETag. Pages are a function of generation, software, address, language and day."""
        environ = request.environ
        parts = (
            self.site.searcher().generation.id,
            static_files.fingerprint(),
            environ["kompass.origin"] + environ["kompass.base"] + environ["kompass.prefix"],
            request.path,
            request.query_string,
            environ["kompass.language"],
            datetime.now(UTC).date().isoformat(),
        )
        digest = hashlib.blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()
        return f'W/"{digest}"'


def make_app(
    index: SearchIndex,
    *,
    settings: dict[str, str | int | float | bool] | None = None,
) -> Service:
    """The WSGI application for one index; ``settings`` replaces single settings of ``indexer.config``.

    Raises SettingError.
    """
    known = {**config.load(), "version": version("barnrattskompassen"), **(settings or {})}
    base = str(known["base_path"]).rstrip("/")
    if not PREFIX.fullmatch(base):
        raise SettingError(f"base_path: {base!r} is no path. Write it as /sok, or leave it empty.")
    counted = Statistics(journal(index, known, FILE), int(known["statistics_days"]))
    site = Site(index, base, known, counted if known["statistics"] else None)
    app = Service(site)
    app.install(Guard(site))
    mount_static(app)
    for module in (
        results,
        matrix,
        maps,
        document,
        browse,
        coverage,
        pages,
        embed,
        feedback,
        operations,
        research,
        feeds,
        machines,
        oai,
        dcat,
    ):
        module.mount(app, site)
    mount_slash(app, site)
    return app


def mount_slash(app: Bottle, site: Site) -> None:
    """Last, so that only what is nothing else ends up here."""

    @app.get("/<path:re:[a-z0-9]+(?:[/._-][a-z0-9]+)*>/")
    def slash(path: str) -> HTTPResponse:
        visit = site.visit()
        query = f"?{escape_query(visit.query_string)}" if visit.query_string else ""
        return see_other(visit.url(f"/{path}") + query)


def mount_static(app: Bottle) -> None:
    @app.get("/static/<name>", skip=[Guard])
    def static(name: str) -> HTTPResponse:
        file = static_files.by_hashed_name().get(name)
        if file is None:
            raise HTTPError(404)
        headers = {"Content-Type": file.media_type, "Cache-Control": YEAR_LONG}
        return HTTPResponse(file.content, headers=headers)
