"""Four engines behind one set of methods: this project's, stock Whoosh, Tantivy, SQLite FTS5.

Each gets the same documents (title, text, kind, year, publisher), holds all of the text, and answers the same
questions: total, the ten best with id and title, counts for three facets, snippets. Swedish stems where an
engine has them (FTS5 has none). Not for timing: ``engine`` does that.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from indexer.model import Document, Filters

FACETS = ("kind", "year", "publisher")
WIDTH = 220
"""Characters of a snippet."""


@dataclass(frozen=True)
class Ask:
    """``how``: all (of the words), phrase, prefix; ``chosen``: facet → value."""

    words: tuple[str, ...]
    how: str = "all"
    chosen: dict[str, str] = field(default_factory=dict)


@dataclass
class Answer:
    total: int
    hits: list[tuple[str, str]]  # id, title
    counts: dict[str, dict[str, int]]
    state: Any = None  # what the engine needs for snippets


class Peer(Protocol):
    name: str
    module: str  # what opening and searching are imported from

    def build(self, directory: Path, documents: Iterable[Document], workers: int) -> None: ...
    def open(self, directory: Path) -> None: ...
    def search(self, ask: Ask) -> Answer: ...
    def snippets(self, ask: Ask, answer: Answer) -> list[str]: ...


def value(document: Document, facet: str) -> str:
    if facet == "year":
        return str(document.years[0]) if document.years else "none"
    return getattr(document, facet) or "none"


def text_of(document: Document) -> str:
    return "\n".join(p.text for p in document.text)


@cache
def _queries() -> Any:
    """What Kompass makes queries of: imported when it is used, but not for every query."""
    from whoosh import query

    from indexer.engine.queries import Variants, Written
    from indexer.engine.schema import part
    from indexer.language import analyser

    return query, Variants, Written, part, analyser


class Kompass:
    """This project's engine; ``plain``: only the words' stems, as the peers; else parts of compounds too.

    Not ``compiled``: as it is where there was no C compiler.
    """

    module = "indexer.engine.reader"

    def __init__(self, plain: bool = True, compiled: bool = True) -> None:
        self.name = "kompass" if plain else "kompass, with parts of compounds"
        self._plain = plain
        self._compiled = compiled

    def build(self, directory: Path, documents: Iterable[Document], workers: int) -> None:
        from indexer.engine.write import write

        write(directory, documents, workers=workers)

    def open(self, directory: Path) -> None:
        from indexer.engine import native
        from indexer.engine.reader import Reader

        if not self._compiled:
            native.kernel = None
            sys.modules["indexer.language.kernel"] = None  # type: ignore[assignment]  # as if it were not there
        self._reader = Reader(directory)

    def _tree(self, ask: Ask) -> Any:
        q, Variants, Written, part, analyser = _queries()  # noqa: N806 - classes
        word = analyser("sv").word
        if ask.how == "prefix":
            return Written("text", ask.words[0] + "*")
        stems = [word(w).stem for w in ask.words]
        if ask.how == "phrase":
            return q.Phrase("text", stems)
        terms = [q.Term("text", s) for s in stems]
        if not self._plain:
            terms = [
                Variants([(t, 1.0), (q.Term("text", part(s)), 0.35)])
                for t, s in zip(terms, stems, strict=True)
            ]
        return q.And(terms) if len(terms) > 1 else terms[0]

    def search(self, ask: Ask) -> Answer:
        chosen: dict[str, Any] = {f: (v,) for f, v in ask.chosen.items() if f != "year"}
        if "year" in ask.chosen:
            chosen |= {"year_from": int(ask.chosen["year"]), "year_to": int(ask.chosen["year"])}
        tree = self._tree(ask)
        reader = self._reader
        found = reader.evaluate(tree, Filters(**chosen), facets=FACETS)
        documents = [reader.document(n, whole=False) for n in found.numbers.tolist()]
        return Answer(
            found.total, [(d.id, d.title) for d in documents], dict(found.counts), (tree, found.numbers)
        )

    def snippets(self, ask: Ask, answer: Answer) -> list[str]:
        tree, numbers = answer.state
        hits = numbers.tolist()
        if not hits:
            return []
        places = self._reader.places(tree, hits)
        shown = []
        for n in hits:
            best = places.pages(n)
            shown.append(places.snippet(n, best[0][0] if best else 1, WIDTH)[1].text)
        return shown


class Tantivy:
    name = "tantivy"
    module = "tantivy"

    def _schema(self) -> Any:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("title", stored=True, tokenizer_name="sv")
        builder.add_text_field("body", stored=True, tokenizer_name="sv")
        for facet in FACETS:
            builder.add_text_field(facet, stored=True, fast=True, tokenizer_name="raw", index_option="basic")
        return builder.build()

    def _register(self, index: Any) -> Any:
        import tantivy

        words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
        index.register_tokenizer("sv", words.filter(tantivy.Filter.stemmer("swedish")).build())
        return index

    def build(self, directory: Path, documents: Iterable[Document], workers: int) -> None:
        import tantivy

        directory.mkdir(parents=True)
        index = self._register(tantivy.Index(self._schema(), path=str(directory)))
        writer = index.writer(400_000_000, workers)
        for d in documents:
            facets = {f: value(d, f) for f in FACETS}
            writer.add_document(tantivy.Document(id=d.id, title=d.title, body=text_of(d), **facets))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, directory: Path) -> None:
        import tantivy

        self._index = self._register(tantivy.Index.open(str(directory)))
        self._index.reload()
        self._searcher = self._index.searcher()
        self._aggregations = {f: {"terms": {"field": f, "size": 1000}} for f in FACETS}

    def _query(self, ask: Ask) -> Any:
        import tantivy

        query, must = tantivy.Query, tantivy.Occur.Must
        schema = self._index.schema
        if ask.how == "prefix":
            either = [
                (tantivy.Occur.Should, query.regex_query(schema, f, ask.words[0] + ".*"))
                for f in ("title", "body")
            ]
            asked = query.boolean_query(either)
        else:
            text = " ".join(ask.words)
            text = f'"{text}"' if ask.how == "phrase" else text
            asked = self._index.parse_query(
                text, ["title", "body"], field_boosts={"title": 4.0}, conjunction_by_default=True
            )
        if not ask.chosen:
            return asked
        terms = (query.term_query(schema, f, v) for f, v in ask.chosen.items())
        return query.boolean_query([(must, asked), *((must, query.const_score_query(t, 0.0)) for t in terms)])

    def search(self, ask: Ask) -> Answer:
        query, searcher = self._query(ask), self._searcher
        found = searcher.search(query, 10)
        documents = [searcher.doc(address) for _, address in found.hits]
        counted = searcher.aggregate(query, self._aggregations)
        counts = {f: {b["key"]: b["doc_count"] for b in counted[f]["buckets"]} for f in FACETS}
        hits = [(d["id"][0], d["title"][0]) for d in documents]
        return Answer(found.count, hits, counts, (query, documents))

    def snippets(self, ask: Ask, answer: Answer) -> list[str]:
        import tantivy

        query, documents = answer.state
        generator = tantivy.SnippetGenerator.create(self._searcher, query, self._index.schema, "body")
        generator.set_max_num_chars(WIDTH)
        return [generator.snippet_from_doc(d).to_html() for d in documents]


class Whoosh:
    name = "whoosh"
    module = "whoosh.index"

    def build(self, directory: Path, documents: Iterable[Document], workers: int) -> None:
        from whoosh import fields, index
        from whoosh.analysis import LowercaseFilter, RegexTokenizer, StemFilter

        directory.mkdir(parents=True)
        words = RegexTokenizer() | LowercaseFilter() | StemFilter(lang="sv")
        schema = fields.Schema(
            id=fields.ID(stored=True),
            title=fields.TEXT(analyzer=words, stored=True, field_boost=4.0),
            body=fields.TEXT(analyzer=words, stored=True),
            **{f: fields.ID(sortable=True) for f in FACETS},
        )
        writer = index.create_in(str(directory), schema).writer(limitmb=256, procs=workers)
        for d in documents:
            writer.add_document(id=d.id, title=d.title, body=text_of(d), **{f: value(d, f) for f in FACETS})
        writer.commit()

    def open(self, directory: Path) -> None:
        from whoosh import index

        self._index = index.open_dir(str(directory))
        self._searcher = self._index.searcher()

    def _query(self, ask: Ask) -> Any:
        from whoosh import query as q
        from whoosh.qparser import MultifieldParser

        parser = MultifieldParser(["title", "body"], self._index.schema)
        text = " ".join(ask.words)
        text = {"prefix": text + "*", "phrase": f'"{text}"', "all": text}[ask.how]
        return parser.parse(text), q.And(
            [q.Term(f, v) for f, v in ask.chosen.items()]
        ) if ask.chosen else None

    def search(self, ask: Ask) -> Answer:
        from whoosh import sorting

        query, chosen = self._query(ask)
        groups = {f: sorting.FieldFacet(f, maptype=sorting.Count) for f in FACETS}
        found = self._searcher.search(query, limit=10, filter=chosen, groupedby=groups)
        best = found[:10]  # counting groups makes it hold every hit, whatever the limit
        hits = [(h["id"], h["title"]) for h in best]
        return Answer(len(found), hits, {f: found.groups(f) for f in FACETS}, (found, best))

    def snippets(self, ask: Ask, answer: Answer) -> list[str]:
        from whoosh.highlight import ContextFragmenter

        found, best = answer.state
        found.fragmenter = ContextFragmenter(maxchars=WIDTH, surround=WIDTH // 2)
        return [h.highlights("body", top=1) for h in best]


class Fts5:
    name = "sqlite fts5"
    module = "sqlite3"

    def build(self, directory: Path, documents: Iterable[Document], workers: int) -> None:
        directory.mkdir(parents=True)
        base = sqlite3.connect(directory / "fts.db")
        base.execute("PRAGMA journal_mode=off")
        base.execute("PRAGMA synchronous=off")
        base.execute(
            "CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize='unicode61 remove_diacritics 0', prefix='4 6')"
        )
        base.execute(
            "CREATE TABLE meta(rowid INTEGER PRIMARY KEY, id TEXT, kind TEXT, year TEXT, publisher TEXT)"
        )
        for n, d in enumerate(documents):
            base.execute("INSERT INTO docs(rowid, title, body) VALUES (?, ?, ?)", (n, d.title, text_of(d)))
            base.execute("INSERT INTO meta VALUES (?, ?, ?, ?, ?)", (n, d.id, *(value(d, f) for f in FACETS)))
        base.execute("INSERT INTO docs(docs) VALUES ('optimize')")
        base.commit()
        base.close()

    def open(self, directory: Path) -> None:
        self._base = sqlite3.connect(directory / "fts.db")

    @staticmethod
    def _match(ask: Ask) -> str:
        if ask.how == "phrase":
            return '"' + " ".join(ask.words) + '"'
        return f'"{ask.words[0]}"*' if ask.how == "prefix" else " ".join(f'"{w}"' for w in ask.words)

    def _where(self, ask: Ask) -> tuple[str, list[str]]:
        where = "docs MATCH ?" + "".join(f" AND {f} = ?" for f in ask.chosen)
        return f"FROM docs JOIN meta ON meta.rowid = docs.rowid WHERE {where}", [
            self._match(ask),
            *ask.chosen.values(),
        ]

    def search(self, ask: Ask) -> Answer:
        where, values = self._where(ask)
        run = self._base.execute
        best = f"SELECT id, title, docs.rowid {where} ORDER BY bm25(docs, 4.0, 1.0) LIMIT 10"
        hits = run(best, values).fetchall()
        counts = {
            f: dict(run(f"SELECT {f}, count(*) {where} GROUP BY {f}", values).fetchall()) for f in FACETS
        }
        return Answer(sum(counts["kind"].values()), [(i, t) for i, t, _ in hits], counts, hits)

    def snippets(self, ask: Ask, answer: Answer) -> list[str]:
        text = "SELECT snippet(docs, 1, '<b>', '</b>', '…', 32) FROM docs WHERE docs MATCH ? AND rowid = ?"
        match = self._match(ask)
        return [self._base.execute(text, (match, row)).fetchone()[0] for _, _, row in answer.state]


def peers(names: Sequence[str]) -> list[Peer]:
    known: dict[str, Peer] = {
        "kompass": Kompass(), "kompass+": Kompass(plain=False), "kompass-": Kompass(compiled=False),
        "tantivy": Tantivy(), "fts5": Fts5(), "whoosh": Whoosh(),
    }  # fmt: skip
    return [known[name] for name in names]
