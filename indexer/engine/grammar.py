"""What was typed → a syntax tree; the query language of the help page. Never fails: what cannot be read as
typed is read as words, and a note says so.

    query   = or
    or      = and { (ELLER | OR | "|") and }
    and     = near { [OCH | AND | "&" | "+"] near }          words side by side: all of them
    near    = unary { (NÄRA | NEAR) ["/" number] unary }     each side near the next
    unary   = (INTE | NOT | "-") unary | primary
    primary = "(" or ")" | field ":" value {"," value} | phrase ["~" number] | range
              | word ["*" | "~" [number]]
    value   = unary | range | compared

Operators are written in capitals, so that "barn och unga" stays three words. Not for what words mean:
fields and words are given their meaning in ``plan``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from indexer.engine.notation import TEXT_FIELDS
from indexer.language import suspended


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    half: str = ""  # what ``suspended`` calls it where it is half a word: för- in "för- och nackdelar"
    comma: bool = field(default=False, compare=False)  # one follows: it may end one of several values


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    slop: int = 0  # words that may stand between
    comma: bool = field(default=False, compare=False)  # as of a word


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word with ``*`` (any letters) or ``?`` (one letter)."""

    text: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    text: str
    edits: int


@dataclass(frozen=True, slots=True)
class Range:
    low: str
    high: str
    comma: bool = field(default=False, compare=False)  # as of a word


@dataclass(frozen=True, slots=True)
class Near:
    left: Tree
    right: Tree
    distance: int


@dataclass(frozen=True, slots=True)
class Field:
    name: str  # as typed, lower-case
    value: Tree


@dataclass(frozen=True, slots=True)
class Not:
    node: Tree


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple[Tree, ...]


Tree = Word | Phrase | Pattern | Fuzzy | Range | Near | Field | Not | And | Or


@dataclass(frozen=True, slots=True)
class Note:
    """Something that could not be read as typed: ``code`` names the sentence, ``text`` the words."""

    code: str  # a key of ``notation.NOTES``
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    tree: Tree | None  # None: nothing to search for
    notes: tuple[Note, ...]


QUOTES = '"”“„»«'
MAX_LENGTH = 4_000
MAX_DEPTH = 20
MAX_TERMS = 100
NEAR_DISTANCE = 5
MOST_APART = 50
"""Positions that two words may be apart: as far as two pages are."""
MOST_EDITS = 2
MOST_DISTANCES = 5
"""Distances in one query: each may take a tenth of a second where words are common."""
_REACH = 100
"""Distance times words of a phrase, or of both sides: what it costs is a product of both."""
_PATTERN = 3
"""Words that a pattern counts as."""

_LEXEME = re.compile(
    rf"""\s*(?:
      (?P<quote>[{QUOTES}])
    | (?P<open>\() | (?P<close>\))
    | (?P<near>(?:(?:NÄRA|NEAR)(?:\s*/\s*(?=[0-9]))?|(?i:nära|near)/(?=[0-9]))
              (?P<distance>[0-9]+)?(?=[\s()]|$))
    | (?P<and>(?:OCH|AND)(?=[\s()]|$)|&+|\+(?=\S))
    | (?P<or>(?:ELLER|OR)(?=[\s()]|$)|\|+)
    | (?P<not>(?:INTE|NOT|ICKE)(?=[\s()]|$)|[-−–](?=[\w"”“„»«(]))
    | (?P<range>\d{{4}}(?:-\d\d(?:-\d\d)?)?(?:\.\.\.?|–|-)(?:\d{{4}}(?:-\d\d(?:-\d\d)?)?)?(?=[\s()]|$)
             |\.\.\d{{4}}(?=[\s()]|$))
    | (?P<word>[^\s()"”“„»«|&]+)
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_SINGLE = re.compile(
    rf"[{QUOTES}][^{QUOTES}]*[{QUOTES}]"
    r"|(?<![\w'’])['‘’‚‹›](?=\w)((?:[^'‘’‚‹›\"”“„»«]++|['’](?=\w))++)['‘’‹›](?![\w'’])"
)
"""What stands in single marks, though not inside double ones, nor the s of children's."""
_STUCK = re.compile(
    r"(?<=\w[-\u2010\u2011])(?=(?:och|eller|samt)\s)"
    r"|(?:(?<=[^\W\d_])|(?<=[^\W\d_]\.))(?=(?:19|20)\d\d(?:/\d\d)?:[^\W_])"
)
"""Where a space was left out: barn-och ungdomsnämnden, SOU2016:19, prop.2017/18:186."""
_COMMA = re.compile(r"\s+,\s*(?=\S)")
_FIELD = re.compile(r"([^\W\d_]+):(?=\S)")
_DATE = r"(\d{4}(?:-\d\d(?:-\d\d)?)?)"
_RANGE = re.compile(rf"{_DATE}?(?:\.\.\.?|–|-){_DATE}?")
_SLOP = re.compile(r"~([0-9]*)")
_COMPARED = re.compile(r"\s*([<>=]+)\s*([^\s(),]*)")
_SPAN = re.compile(rf"\s*{_DATE}(?:\s*(?:\.\.\.?|–|-)\s*|\s+(?:till|to)\s+){_DATE}(?![^\s(),])")
"""Among values also with spaces: år:2012 – 2014."""
_ADDRESS = re.compile(r"[/=&@]")
_AND = re.compile(r"\b(?:och|eller|samt)\s+\Z")
_MARKS = re.compile("[–—]|[.,;:?…]+")
"""Between the words of a pasted title, after its quotation marks and brackets. A lone hyphen may be meant to
exclude, and is told."""
_EDGES = re.compile(r"^[^\w*?]+|[^\w*?~]+$")


def parse(text: str, fields: frozenset[str]) -> Parsed:
    """The syntax tree of ``text``; ``fields`` are the names (lower-case) that may stand before a colon."""
    read = _SINGLE.sub(lambda m: f'"{m[1]}"' if m[1] else m[0], _COMMA.sub(", ", text[:MAX_LENGTH]))
    parsed = _Parser(_STUCK.sub(" ", read), fields).parse()
    if len(text) <= MAX_LENGTH:
        return parsed
    return Parsed(parsed.tree, (Note("long", text[MAX_LENGTH : MAX_LENGTH + 20]), *parsed.notes))


class _Parser:
    def __init__(self, text: str, fields: frozenset[str]) -> None:
        self.text, self.fields = text, fields
        self.at = 0
        self.notes: list[Note] = []
        self.terms = self.distances = 0
        self.valued = False
        """Is a value of a field read that is no text?"""

    # --- lexemes ------------------------------------------------------------------------------------

    def peek(self) -> re.Match[str] | None:
        return _LEXEME.match(self.text, self.at)

    def kind(self) -> str | None:
        found = self.peek()
        return found.lastgroup if found and found.lastgroup != "distance" else ("near" if found else None)

    def take(self) -> re.Match[str]:
        found = self.peek()
        assert found is not None
        self.at = found.end()
        return found

    def note(self, code: str, text: str) -> None:
        if len(self.notes) < 10:
            self.notes.append(Note(code, text.strip()))

    def at_most(self, limit: int, number: str | int, code: str, text: str) -> int:
        """``number``, or ``limit`` with a note."""
        wanted = int(str(number)[:9])
        if wanted > limit:
            self.note(code, text)
        return min(wanted, limit)

    def room(self, text: str) -> bool:
        """May another distance be read? A note says so when not."""
        self.distances += 1
        if self.distances == MOST_DISTANCES + 1:
            self.note("many_distances", text)
        return self.distances <= MOST_DISTANCES

    # --- grammar ------------------------------------------------------------------------------------

    def parse(self) -> Parsed:
        nodes: list[Tree] = []
        while self.kind() is not None:
            before = self.at
            tree = self.or_(0)
            if tree is not None:
                nodes.append(tree)
            if self.kind() == "close":  # one too many
                self.note("unclosed_paren", self.take().group())
            elif self.at == before:
                self.note("only_signs", self.take().group())
        return Parsed(_join(And, nodes), tuple(self.notes))

    def or_(self, depth: int) -> Tree | None:
        nodes: list[Tree] = []
        first = self.and_(depth)
        if first is not None:
            nodes.append(first)
        while self.kind() == "or":
            sign = self.take().group()
            following = self.and_(depth)
            if not nodes or following is None:
                self.note("lone_operator", sign)
            if following is not None:
                nodes.append(following)
        return _join(Or, nodes)

    def and_(self, depth: int) -> Tree | None:
        nodes: list[Tree] = []
        while True:
            while self.kind() == "and":
                operator = self.take().group()
                if self.kind() in (None, "or", "close", "and") or (not nodes and operator.strip() != "+"):
                    self.note("lone_operator", operator)
            if self.kind() in (None, "or", "close"):
                return _join(And, nodes)
            before = self.at
            node = self.near(depth)
            if node is not None:
                nodes.append(node)
            elif self.at == before:
                return _join(And, nodes)

    def near(self, depth: int) -> Tree | None:
        nodes: list[Tree] = []
        left = self.unary(depth)
        while self.kind() == "near":
            sign = self.take()
            right = self.unary(depth)
            if left is None or right is None:
                self.note("lone_operator", sign.group())
                left = left or right
            else:
                text, wanted = sign.group(), sign.group("distance") or NEAR_DISTANCE
                furthest = min(MOST_APART, max(1, _REACH // (_words(left) + _words(right))))
                distance = max(1, self.at_most(furthest, wanted, "far", text))
                nodes.append(Near(left, right, distance) if self.room(text) else And((left, right)))
                left = right
        return _join(And, nodes) or left

    def unary(self, depth: int) -> Tree | None:
        negative, sign = False, ""
        while self.kind() == "not":
            negative, sign = not negative, self.take().group()
        node = self.primary(depth)
        if sign and node is None:
            self.note("lone_operator", sign)
        return Not(node) if negative and node is not None else node

    def primary(self, depth: int) -> Tree | None:
        kind = self.kind()
        if self.valued and (special := self.compared()):
            return special
        if kind == "open":
            return self.group(depth)
        if kind == "quote":
            return self.phrase()
        if kind == "range":
            span = self.range_()  # "2012-2013" outside a field is what a plan is called, "2012..2013" a span
            named = not self.valued and ".." not in self.text[: self.at].split()[-1]
            return Phrase(f"{span.low} {span.high}".strip()) if named else span
        if kind == "word":
            return self.word(depth)
        if kind == "other":
            self.note("only_signs", self.take().group())
        return None

    def group(self, depth: int) -> Tree | None:
        opened = self.take().group()
        if depth >= MAX_DEPTH:
            self.note("deep", opened)
            return None
        notes = len(self.notes)
        node = self.or_(depth + 1)
        if self.kind() == "close":
            self.take()
            if node is None and len(self.notes) == notes:
                self.note("only_signs", "()")
        else:
            self.note("unclosed_paren", opened)
        return node

    def phrase(self) -> Tree | None:
        self.take()
        end = next((i for i in range(self.at, len(self.text)) if self.text[i] in QUOTES), None)
        if end is None:
            self.note("unclosed_quote", self.text[self.at - 1 :])
        inner = self.text[self.at : end]
        self.at = len(self.text) if end is None else end + 1
        slop = _SLOP.match(self.text, self.at)
        if slop:
            self.at = slop.end()
        self.terms += 1
        if not any(c.isalnum() for c in inner):
            if end is not None:
                self.note("only_signs", f'"{inner}"')
            return None
        if self.terms > MAX_TERMS:
            self.note("many_words", inner)
            return None
        comma = self.text.startswith(",", self.at)
        self.at += comma
        if not slop:
            return Phrase(inner.strip(), comma=comma)
        text, words = f'"{inner}"{slop[0]}', inner.split()
        apart = self.at_most(min(MOST_APART - 2, _REACH // len(words)), slop[1] or 2, "far", text)
        if apart and not self.room(text):
            return _join(And, [Word(w) for w in words if any(c.isalnum() for c in w)])
        return Phrase(inner.strip(), apart, comma)

    def word(self, depth: int) -> Tree | None:
        start = self.peek()
        assert start is not None
        begin = start.start("word")
        field = _FIELD.match(self.text, begin)
        if field and field.group(1).lower() in self.fields:
            self.at = field.end()
            if depth >= MAX_DEPTH:
                self.note("deep", field.group())
                return None
            # Words of a text with a comma between them are all sought: titel:"plan",barn.
            several = field.group(1).lower() not in TEXT_FIELDS
            value = self.values(depth) if several else self.unary(depth + 1)
            if value is None:
                self.note("lone_operator", field.group())
                return None
            return Field(field.group(1).lower(), value)
        text = self.take().group("word")
        self.terms += 1
        if self.terms > MAX_TERMS:
            if self.terms == MAX_TERMS + 1:
                self.note("many_words", text)
            return None
        term = self.term(text)
        if not isinstance(term, Word):
            return term
        half = ""
        if text.startswith(term.text):
            half = suspended.name(self.text, begin, begin + len(term.text), 0, len(self.text)) or ""
            if half[:1] == "-" and not _AND.search(self.text, 0, begin - 1):  # barn, -unga excludes
                half = ""
        return Word(term.text, half, text.endswith(","))

    def values(self, depth: int) -> Tree | None:
        """What stands after the colon of a field: one value, or several with commas between them. Of a comma
        with a space after it only the plan can tell whether what follows is another value.
        """
        found: list[Tree] = []
        outer, self.valued = self.valued, True
        more = True
        while more:
            value = self.unary(depth + 1)
            if value is None:
                break
            if self.text.startswith(",", self.at):
                self.at += 1
            comma = self.text[: self.at].endswith(",")
            more = comma and self.at < len(self.text) and not self.text[self.at].isspace()
            found.append(value)
        self.valued = outer
        return _join(Or, found)

    def compared(self) -> Tree | None:
        """>2012 and 2012 – 2014, which are otherwise a word and the name of a plan."""
        found = _COMPARED.match(self.text, self.at) or _SPAN.match(self.text, self.at)
        if found is None:
            return None
        self.at, self.terms = found.end(), self.terms + 1
        comma = self.text.startswith(",", self.at)
        if found.re is _COMPARED:
            return Word(found[1] + found[2], comma=comma)
        return Range(found[1], found[2], comma)

    def term(self, text: str) -> Tree | None:
        bare = _EDGES.sub("", text)
        fuzzy = re.fullmatch(r"([^*?~]+)~([0-9]*)", bare)
        if fuzzy:
            edits = self.at_most(MOST_EDITS, fuzzy.group(2) or 1, "edits", bare)
            return Fuzzy(fuzzy.group(1), max(1, edits))
        if "*" not in bare and _ADDRESS.search(bare):
            bare = bare.replace("?", " ")  # https://example.se/?id=1 is no pattern
        bare = (
            bare.rstrip("~").rstrip("?").replace("~", " ").strip()
        )  # "vad är barnrätt?" asks, it has no pattern
        if not any(c.isalnum() for c in bare):
            if not _MARKS.fullmatch(text) or self.terms == 1:
                self.note("only_signs", text)
            return None
        return Pattern(bare) if "*" in bare or "?" in bare else Word(bare)

    def range_(self) -> Range:
        self.terms += 1
        found = _RANGE.fullmatch(self.take().group("range"))
        assert found is not None
        return Range(found[1] or "", found[2] or "")


def _words(side: Tree) -> int:
    """Words of which one may stand on a side of a distance."""
    if isinstance(side, (And, Or)):
        return sum(map(_words, side.nodes))
    return _PATTERN if isinstance(side, Pattern) else 1


def _join(kind: type[And] | type[Or], nodes: list[Tree]) -> Tree | None:
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    return kind(tuple(nodes))
