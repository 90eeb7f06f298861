"""Who is named in a contact box of a web page, with role, e-mail and telephone?

Takes the lines of the box and its heading; ``boxes`` finds them. Not for names in running text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.model import Contact

_HEADING = re.compile(
    r"(?i)(?:kontakt(?:a|a oss|a mig|er|person(?:er)?|uppgift(?:er)?|information|a gärna)?"
    r"|contact(?:s| us| person)?|kontakta .{0,40}|kontaktperson(?:er)? .{0,40}|presskontakt"
    r"|(?:sid|informations|innehålls|webb|fakta|text)?-?ansvariga?(?: (?:för|utgivare|handläggare)\b.{0,40})?"
    r"|ansvarig(?:a)? (?:för sidan|handläggare|utgivare|tjänsteman)|handläggare"
    r"|har du frågor\??|frågor\??|vid frågor"
    r"|(?:för )?(?:mer|ytterligare|vidare) information(?:,? (?:vänligen )?kontakta| lämnas av| ges av)?"
    r"|upplysningar)\s*[:?]?$"
)
_LONGEST = 1_000  # characters of a line: 30,000 letters took over a minute
_GENERAL = re.compile(
    r"(?i)^(?:kontakt|contact|har du frågor|frågor|vid frågor|mer information|upplysningar|för mer)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+(?:@|\s?\(at\)\s?|\[at\])[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\d-])(?:\+46|0046|0)[\s(0)-]{0,4}\d(?:[\s–-]?\d){5,10}(?!\d)")
_FAX = re.compile(r"(?i)\b(?:tele)?fax\W*(?:nr|nummer)?\W*$")  # before a number
_NAME = re.compile(
    r"^(?:(?:[A-ZÅÄÖÉÜ][a-zåäöéüèáóíñçšžć'’]+)(?:[-–][A-ZÅÄÖÉ][a-zåäöéü]+)?)"
    r"(?:\s+(?:af|av|von|de|van|der|el|la|bin|al)|\s+[A-ZÅÄÖÉÜ]\.?)?"
    r"(?:\s+[A-ZÅÄÖÉÜ][a-zåäöéüèáóíñçšžć'’]+(?:[-–][A-ZÅÄÖÉ][a-zåäöéü]+)?){1,3}$"
)
_TITLED = re.compile(  # "Rektor Ingela Fors": what the person does, and the name
    r"(?P<role>[A-ZÅÄÖ]?[a-zåäö]*(?:[Cc]hef|[Ll]edare|[Dd]irektör|[Ss]ekreterare|[Ss]amordnare|[Ss]trateg|[Uu]tvecklare"
    r"|[Hh]andläggare|[Rr]ektor|[Oo]rdförande|[Ss]amordnare|[Kk]urator|[Pp]edagog|[Kk]ommunikatör|[Aa]nsvarig))\s+"
    r"(?P<name>\S+\s.+)"
)
_NOT_A_NAME = re.compile(
    r"(?i)\b(?:kommun(?:en|s)?|region(?:en)?|länsstyrelsen?|förbundet|nämnd(?:en)?|förvaltning(?:en)?|enhet(?:en)?|"
    r"avdelning(?:en)?|kontor(?:et)?|center|centrum|skola(?:n)?|box|gatan|vägen|torg(?:et)?|sverige|skåne|blekinge|"
    r"myndighet(?:en)?|växel|telefon|mobil|e-?post|fax|adress|postadress|besöksadress|öppettider|mer|läs|kundtjänst|"
    r"kontaktcenter|servicecenter|hitta|kontakta|skicka|följ|stad(?:en)?|universitet(?:et)?|högskola(?:n)?|"
    r"\w*(?:barnahus|barnhus|ungdomshus|familjehus|rådhus|medborgarhus|bibliotek|mottagning|central|"
    r"jouren?|teamet?|grupp|fritidsgård|linjen)(?:et|en)?|barnombudsmannen|rädda|barnen|frågor|information|sidan|webbplatsen|ansvarig|"
    r"\w*redaktion(?:en)?|kansliet|skapad|publicerad|uppdaterad|ändrad)\b"
)
_LABEL = re.compile(
    r"(?i)^(?:telefon(?:nummer)?|tel|tfn|mobil|växel|e-?post(?:adress)?|mejl|mail|e-?mail|phone|fax|webb|namn|titel|roll)\s*\.?:?\s*"
)
_ROLE = re.compile(r"^[^\d@|:]{3,70}$")
_NEXT_LABEL = re.compile(r"\s[A-ZÅÄÖ][a-zåäö]+(?:\s[a-zåäö]+)?:")  # "Ansvarig: Eva Ek  Skapad: …"


def is_heading(text: str) -> bool:
    return len(text) <= 60 and _HEADING.match(text) is not None


def is_label(text: str) -> bool:
    """Whether a block says for what the person in the next one answers: "Sidansvarig"."""
    return is_heading(text) and not _GENERAL.match(text)


def labelled(text: str, emails: Sequence[str] = ()) -> Contact | None:
    """The person that a block names after a label and that it is all about: "Sidansvarig: Eva Ek"."""
    label, colon, rest = text.partition(":")
    if not colon or len(text) > 120 or not is_heading(label):
        return None
    found = read([_NEXT_LABEL.split(rest)[0]], label, emails)
    return found[0] if len(found) == 1 else None


def read(lines: Sequence[str], heading: str | None = None, emails: Sequence[str] = ()) -> tuple[Contact, ...]:
    """The persons in the lines of a box: a name begins one, what follows belongs to it.

    ``heading`` gives the role of a person who has none of their own ("Sidansvarig"). ``emails`` are those of
    mailto links, in order, used where the line shows none.
    """
    role_of_box = heading.rstrip(": ") if heading and not _GENERAL.match(heading) else None
    found: list[dict[str, str | None]] = []
    pending_role: str | None = None
    role_first = False  # "Fritidschef", and below it the name: so for all persons of the box
    for line in lines:
        for part in _parts(line[:_LONGEST]):
            label = _LABEL.match(part)
            plain = part[label.end() :].strip() if label else part
            email = _EMAIL.search(plain)
            numbers = _PHONE.finditer(part)
            phone = next((n for n in numbers if not _FAX.search(part[: n.start()][-20:])), None)
            words = _PHONE.sub(" ", _EMAIL.sub(" ", plain)).strip(" ,;:()-–")
            words = _LABEL.sub("", words)
            prefix = re.match(r"^([^:]{3,40}):\s*(.+)$", words)
            titled = _TITLED.fullmatch(words)
            if prefix and is_name(prefix[2]):
                found.append({"name": prefix[2], "role": prefix[1]})
            elif titled and is_name(titled["name"]):
                found.append({"name": titled["name"], "role": titled["role"]})
            elif is_name(words):
                role_first = role_first or (not found and pending_role is not None)
                found.append({"name": words, "role": pending_role})
                pending_role = None
            elif _ROLE.match(words) and not label:
                if found and role_first:
                    pending_role = words
                elif found and found[-1].get("role") is None and not _NOT_A_ROLE.search(words):
                    found[-1]["role"] = words
                elif not found and not _NOT_A_ROLE.search(words):
                    pending_role = words
            if found and email and found[-1].get("email") is None:
                found[-1]["email"] = re.sub(r"\s?\(at\)\s?|\[at\]", "@", email[0])
            if found and phone and found[-1].get("phone") is None:
                found[-1]["phone"] = re.sub(r"\s+", " ", phone[0]).strip()
    if len(emails) == len(found):
        for person, address in zip(found, emails, strict=True):
            person.setdefault("email", address)
    return tuple(
        Contact(person.get("role") or role_of_box, person["name"], person.get("email"), person.get("phone"))
        for person in found
    )


def _parts(line: str) -> list[str]:
    """What a line says one after the other ("Per Ek, utvecklare, 040-12 34 56"); a role may hold a comma."""
    parts: list[str] = []
    for piece in re.split(r"\s*[\n|•·]\s*", line):
        words = [word.strip(" ;") for word in piece.split(",")]
        parts += words if is_name(words[0]) else [piece.strip(" ,;")]
    return parts


_NOT_A_ROLE = re.compile(r"(?i)^(?:kontakta|mejla|ring|skicka|läs|se|öppna|visa|besök|post|box)\b|[.!?]$")


def is_name(words: str) -> bool:
    """Whether a text is the name of a person and nothing else."""
    return 5 <= len(words) <= 50 and _NAME.match(words) is not None and not _NOT_A_NAME.search(words)
