"""All settings in one table: name, default, help. The only reader of the environment.

A setting ``crawl_delay`` is read from ``KOMPASS_CRAWL_DELAY``; an unknown ``KOMPASS_*`` variable is an error.
Paths of one run (``--corpus``, ``--index``, ``--sources``) are command line options, not settings.
"""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from indexer.errors import SettingError


class Setting(NamedTuple):
    name: str
    default: str | int | float | bool
    help: str
    least: int = 0  # of a number
    most: int = 1_000_000_000


# With more the system cannot count, and no file was read at all.
_BYTES = 1_000_000_000_000_000
_SECONDS = 1_000_000
_PROCESSES = 1_000
SETTINGS = (
    Setting("contact_url", "https://github.com/barnrattskompassen/sok", "where a webmaster reads who crawls"),
    Setting("crawl_delay", 1.0, "seconds between two requests to one host, where the source says nothing"),
    Setting(
        "crawl_concurrency", 1, "requests to one host at a time; more only where the host is yours", least=1
    ),
    Setting("crawl_max_bytes", 50_000_000, "largest response that is kept, bytes", least=1, most=_BYTES),
    Setting(
        "crawl_source_bytes", 20_000_000_000, "bytes fetched of one source in one crawl", least=1, most=_BYTES
    ),
    Setting("crawl_source_hours", 24.0, "hours that one crawl of one source may take"),
    Setting("crawl_timeout", 60, "seconds before a request is given up", least=1, most=_SECONDS),
    Setting("extract_timeout", 60, "seconds that reading one file may take", least=1, most=_SECONDS),
    Setting(
        "extract_memory", 1_500_000_000, "memory that reading one file may take, bytes", least=1, most=_BYTES
    ),
    Setting("extract_pages", 3_000, "pages read of one file; the rest is recorded as left out", least=1),
    Setting(
        "ocr_timeout",
        600,
        "seconds that reading the pictures of one file may take; about two a page",
        most=_SECONDS,
    ),
    Setting("workers", 0, "processes that extract and enrich; 0: one for each processor", most=_PROCESSES),
    Setting("gone_days", 3, "days between two 404 answers before a document leaves the results"),
    Setting("watch_days", 7.0, "days between two crawls of a source under --watch"),
    Setting("generations", 5, "complete indexes that are kept", least=1),
    Setting(
        "base_path",
        "",
        "path that the service lives below, such as /sok, whether a proxy takes it away or not",
    ),
    Setting(
        "trusted_proxies", "", "addresses or networks, with commas, whose X-Forwarded-* headers are believed"
    ),
    Setting(
        "rate_limit",
        1200,
        "requests a minute that one address may make, a quarter of them at once; 0: no limit",
    ),
    Setting(
        "allowed_origins",
        "*",
        "sites whose scripts may read the API and embed the search box, with commas; *: all",
    ),
    Setting(
        "serve_processes", 0, "processes that answer requests; 0: one for each processor", most=_PROCESSES
    ),
    Setting("contact_email", "", "address for questions, missing documents and faults, shown to readers"),
    Setting("publisher", "Barnrättskompassen", "who puts the service out, as data portals show it"),
    Setting("publisher_url", "", "address that stands for the publisher (URI), as data portals know it"),
    Setting("licence", "", "address of the licence of the records; empty: none is stated"),
    Setting(
        "oai_namespace",
        "",
        "domain name in OAI-PMH identifiers, the same for ever; empty: that of the address asked",
    ),
    Setting("feedback", True, "1: readers are asked whether a search helped and what is wrong on a document"),
    Setting("feedback_days", 365, "days that feedback is kept; 0: until it is removed by hand"),
    Setting("statistics", False, "1: searches are counted, each only when three visitors made it in one day"),
    Setting("statistics_days", 730, "days that counts of searches are kept; 0: until removed by hand"),
    Setting(
        "journal_directory",
        "",
        "directory of feedback.sqlite and statistics.sqlite; empty: the corpus, or the index without one",
    ),
)


def load(environ: Mapping[str, str] | None = None) -> dict[str, str | int | float | bool]:
    """All settings with the values of the environment.

    Raises SettingError for an unknown ``KOMPASS_*`` variable or a value it cannot have.
    """
    environ = os.environ if environ is None else environ
    known = {s.name: s for s in SETTINGS}
    values = {s.name: s.default for s in SETTINGS}
    for variable, text in environ.items():
        if not variable.startswith("KOMPASS_"):
            continue
        name = variable.removeprefix("KOMPASS_").lower()
        if name not in values:
            close = difflib.get_close_matches(name, values, n=1, cutoff=0.6)
            meant = f" (did you mean KOMPASS_{close[0].upper()}?)" if close else ""
            raise SettingError(
                f"{variable} is not a setting{meant}; 'kompass settings' lists those there are."
            )
        values[name] = _parse(variable, text, known[name])
    return values


def _parse(variable: str, text: str, setting: Setting) -> str | int | float | bool:
    default = setting.default
    if isinstance(default, bool):
        if text.lower() in ("1", "true", "yes", "0", "false", "no"):
            return text.lower() in ("1", "true", "yes")
        raise SettingError(f"{variable}={text!r}: give 1 or 0.")
    if isinstance(default, str):
        return text
    try:
        value = type(default)(text)
    except ValueError:
        value = math.nan
    if setting.least <= value <= setting.most:
        return value
    whole = "whole " if isinstance(default, int) else ""
    span = f"from {setting.least} {f'to {setting.most}' if value > setting.most else 'upwards'}"
    raise SettingError(f"{variable}={text!r}: give a {whole}number {span}, such as {default}.")


@cache
def _loaded() -> dict[str, str | int | float | bool]:
    return load()


def setting(name: str) -> str | int | float | bool:
    """The value of one setting in this process."""
    return _loaded()[name]


def number(name: str) -> float:
    """The value of a numeric setting."""
    value = _loaded()[name]
    assert isinstance(value, (int, float))
    return value
