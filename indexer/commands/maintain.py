"""``kompass forget``, ``kompass settings`` and ``kompass doctor``."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from indexer import config
from indexer.catalogue import CATALOGUE, Catalogue
from indexer.cli import SOURCES
from indexer.commands.progress import Progress
from indexer.commands.words import counted
from indexer.database import REBUILD
from indexer.errors import CatalogueError, IndexMissing, KompassError, SettingError


def settings(arguments: argparse.Namespace) -> int:
    """All of them, also where one is wrong: the list is what helps to mend it. The mistake comes last."""
    wrong = None
    try:
        values = config.load()
    except SettingError as e:
        if arguments.json:
            raise
        values, wrong = config.load({}), e
    if arguments.json:
        rows = [
            {"name": s.name, "value": values[s.name], "default": s.default, "help": s.help,
             "variable": f"KOMPASS_{s.name.upper()}"}
            for s in config.SETTINGS
        ]  # fmt: skip
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    print("Set a setting in the environment: KOMPASS_CRAWL_DELAY=2 kompass crawl\n")
    width = max(len(s.name) for s in config.SETTINGS)
    for s in config.SETTINGS:
        changed = "" if values[s.name] == s.default else f" (default: {s.default})"
        print(f"{s.name:{width}}  {values[s.name]}{changed}\n{'':{width}}  {s.help}")
    if wrong:
        raise SettingError(f"{wrong} Above are the defaults.")
    return 0


def doctor(arguments: argparse.Namespace) -> int:
    """Look at everything; what is wrong is told line by line and the answer is 1."""
    findings = [*_catalogue(arguments.corpus), *_archive(arguments.corpus), *_index(arguments.index)]
    problems = [text for sound, text in findings if not sound]
    if arguments.json:
        print(json.dumps({"sound": not problems, "problems": problems}, ensure_ascii=False))
    else:
        for sound, text in findings:
            print(f"{'ok     ' if sound else 'WRONG  '}{text}")
    return 1 if problems else 0


Finding = tuple[bool, str]


def _catalogue(corpus: Path) -> list[Finding]:
    path = corpus / CATALOGUE
    if not path.is_file():
        return [(True, f"There is no catalogue in {corpus} yet.")]
    try:
        with Catalogue(path) as catalogue:
            problem, whole = catalogue.damage(), catalogue.is_whole()
    except CatalogueError as e:
        return [(False, str(e))]
    if problem:
        return [(False, f"The catalogue {path} is damaged: {problem}. {REBUILD}")]
    if not whole:
        told = (
            f"The catalogue {path} does not hold all documents yet: reading the archive again was stopped, or"
        )
        return [
            (False, f"{told} is going on. 'kompass index' goes on with it; the index in use is as it was.")
        ]
    return [(True, f"The catalogue {path} is sound.")]


def _archive(corpus: Path) -> list[Finding]:
    """Every capture has its WARC file, its bytes are there as they came, and so is the rest of the file."""
    from indexer.crawl import archive

    if not (corpus / CATALOGUE).is_file():
        return []
    files: dict[str, list[str]] = {}  # what is wrong in each
    count = 0
    try:
        with Catalogue(corpus / CATALOGUE) as catalogue:
            for capture in catalogue.captures():
                count += 1
                wrong = files.setdefault(capture.warc, [])
                if capture.revisit_of is not None:  # says only that nothing has changed
                    continue
                try:
                    _, payload = archive.read(corpus, capture.warc, capture.offset)
                    if hashlib.sha256(payload).hexdigest() != capture.digest:
                        wrong.append(
                            f"The record at {capture.warc}:{capture.offset} is not what was fetched."
                        )
                except archive.ArchiveError as e:
                    wrong.append(str(e))
    except CatalogueError:
        return []  # told of the catalogue already
    told = [
        f"The archive file {path}: {bad} bytes are damaged.{RESTORE}"
        for path in archive.files(corpus)
        if path.suffix != ".open"  # being written
        and not files.get(path.relative_to(corpus).as_posix())
        and (bad := archive.damage(path))
    ]
    told += [
        f"The archive file {corpus / name}: {counted(len(wrong), 'capture')} cannot be read any more. "
        f"{wrong[0].removesuffix(RESTORE)}{RESTORE}"
        for name, wrong in sorted(files.items())
        if wrong
    ]
    return [(False, text) for text in told] or [
        (True, f"The archive has all {count} captures in {len(files)} files.")
    ]


RESTORE = " Restore it from a backup."


def _index(index: Path) -> list[Finding]:
    from indexer.generation import check, current, generation, names

    try:
        in_use = current(index).name
    except IndexMissing:
        return [(True, f"There is no index in {index} yet.")]
    except KompassError as e:
        return [(False, str(e))]
    found: list[Finding] = []
    for name in names(index):
        what = "in use" if name == in_use else "kept"
        try:
            meta = check(generation(index, name), deep=True)
            found.append((True, f"Generation {name} ({what}) is sound: {meta['documents']} documents."))
        except KompassError as e:
            found.append((False, f"Generation {name} ({what}): {e}"))
    return found


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
    removed = _forget_imported(beside, arguments.documents, reason) if beside.is_file() else []
    others = [name for name in arguments.documents if name not in removed]
    if others:
        removed += forget_documents(arguments.corpus, others, reason)
    told = place(feedback.FILE, str(config.setting("journal_directory")), arguments.corpus, arguments.index)
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


def _forget_imported(path: Path, names: Sequence[str], reason: str) -> list[str]:
    with Catalogue(path) as catalogue:
        held = [name for name in names if catalogue.document(name)]
        for name in held:
            catalogue.forget(name, reason)
            catalogue.erase(name)
        if held:
            catalogue.wipe()
    return held
