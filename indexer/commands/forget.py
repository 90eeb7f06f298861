"""``kompass forget``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from indexer.catalogue import CATALOGUE, Catalogue
from indexer.cli import SOURCES
from indexer.commands.progress import Progress
from indexer.config import setting
from indexer.errors import SettingError


def forget(arguments: argparse.Namespace) -> int:
    """From catalogue, archive, feedback and every generation.

    Raises SettingError when nothing is held of one of the names.
    """
    from indexer import feedback
    from indexer.build import prune
    from indexer.commands.index import BESIDE, build_index, built_json
    from indexer.identity import document_id
    from indexer.ingest import finish
    from indexer.journal import place
    from indexer.removal import forget as forget_documents
    from indexer.sources import recall

    reason = arguments.reason.strip()
    if not reason:
        raise SettingError("--reason is empty; say in a few words why this is removed.")
    sources = recall(arguments.corpus, arguments.sources, SOURCES)
    with Progress(quiet=arguments.json) as progress:  # a document that is not read yet has no id
        finish(sources, arguments.corpus, progress)
    beside = arguments.index / BESIDE
    held, before = _imported(beside, arguments.documents) if beside.is_file() else ([], [])
    others = [name for name in arguments.documents if name not in (*held, *before)]
    removed = forget_documents(arguments.corpus, others, reason) if others else []
    if (arguments.corpus / CATALOGUE).is_file():
        for name in before:  # and imported into the corpus since, perhaps
            with suppress(SettingError):
                forget_documents(arguments.corpus, [name], reason)
    _forget_imported(beside, held, reason)
    removed += [*held, *before]  # before: what stopped it may have left the index as it was
    told = place(feedback.FILE, str(setting("journal_directory")), arguments.corpus, arguments.index)
    feedback.drop(told, [*arguments.documents, *map(document_id, removed)])
    built = build_index(arguments.index, arguments.corpus, sources, force=True)
    prune(arguments.index, keep=1)
    if arguments.json:
        print(json.dumps({"forgotten": removed, "index": built_json(built)}, ensure_ascii=False))
    else:
        for name in removed:
            print(f"Forgotten: {name}")
        them = "it" if len(removed) == 1 else "them"
        print(f"The index was built without {them}; older generations, which had {them}, are removed.")
    return 0


def _imported(path: Path, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which documents were imported beside the index, and which were and have been removed from there."""
    with Catalogue(path) as catalogue:
        held = [name for name in names if catalogue.document(name)]
        return held, [name for name in names if name not in held and catalogue.forgotten(name)]


def _forget_imported(path: Path, names: Sequence[str], reason: str) -> None:
    if not names:
        return
    with Catalogue(path) as catalogue:
        with catalogue.together():
            catalogue.forget(names, reason)
            for name in names:
                catalogue.erase(name)
        catalogue.wipe()
