"""Which words the interface uses: message catalogues, the reader's language, numbers and dates in it.

Swedish is the language of the templates; ``translations/en.po`` has the English beside it. Labels of
metadata values are not here: they come with the index, from ``corpus/vocabulary``.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from importlib import resources

from babel import Locale
from babel.dates import format_date, get_month_names
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from indexer.model import LANGUAGES

LOCALES = {"sv": Locale("sv", "SE"), "en": Locale("en", "GB")}
PREFERENCE = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$"
)


class Messages:
    """One language's messages, read from its .po file at start; a missing one falls back to the Swedish."""

    def __init__(self, catalog: Catalog | None) -> None:
        self._one: dict[str, str] = {}
        self._many: dict[str, tuple[str, ...]] = {}
        for message in catalog or ():
            if not message.id or message.fuzzy:
                continue
            if isinstance(message.id, (tuple, list)):
                self._many[message.id[0]] = tuple(message.string or message.id)
            elif isinstance(message.string, str) and message.string:
                self._one[str(message.id)] = message.string

    def gettext(self, message: str) -> str:
        return self._one.get(message, message)

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        forms = self._many.get(singular) or (singular, plural)
        return forms[0] if num == 1 else forms[1] or plural


@lru_cache
def messages(language: str) -> Messages:
    if language == "sv":
        return Messages(None)
    file = resources.files("search_web") / "translations" / f"{language}.po"
    with file.open("rb") as stream:
        return Messages(read_po(stream, locale=language))


def preferred(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header; Swedish when it names none of them."""
    best, weight = LANGUAGES[0], 0.0
    for part in accept_language[:200].split(","):
        match = PREFERENCE.match(part)
        if match and match[1].lower() in LANGUAGES:
            quality = float(match[2] or 1)
            if quality > weight:
                best, weight = match[1].lower(), quality
    return best


@lru_cache(maxsize=4096)
def number(value: float, language: str) -> str:
    """``12345`` → 12 345 or 12,345."""
    return str(format_decimal(value, locale=LOCALES[language]))


def fixed(value: float | None, digits: int, language: str) -> str:
    """With so many decimals, also when they are nought: for numbers below each other."""
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=LOCALES[language]))


def comma(value: float | None) -> str:
    """As a Swedish spreadsheet reads a number; nothing where it is not known."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")


@lru_cache(maxsize=4096)
def day(value: str | None, language: str) -> str:
    """``2014-03-12`` → 12 mars 2014, ``2014-03`` → mars 2014, ``2014`` as it is; times of day are left out.

    What is not such a date is shown as it stands: it comes from documents.
    """
    parts = (value or "")[:10].split("-")
    try:
        year, *rest = (int(p) for p in parts)
        if len(rest) == 2:
            return str(format_date(date(year, *rest), "d MMMM y", locale=LOCALES[language]))
        if len(rest) == 1:
            return f"{get_month_names('wide', 'stand-alone', LOCALES[language])[rest[0]]} {year}"
    except (ValueError, KeyError):
        pass
    return value or ""


def years(values: tuple[int, ...]) -> str:
    """``(2012, 2013, 2014, 2018)`` → 2012–2014, 2018."""
    spans: list[list[int]] = []
    for year in sorted(set(values)):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


@lru_cache(maxsize=1024)
def page_count(number: int, language: str) -> str:
    """``14`` → 14 sidor."""
    return messages(language).ngettext("%(num)s sida", "%(num)s sidor", number) % {"num": number}


@lru_cache(maxsize=4096)
def page_name(label: str | int, language: str) -> str:
    """``7`` → s. 7."""
    return messages(language).gettext("s. %(n)s") % {"n": label}
