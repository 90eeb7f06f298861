"""Why is something missing, in the reader's language? Stable ids of failures → Swedish sentences.

The index tells it in English, with its details, as ``kompass status`` does; so do English pages. What has no
sentence here is shown as the index tells it, and marked as English. Not for what went wrong in the interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexer.model import Document, Failure, SourceStatus

SWEDISH = {
    # the server
    "dns": "Servern finns inte: ingen adress hittades för dess namn.",
    "refused": "Servern tar inte emot anslutningar.",
    "timeout": "Servern svarade inte i tid.",
    "tls": "Det gick inte att ansluta säkert till servern.",
    "connection": "Anslutningen till servern misslyckades.",
    "cut_short": "Servern bröt av mitt i svaret.",
    "asked_to_wait": "Servern ber oss vänta.",
    "http_401": "Sidan kräver inloggning.",
    "http_403": "Servern låter oss inte läsa sidan (403).",
    "http_404": "Det finns inget på adressen (404).",
    "http_410": "Sidan är borttagen för gott (410).",
    "http_429": "Servern säger att vi frågar för ofta (429).",
    "http_503": "Servern hinner inte svara (503).",
    # what we leave alone
    "refused_by_robots": "Webbplatsen ber oss att inte hämta adressen (robots.txt).",
    "robots_unavailable": "Webbplatsens robots.txt går inte att läsa. Tills den går att läsa hämtas inget.",
    "refused_address": "Adressen hör till ett internt nätverk och hämtas inte.",
    "ignored": "Adressen hämtades inte.",
    "redirect_off_source": "Adressen leder vidare till något utanför källan.",
    "redirect_chain": "Adressen leder vidare för många gånger.",
    "redirect_loop": "Adressen leder vidare i en cirkel.",
    "forgotten": "Adressen leder till något som har tagits bort på begäran.",
    "noindex": "Sidan ber om att inte tas med i sökningar.",
    "soft_404": "Sidan säger att det inte finns något på adressen, eller skickar läsaren vidare.",
    "replaced": "Webbplatsen visar en och samma sida här och i stället för många andra.",
    "login": "Sidan kräver inloggning.",
    # the file
    "empty": "Filen är tom.",
    "encrypted": "Filen är krypterad och kräver ett lösenord.",
    "damaged": "Filen är skadad och går inte att läsa.",
    "damaged_partly": "Filen är skadad eller avbruten. Det som gick att läsa är läst.",
    "partly_read": "Bara en del av filen är läst.",
    "too_large": "Filen är för stor för att läsas.",
    "too_deep": "Sidan är så invecklat byggd att den inte går att läsa.",
    "crashed": "Programmet som läser filer klarade inte av filen.",
    "only_pictures": "Filen har ingen text: sidorna är bilder eller tomma.",
    "no_ocr": "Texten står i bilder och har inte gått att läsa.",
    "no_text": "Filen har ingen text.",
    "unsupported": "Den här sortens filer läses inte.",
    "no_libreoffice": "Den här sortens filer kan inte läsas här.",
    "unreadable": "Filen gick inte att läsa.",
    # ourselves
    "archive": "Det som har sparats av sidan är skadat eller saknas.",
    "failed": "Något gick fel hos oss när sidan lästes.",
    "program_error": "Något gick fel hos oss när sidan hämtades.",
    "cannot_write": "Det gick inte att spara det som hämtades.",
    "bad_sitemap": "Webbplatskartan går inte att läsa.",
}
READ_TOO_LONG = "Det tog för lång tid att läsa filen."  # a timeout of ours, not of the server


def told(failure: Failure, language: str) -> tuple[str, str]:
    """A sentence and the language it is in."""
    if language != "sv":
        return failure.message, "en"
    if failure.reason == "timeout" and failure.stage != "fetch":
        return READ_TOO_LONG, "sv"
    if failure.reason in SWEDISH:
        return SWEDISH[failure.reason], "sv"
    status = re.fullmatch(r"http_(\d{3})", failure.reason)
    if status:
        return f"Servern svarade med en felkod ({status[1]}).", "sv"
    return failure.message, "en"


def problem(document: Document, statuses: Iterable[SourceStatus], language: str) -> tuple[str, str] | None:
    """What is wrong with the file of a document, and the language of the sentence.

    As the index tells it, in English, where the source says no more.
    """
    if document.problem is None:
        return None
    addresses = {document.url, *document.also_at}
    failures = (f for s in statuses if s.id == document.source for f in s.failures)
    same = (f for f in failures if f.url in addresses and f.message == document.problem)
    return next((told(f, language) for f in same), (document.problem, "en"))
