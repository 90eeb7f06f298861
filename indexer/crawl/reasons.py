"""What went wrong, in a stable id and one sentence, from the exceptions of Scrapy, Twisted and OpenSSL."""

from __future__ import annotations

from http import HTTPStatus

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

UNREACHABLE = frozenset({"dns", "refused", "timeout", "tls", "connection"})
"""Reasons that speak of the server and not of the one address: several in a row, and it is down."""

_STATUS = {
    401: "The page asks for a password.",
    403: "The server does not let us read it (403).",
    404: "There is nothing at this address (404).",
    410: "The page has been removed for good (410).",
    429: "The server says that we ask too often (429).",
    503: "The server is too busy to answer (503).",
}


def is_unusable(status: int) -> bool:
    """Whether an answer speaks of the server and not of the one address: several in a row, and it is down."""
    return status >= 500 or status == 429


class Refused(IgnoreRequest):
    """A request that is not made, or an answer that is not used. ``reason`` is a stable id; ``closes`` says
    that nothing else may be asked of the host in this run either."""

    def __init__(self, reason: str, message: str, *, closes: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.closes = closes


def of_status(status: int) -> tuple[str, str]:
    """(reason, sentence) for an answer that is not 200."""
    if status in _STATUS:
        return f"http_{status}", _STATUS[status]
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "unknown status"
    whose = "The server failed" if status >= 500 else "The server answered"
    return f"http_{status}", f"{whose}: {status} {phrase}."


def of_error(error: BaseException | None, host: str) -> tuple[str, str]:
    """(reason, sentence) for a request that got no answer."""
    if isinstance(error, Refused):
        return error.reason, error.message
    if isinstance(error, CannotResolveHostError):
        return "dns", f"The name {host} is not known: no address was found for it."
    if isinstance(error, DownloadConnectionRefusedError):
        return "refused", f"{host} does not accept connections."
    if isinstance(error, DownloadTimeoutError):
        return "timeout", f"{host} did not answer in time."
    if isinstance(error, DownloadCancelledError):
        return "too_large", "The answer is larger than what is kept (setting crawl_max_bytes)."
    if isinstance(error, ResponseDataLossError):
        return "cut_short", f"{host} broke off in the middle of the answer."
    causes = getattr(error, "reasons", None) or getattr(getattr(error, "__cause__", None), "reasons", None)
    text = " ".join(str(cause.value) for cause in causes or ())  # Twisted gathers them
    if not text and error is not None:
        text = f"{error} {error.__cause__ or ''}"
    if "SSL" in text or "TLS" in text or "certificate" in text.lower():
        return "tls", f"No secure connection to {host} could be made ({_short(text)})."
    if isinstance(error, IgnoreRequest):
        return "ignored", _short(text) or "The request was not made."
    return "connection", f"The connection to {host} failed ({_short(text) or type(error).__name__})."


def of_robots(error: Exception, host: str) -> Refused | None:
    """What it means that a robots.txt could not be had: nothing may be fetched (RFC 9309, 2.3.1.4); None when
    it only redirects too often, which counts as having none (2.3.1.2)."""
    if isinstance(error, Refused) and error.reason in ("redirect_loop", "redirect_chain"):
        return None
    reason, message = of_error(error, host)
    return Refused(reason, message, closes=True)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:117] + "…"
