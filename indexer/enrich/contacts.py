"""Who can be asked about a document?

The contact boxes of web pages are read by ``indexer/extract``; here the contacts that a text names are
added: an e-mail address with the name beside it, "Kontaktperson: Namn, roll", "Handläggare".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.enrich.reading import Reading
from indexer.model import Contact
from indexer.vocabulary import as_in_addresses

_EMAIL = re.compile(r"(?<![\w.+-])[\w][\w.+-]{0,62}@(?:[\w-]{1,62}\.)+[A-Za-z]{2,12}(?![\w@])")
_PHONE = re.compile(
    r"(?<![\d-])(?:\+46[\s-]?(?:\(0\))?|0)\d{1,3}[\s–-]{1,3}\d{2,3}(?:[\s-]?\d{2,3}){1,2}(?!\d)"
)
_FAX = re.compile(r"\b(?:tele)?fax\W*(?:nr|nummer)?\W*$", re.IGNORECASE)  # before a number
_PART = r"[A-ZÅÄÖÉ][a-zåäöéüø]+(?:-[A-ZÅÄÖ][a-zåäöé]+)?"
_NAME = rf"{_PART}(?: (?:von|af|de))?(?: {_PART}){{1,2}}"
_LABELLED = re.compile(
    r"(?P<role>(?:Sid|Informations|Text|Dokument|Process|Projekt)?[Aa]nsvarig"
    r"(?: utgivare| handläggare| tjänsteman)?|Kontaktpersoner|Kontaktperson|Kontakta|Kontakt|Handläggare|"
    r"Projektledare|Redaktör|Samordnare|Upprättad av|Frågor besvaras av|Contact)"
    rf"\s*[:–-]?\s+(?P<name>{_NAME})(?:\s*[,(]\s*(?P<title>[a-zåäö][\wåäö /-]{{3,50}}))?"
)
_WITH_ROLE = re.compile(  # "Anna Ek, verksamhetsledare, 0470-70 54 01", or the number on the next line
    rf"(?P<name>{_NAME}), (?P<title>[a-zåäö][\wåäö /-]{{3,50}}?)"
    r"(?:,? (?:tel(?:efon)?\.?:? )?(?P<phone>[0+][\d -]+))?"
)
_BEFORE = re.compile(rf"(?P<name>{_NAME})(?:\s*[,(]\s*(?P<title>[a-zåäö][\wåäö /-]{{3,50}}))?[^@]{{0,60}}$")
_NO_ROLE = {"kontakta", "kontakt", "contact", "kontaktperson", "kontaktpersoner", "frågor besvaras av"}
_MOST = 20
_CARD_LINES = 3
_WHOLE_NAME = re.compile(_NAME)
_ROLE = re.compile(r"[^\d@|]{3,70}[^\d@|.:?!]")
_NO_PERSON = re.compile(
    r"^\w*(?:chef|ledare|direktör|sekreterare|samordnare|strateg|handläggare|rektor|ordförande)\b|"
    r"\b(?:\w*(?:gatan|vägen|torget|allén|gränd|forum|kommun|kommunen|region|regionen|förbundet|nämnden|förvaltningen|enheten|kontoret|styrelsen|"
    r"kansliet|nätverket?|skolan|stad|myndigheten|universitet|högskola|center|centrum|gruppen|redaktion|redaktionen)|Skapad|Publicerad|Uppdaterad|Ändrad|Skåne|Blekinge|Sverige|"
    r"Barnen|Barns|Vänliga|Hälsningar|Anmälan|Tele(?:fon|fax)|Tel|Tfn|Fax|Mobil|Växel|Box|Mer|Information)\b",
    re.IGNORECASE,
)


def contacts(reading: Reading) -> tuple[Contact, ...]:
    """The contacts of the page's boxes, then those that the text names, each person and address once."""
    found = list(reading.extract.contacts)
    _add(found, [line.text for line in reading.lines], reading)
    # In the head of a letter stands who wrote it; an address without a name there is that of the office.
    in_head: list[Contact] = []
    _add(in_head, () if reading.is_page else reading.extract.furniture, reading)
    return _once([*found, *(contact for contact in in_head if contact.name)])


def _add(found: list[Contact], lines: Sequence[str], reading: Reading) -> None:
    """Add the contacts that these lines name."""
    for number, line in enumerate(lines):
        if len(found) >= _MOST:
            break
        if alone := _alone(line, lines[number + 1] if number + 1 < len(lines) else ""):
            found.append(alone)
            continue
        if "@" in line or not (reading.is_page and reading.extract.contacts):
            found += _labelled(line)
        for match in _EMAIL.finditer(line):
            if all(contact.email != match[0] for contact in found):
                found.append(_addressed(lines, number, match))


def _alone(line: str, after: str) -> Contact | None:
    """A person with a role and a telephone number, here or on the line ``after``, and nothing else."""
    named = _WITH_ROLE.fullmatch(line) if "@" not in line else None
    if named is None or _NO_PERSON.search(named["name"]):
        return None
    phone = _PHONE.fullmatch((named["phone"] or after).strip())
    return Contact(named["title"], named["name"], None, phone[0]) if phone else None


def _labelled(line: str) -> Iterator[Contact]:
    """Persons after a label: "Kontaktperson: Eva Ek"."""
    for match in _LABELLED.finditer(line):
        if not _NO_PERSON.search(match["name"]):
            phone, email = _phone(line, match.end()), _EMAIL.search(line, match.end())
            role = match["title"] or (None if match["role"].lower() in _NO_ROLE else match["role"])
            address, number = email[0] if email else None, phone[0].strip() if phone else None
            yield Contact(role, match["name"], address, number)


def _addressed(lines: Sequence[str], number: int, address: re.Match[str]) -> Contact:
    """Whose e-mail address in line ``number`` it is, as far as is told beside it or above."""
    line, above = lines[number], lines[max(0, number - 1) : number]
    context = line[: address.start()] or (above[0] if above else "")
    role, name = None, None
    person = _BEFORE.search(context[-140:])
    if person is not None and not _NO_PERSON.search(person["name"]):
        role, name = person["title"], person["name"]
    elif card := _card(lines[max(0, number - _CARD_LINES) : number], address[0]):
        name, role = card
    beside = (line, *lines[number + 1 : number + 2], *above)
    phones = ((one, _phone(one)) for one in beside)
    phone = next((m[0].strip() for one, m in phones if m and (one is line or _is_phone(one, m))), None)
    return Contact(role, name, address[0], phone)


def _card(above: Sequence[str], email: str) -> tuple[str, str | None] | None:
    """Name and role in the lines above an address that is made of the name, as on a card: a name, what the
    person does, the address.
    """
    address = re.sub(r"[^a-z]", "", as_in_addresses(email.partition("@")[0]))
    for number in range(len(above) - 1, -1, -1):
        words = above[number].strip(" ,:")
        names = [re.sub(r"[^a-z]", "", as_in_addresses(part)) for part in words.split()]
        if _WHOLE_NAME.fullmatch(words) and not _NO_PERSON.search(words) and names[-1] in address:
            role = next((line.strip(" ,:") for line in above[number + 1 :] if _ROLE.fullmatch(line)), None)
            return words, role
    return None


def _phone(line: str, start: int = 0) -> re.Match[str] | None:
    """The first telephone number from there on that is not said to be of a fax."""
    numbers = _PHONE.finditer(line, start)
    return next((number for number in numbers if not _FAX.search(line[: number.start()][-20:])), None)


def _is_phone(line: str, phone: re.Match[str]) -> bool:
    """Whether a line holds nothing but a telephone number, as in the head of an official letter."""
    return not re.search(r"\w{8}", line[: phone.start()] + line[phone.end() :]) and len(line) <= 40


def _is_of(address: Contact, person: Contact) -> bool:
    """Whether an address without a name is that of a person without an address, by how it is made."""
    if address.name or person.email or not person.name or not address.email:
        return False
    local = re.split(r"[._-]", as_in_addresses(address.email.partition("@")[0]))
    return local == [re.sub(r"[^a-z]", "", as_in_addresses(part)) for part in person.name.split()]


def _once(found: list[Contact]) -> tuple[Contact, ...]:
    kept: list[Contact] = []
    for contact in found:
        same = next(
            (
                k
                for k in kept
                if (contact.name and k.name == contact.name)
                or (contact.email and (k.email == contact.email or _is_of(contact, k)))
            ),
            None,
        )
        if same is None:
            kept.append(contact)
        else:
            kept[kept.index(same)] = Contact(
                same.role or contact.role,
                same.name or contact.name,
                same.email or contact.email,
                same.phone or contact.phone,
            )
    return tuple(kept[:_MOST])
