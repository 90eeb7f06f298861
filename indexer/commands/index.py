"""``kompass index`` and ``kompass import``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer import imports
from indexer.build import Built, build, contents
from indexer.catalogue import CATALOGUE, Catalogue
from indexer.cli import CORPUS, INDEX, SOURCES
from indexer.commands.progress import Progress
from indexer.commands.words import counted, duration
from indexer.errors import CatalogueError, IndexMissing, KompassError, SearchIndexError
from indexer.model import Document, Query, Source, SourceStatus

BESIDE = "imported.sqlite"
"""Catalogue in an index directory of what was imported without a corpus; every build of it takes it along."""
SHOWN = 20
"""Bad lines of an import that are told one by one; the rest is counted."""


def index(arguments: argparse.Namespace) -> int:
    """Read, understand, build."""
    from indexer.ingest import ingest
    from indexer.sources import recall, remember_first

    sources = recall(arguments.corpus, arguments.sources, SOURCES)
    with Progress(quiet=arguments.json) as progress:
        report = ingest(sources, arguments.corpus, full=arguments.full, progress=progress)
        if arguments.sources:
            remember_first(sources, arguments.sources, arguments.corpus)
        built = build_index(
            arguments.index, arguments.corpus, sources, force=arguments.full, progress=progress
        )
    if arguments.json:
        print(json.dumps(report.json() | {"index": built_json(built)}, ensure_ascii=False))
    else:
        print(report.sentence())
        print(built_sentence(built, arguments.index))
    return 0


def import_(arguments: argparse.Namespace) -> int:
    """Each line a document, then build. Lines that cannot be read are told; the others are imported."""
    from indexer.ingest import finish
    from indexer.intake import locked
    from indexer.removal import remove_forgotten
    from indexer.sources import recall

    corpus = arguments.corpus or (CORPUS if arguments.index == INDEX else None)
    sources = recall(corpus, arguments.sources, SOURCES) if corpus else ()
    mapping = imports.parse_map(arguments.map)
    if not arguments.file.exists():  # before anything is made for it
        raise KompassError(f"There is no file {arguments.file}.")
    if arguments.file.is_dir():
        raise KompassError(f"{arguments.file} is a directory; give a file of JSON Lines.")
    with Progress(quiet=arguments.json) as progress:
        if corpus:
            finish(sources, corpus, progress)
        path = corpus / CATALOGUE if corpus else arguments.index / BESIDE
        with locked(corpus) if corpus else nullcontext(), Catalogue(path) as catalogue:
            if corpus:
                remove_forgotten(catalogue, corpus)  # a removal may have been stopped
            done = _import(catalogue, arguments.file, mapping, progress)
        built = build_index(arguments.index, corpus, sources, progress=progress) if done["imported"] else None
    for line in done["bad"][:SHOWN]:
        print(f"{arguments.file}, line {line['line']}: left out, {line['problem']}.", file=sys.stderr)
    if len(done["bad"]) > SHOWN:
        print(f"… and {len(done['bad']) - SHOWN} more lines were left out.", file=sys.stderr)
    if "error" in done:
        print(f"kompass: {done['error']}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(done | {"index": built and built_json(built)}, ensure_ascii=False))
    else:
        print(f"Imported {done['imported']}, left out {len(done['bad'])}.")
        for note in done["notes"]:
            print(note)
        print(built_sentence(built, arguments.index) if built else "The index is as it was.")
    return 1 if "error" in done or (done["bad"] and not done["imported"]) else 0


def _import(catalogue: Catalogue, file: Path, mapping: dict[str, str], progress: Progress) -> dict[str, Any]:
    crawled = catalogue.standings()
    notes = imports.Notes()
    imported, held, bad, error = 0, 0, [], None
    try:
        for number, line in imports.lines(file):
            try:
                document = imports.document(line, mapping, notes)
            except imports.ImportProblem as e:
                bad.append({"line": number, "problem": str(e)})
                continue
            if (
                document.id in crawled
                or catalogue.forgotten(document.id)
                or catalogue.forgotten(document.url)
            ):
                held += 1
                continue
            catalogue.put(document, inputs="", origin="import")
            imported += 1
            progress("import", imported)
    except imports.CutShort as e:
        error = f"{e} What came before is imported; get the file whole and import it again."
    told = [
        f"Not taken over: {key} of {count} documents ('--map {key}=…' reads it as one of our keys)."
        for key, count in notes.unknown_keys.most_common()
    ]
    for key, values in notes.unknown_values.items():
        shown = ", ".join(value for value, _ in values.most_common(5)) + (" …" if len(values) > 5 else "")
        told.append(f"Left out of {values.total()} documents: {key} that is not one of ours ({shown}).")
    if notes.not_utf8:
        told.append(
            f"{counted(notes.not_utf8, 'line')} had bytes that are not UTF-8: they stand as \ufffd. "
            "Save the file as UTF-8 and import it again."
        )
    if held:
        told.append(f"{held} documents were left out: they are held from a crawl, or were to be forgotten.")
    return {"imported": imported, "bad": bad, "notes": told} | ({"error": error} if error else {})


# --- building ---------------------------------------------------------------------------------------------


def build_index(
    index: Path,
    corpus: Path | None,
    sources: Sequence[Source],
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> Built:
    """A generation of all that the corpus holds and of what was imported beside the index.

    Without ``corpus``, what the generation in use has is kept. Raises CatalogueError when the catalogue does
    not hold all there is: documents would be missing.
    """
    with ExitStack() as stack:
        paths = [*([corpus / CATALOGUE] if corpus else []), index / BESIDE]
        catalogues = [stack.enter_context(Catalogue(path)) for path in paths if path.is_file()]
        for catalogue in catalogues:
            catalogue.hold()
            if not catalogue.is_whole():
                raise CatalogueError(
                    f"The catalogue {catalogue.path} is just being read again from the archive, or that was "
                    "stopped, so the index is as it was. Wait for it to end, or run 'kompass index'."
                )
        documents, statuses = ({}, {}) if corpus else _in_use(index)
        for catalogue in reversed(catalogues):
            listed = catalogue.statuses(sources if catalogue.path.name == CATALOGUE else ())
            statuses |= {s.id: s for s in listed}
        holds = contents(catalogues, list(statuses.values()), documents)
        return build(index, holds, force=force, progress=progress)


def _in_use(index: Path) -> tuple[dict[str, Document], dict[str, SourceStatus]]:
    """Documents by id, with text, and sources by id, of the generation in use; nothing when there is none."""
    from indexer.search import open_index

    try:
        searcher = open_index(index)
    except SearchIndexError as e:
        if not isinstance(e, IndexMissing):
            raise
        return {}, {}
    documents = {d.id: replace(d, text=searcher.pages(d.id)) for d in searcher.all(Query())}
    return documents, {s.id: s for s in searcher.statuses()}


def built_sentence(built: Built, index: Path) -> str:
    generation = built.generation
    held = counted(generation.documents, "document")
    if not built.new:
        said = f"Nothing has changed: the index in {index} has {held} ({generation.id})."
    else:
        said = f"The index in {index} has {held} ({generation.id}, built in {duration(built.seconds)})."
    return said if generation.documents else f"{said} 'kompass status' tells what is missing and why."


def built_json(built: Built) -> dict[str, Any]:
    generation = built.generation
    return {
        "id": generation.id, "built_at": generation.built_at, "documents": generation.documents,
        "new": built.new, "seconds": round(built.seconds, 3),
    }  # fmt: skip
