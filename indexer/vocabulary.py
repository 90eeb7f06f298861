"""What do the values of the metadata mean, and which words tell them?

Reads ``corpus/vocabulary/*.toml``: labels in Swedish and English for every value of a field, the 290
municipalities and 21 counties, known organisations, the sentences of the evidence rules, and the weighted
cues by which ``indexer/enrich`` recognises kinds and areas. Not for topic words (``topic.toml`` belongs to
the crawler's focus) and not for synonyms of a search (``corpus/thesaurus``).
"""

from __future__ import annotations

import re
import sysconfig
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from indexer.errors import VocabularyError
from indexer.model import AREAS, KINDS, LANGUAGES, ORGANISATION_TYPES, UNKNOWN

_NOT_KNOWN = {"sv": "Uppgift saknas", "en": "Not known"}
_PLACES = ("title", "anchor", "file", "label", "head", "above", "headings", "body", "address")
_DEFAULT_PLACES = {  # where a cue counts that names no places
    "kind": ("title", "anchor", "file", "label", "head", "above"),
    "area": ("title", "anchor", "above", "head", "headings", "body"),
}


@dataclass(frozen=True, slots=True)
class Municipality:
    code: str  # SCB, four digits
    name: str  # Lund
    form: str  # before "kommun": Lunds
    county: str
    calls_itself: str  # Lunds kommun, Malmö stad
    word: bool = False  # the name is also a common word or a person's name
    short: tuple[str, ...] = ()
    committees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class County:
    code: str  # two digits
    name: str  # Skåne län
    short: str  # Skåne
    region: str  # Region Skåne
    board: str  # Länsstyrelsen Skåne
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Organisation:
    name: str
    type: str
    county: str | None = None
    municipality: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cue:
    """Words that speak for a value."""

    words: str
    core: str  # letters without which neither pattern can match: a look before the regular expression
    weight: float
    places: frozenset[str]

    # Compiled when they are asked for: for who only searches they were two thirds of opening a vocabulary.

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """For lower-case text."""
        return compile_words(self.words)

    @cached_property
    def folded(self) -> re.Pattern[str]:
        """For text with å ä ö as a a o."""
        return compile_words(as_in_addresses(self.words))


@dataclass(frozen=True, slots=True)
class Recogniser:
    """The cues of one field (kind or area) and what a place is worth."""

    places: Mapping[str, float]
    cues: Mapping[str, tuple[Cue, ...]]
    priors: Mapping[str, Mapping[str, float]]  # area → kind → weight


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Everything that the files say. Made by ``load``, never changed, equal only to itself."""

    municipalities: Mapping[str, Municipality]
    counties: Mapping[str, County]
    organisations: tuple[Organisation, ...]
    kinds: Recogniser
    areas: Recogniser
    labels: Mapping[str, Mapping[str, Mapping[str, str]]]  # field → value → language → label
    rules: Mapping[str, Mapping[str, str]]  # rule id → language → sentence

    @classmethod
    def load(cls, directory: Path | None = None) -> Vocabulary:
        """The vocabulary in ``directory``, or the one that came with the program.

        Raises VocabularyError, naming file and entry, for a missing file, bad TOML, unknown keys, missing
        labels.
        """
        return _build(directory or default_directory())

    def label(self, field: str, value: str, language: str = "sv") -> str:
        """The name of a value for a reader; the value itself where the vocabulary has no name for it."""
        if value == UNKNOWN:
            return _NOT_KNOWN.get(language, _NOT_KNOWN["sv"])
        names = self.labels.get(field, {}).get(value)
        if names is None:
            return value
        return names.get(language) or names["sv"]

    def rule(self, rule_id: str, language: str = "sv") -> str:
        """The sentence that explains a rule of the evidence; its id where there is none."""
        sentences = self.rules.get(rule_id)
        if sentences is None:
            return rule_id
        return sentences.get(language) or sentences["sv"]


def default_directory() -> Path:
    """``corpus/vocabulary`` beside the package (a checkout), or in the data directory of an installed
    wheel.
    """
    beside = Path(__file__).resolve().parent.parent / "corpus" / "vocabulary"
    installed = Path(sysconfig.get_path("data")) / "share" / "barnrattskompassen" / "vocabulary"
    return installed if installed.is_dir() and not beside.is_dir() else beside


def compile_words(words: str) -> re.Pattern[str]:
    """``words`` as whole words of lower-case text; ``*`` is the rest of a word at either end, ``+`` the
    definite form. With ``**`` the word must have another beginning: "barnrättsnytt", not "nytt".
    """
    begun, words = words.startswith("**"), words.removeprefix("*") if words.startswith("**") else words
    inner = re.escape(words).replace(r"\*", r"\w*").replace(r"\ ", r"\s+").replace(r"\+", r"(?:e?[nt])?")
    start = r"(?<=\w)" if begun else "" if words.startswith("*") else r"(?<!\w)"
    inner = inner.removeprefix(r"\w*")  # a free beginning needs no match of its own: faster, same verdict
    end = "" if words.endswith("*") else r"(?!\w)"
    return re.compile(start + inner + end)


def as_in_addresses(text: str) -> str:
    """Lower case with å ä ö é ü as a a o e u, as file names and addresses are written."""
    return text.lower().translate(_FOLD)


_FOLD = str.maketrans("åäöéèüæø", "aaoeeuao")


# --- reading and checking ---------------------------------------------------------------------------------


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise VocabularyError(
            f"{path} is missing; restore it from the distribution, or name another folder."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise VocabularyError(f"{path} cannot be read ({error}); it must be a UTF-8 text file.") from None


class File:
    """One parsed file, and errors that name it and the line of the entry."""

    def __init__(self, path: Path, tables: Iterable[str]) -> None:
        self.path, self.text = path, _read(path)
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise VocabularyError(f"{path} is not valid TOML: {error}.") from None
        for key in self.data:
            if key not in tables:
                self.fail(key, f"unknown table; known are {', '.join(sorted(tables))}")

    def fail(self, entry: str, what: str) -> NoReturn:
        raise VocabularyError(f"{self.path}, line {self._line(entry)}, {entry}: {what}.")

    def _line(self, entry: str) -> int:
        name = re.escape(entry.rsplit(".", 1)[-1])
        starts = re.compile(
            rf'^[ \t]*(\[+[\w.]*\b{name}\]+|"?{name}"?\s*=|name\s*=\s*"{name}")', re.MULTILINE
        )
        found = starts.search(self.text)
        return self.text.count("\n", 0, found.start()) + 1 if found else 1

    def table(self, name: str) -> dict[str, Any]:
        table = self.data.get(name)
        if not isinstance(table, dict):
            self.fail(name, f"the table [{name}] is missing")
        return table

    def entry(
        self, name: str, value: Any, required: Mapping[str, type], optional: Mapping[str, type]
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(name, "must be a table")
        for key in required:
            if key not in value:
                self.fail(name, f"{key} is missing")
        for key, content in value.items():
            expected = required.get(key) or optional.get(key)
            if expected is None:
                self.fail(name, f"unknown key {key}; known are {', '.join([*required, *optional])}")
            number = expected is float and isinstance(content, int) and not isinstance(content, bool)
            if not isinstance(content, expected) and not number:
                self.fail(name, f"{key} must be of type {expected.__name__}")
            if expected is str and not content:
                self.fail(name, f"{key} is empty")
        return value

    def strings(self, name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.fail(name, "must be a list of texts")
        return tuple(value)


_LABELS = dict.fromkeys(LANGUAGES, str)


def _build(directory: Path) -> Vocabulary:
    def open_file(name: str, *tables: str) -> File:
        return File(directory / name, tables)

    counties, county_labels = _counties(open_file("county.toml", "county"))
    municipalities = _municipalities(
        open_file("municipality.toml", "municipality", "committees", "short"), counties
    )
    kind_file = open_file("kind.toml", "places", "kind")
    area_file = open_file("area.toml", "places", "area")
    type_file = open_file("organisation_type.toml", "organisation_type", "organisation")
    labels = {
        "municipality": {code: {"sv": m.name, "en": m.name} for code, m in municipalities.items()},
        "county": county_labels,
        "kind": _labels(kind_file, "kind", KINDS, {"cues": list}),
        "area": _labels(area_file, "area", AREAS, {"cues": list, "kinds": dict}),
        "organisation_type": _labels(type_file, "organisation_type", ORGANISATION_TYPES, {}),
        "language": _labels(open_file("language.toml", "language"), "language", (), {}),
        "format": _labels(open_file("format.toml", "format"), "format", (), {}),
    }
    return Vocabulary(
        municipalities=MappingProxyType(municipalities),
        counties=MappingProxyType(counties),
        organisations=_organisations(type_file, counties, municipalities),
        kinds=_recogniser(kind_file, "kind"),
        areas=_recogniser(area_file, "area"),
        labels=MappingProxyType(labels),
        rules=MappingProxyType(_labels(open_file("rule.toml", "rule"), "rule", (), {})),
    )


def _labels(
    file: File, table: str, required: Iterable[str], optional: Mapping[str, type]
) -> dict[str, dict[str, str]]:
    entries = file.table(table)
    for value in required:
        if value not in entries:
            file.fail(f"{table}.{value}", "missing: every value needs its labels")
    allowed = set(required)
    labels = {}
    for value, entry in entries.items():
        if allowed and value not in allowed:
            file.fail(f"{table}.{value}", f"not a value of {table}; those are {', '.join(sorted(allowed))}")
        checked = file.entry(f"{table}.{value}", entry, _LABELS, optional)
        labels[value] = {language: checked[language] for language in LANGUAGES}
    return labels


def _counties(file: File) -> tuple[dict[str, County], dict[str, dict[str, str]]]:
    counties, labels = {}, {}
    for code, raw in file.table("county").items():
        entry = file.entry(
            f"county.{code}", raw, {**_LABELS, "short": str, "region": str, "board": str}, {"also": list}
        )
        if not re.fullmatch(r"\d\d", code):
            file.fail(f"county.{code}", "a county has a two-digit code")
        also = file.strings(f"county.{code}", entry.get("also", []))
        counties[code] = County(code, entry["sv"], entry["short"], entry["region"], entry["board"], also)
        labels[code] = {language: entry[language] for language in LANGUAGES}
    return counties, labels


def _municipalities(file: File, counties: Mapping[str, County]) -> dict[str, Municipality]:
    entries = file.table("municipality")
    committees, short = dict(file.table("committees")), file.table("short")
    committees.pop("all", None)  # older indexes carry it
    for table, codes in (("committees", committees), ("short", short)):
        for code in codes:
            if code not in entries:
                file.fail(f"{table}.{code}", "not the code of a municipality")
    required = {"name": str, "form": str, "county": str}
    municipalities = {}
    for code, raw in entries.items():
        where = f"municipality.{code}"
        entry = file.entry(where, raw, required, {"calls_itself": str, "word": bool})
        if not re.fullmatch(r"\d{4}", code):
            file.fail(where, "a municipality has a four-digit code")
        if entry["county"] not in counties:
            file.fail(where, f"there is no county {entry['county']}")
        municipalities[code] = Municipality(
            code,
            entry["name"],
            entry["form"],
            entry["county"],
            entry.get("calls_itself", f"{entry['form']} kommun"),
            entry.get("word", False),
            file.strings(f"short.{code}", short.get(code, [])),
            file.strings(f"committees.{code}", committees.get(code, [])),
        )
    return municipalities


def _organisations(
    file: File, counties: Mapping[str, County], municipalities: Mapping[str, Municipality]
) -> tuple[Organisation, ...]:
    organisations = []
    for raw in file.data.get("organisation", []):
        name = raw.get("name", "organisation") if isinstance(raw, dict) else "organisation"
        entry = file.entry(
            str(name), raw, {"name": str, "type": str}, {"county": str, "municipality": str, "also": list}
        )
        if entry["type"] not in ORGANISATION_TYPES:
            file.fail(str(name), f"type must be one of {', '.join(ORGANISATION_TYPES)}")
        county, municipality = entry.get("county"), entry.get("municipality")
        if county is not None and county not in counties:
            file.fail(str(name), f"there is no county {county}")
        if municipality is not None and municipality not in municipalities:
            file.fail(str(name), f"there is no municipality {municipality}")
        also = file.strings(str(name), entry.get("also", []))
        organisations.append(Organisation(entry["name"], entry["type"], county, municipality, also))
    return tuple(organisations)


def _recogniser(file: File, table: str) -> Recogniser:
    places: dict[str, float] = {}
    for place, factor in file.table("places").items():
        if place not in _PLACES:
            file.fail(f"places.{place}", f"unknown place; known are {', '.join(_PLACES)}")
        if not isinstance(factor, (int, float)) or isinstance(factor, bool):
            file.fail(f"places.{place}", "must be a number")
        places[place] = float(factor)
    cues: dict[str, tuple[Cue, ...]] = {}
    priors: dict[str, Mapping[str, float]] = {}
    for value, entry in file.table(table).items():
        where = f"{table}.{value}"
        cues[value] = tuple(
            cue for raw in entry.get("cues", []) for cue in _cues(file, where, raw, _DEFAULT_PLACES[table])
        )
        prior = entry.get("kinds", {})
        for kind in prior:
            if kind not in KINDS:
                file.fail(where, f"{kind} is not a kind")
        priors[value] = MappingProxyType({kind: float(weight) for kind, weight in prior.items()})
    return Recogniser(MappingProxyType(places), MappingProxyType(cues), MappingProxyType(priors))


def _cues(file: File, where: str, raw: Any, default: tuple[str, ...]) -> Iterable[Cue]:
    entry = file.entry(where, raw, {"words": list, "weight": float}, {"in": list})
    places = file.strings(where, entry["in"]) if "in" in entry else default
    for place in places:
        if place not in _PLACES:
            file.fail(where, f"unknown place {place}; known are {', '.join(_PLACES)}")
    for words in file.strings(where, entry["words"]):
        if words != words.lower() or not words.strip("*+ "):
            file.fail(where, f"{words!r}: cues are words in lower case")
        core = max(re.split(r"[*+ ]+", words), key=len)
        yield Cue(
            words,
            core,
            float(entry["weight"]),
            frozenset(places),
        )
