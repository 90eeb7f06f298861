"""``kompass forget``, ``kompass settings`` and ``kompass doctor``."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence, Set
from contextlib import suppress
from pathlib import Path

from indexer import config
from indexer.catalogue import CATALOGUE, Catalogue
from indexer.cli import SOURCES
from indexer.commands.progress import Progress
from indexer.commands.words import counted
from indexer.database import REBUILD
from indexer.errors import ArchiveError, CatalogueError, IndexMissing, KompassError, SettingError
from indexer.language.personal import mask_address


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
    findings = [
        *_catalogue(arguments.corpus), *_archive(arguments.corpus),
        *_index(arguments.index, _removals(arguments.corpus)),
    ]  # fmt: skip
    problems = [text for sound, text in findings if not sound]
    if arguments.json:
        print(json.dumps({"sound": not problems, "problems": problems}, ensure_ascii=False))
    else:
        for sound, text in findings:
            print(f"{'ok     ' if sound else 'WRONG  '}{text}")
    return 1 if problems else 0


Finding = tuple[bool, str]


def _catalogue(corpus: Path) -> list[Finding]:
    from indexer.crawl import archive

    path = corpus / CATALOGUE
    if not path.is_file():
        if archive.files(corpus):
            return [(False, f"There is no catalogue in {corpus}, but an archive. {LOST}")]
        return [(True, f"There is no catalogue in {corpus} yet.")]
    try:
        with Catalogue(path) as catalogue:
            problem, whole, left = catalogue.damage(), catalogue.is_whole(), catalogue.unremoved()
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
    if left:
        names = ", ".join(map(mask_address, list(left)[:3])) + (" …" if len(left) > 3 else "")
        return [(False, f"The removal of {names} was stopped. 'kompass index' goes on with it.")]
    return [(True, f"The catalogue {path} is sound.")]


LOST = "Restore it from a backup; or run 'kompass index', and import again what was imported."


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
                if capture.revisit_of is not None or catalogue.forgotten(capture.url):
                    continue  # says only that nothing has changed; or is just being removed
                try:
                    _, payload = archive.read(corpus, capture.warc, capture.offset)
                    if hashlib.sha256(payload).hexdigest() != capture.digest:
                        wrong.append(
                            f"The record at {capture.warc}:{capture.offset} is not what was fetched."
                        )
                except ArchiveError as e:
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


def _removals(corpus: Path) -> set[str]:
    try:
        with Catalogue(corpus / CATALOGUE, create=False) as catalogue:
            return catalogue.removals()
    except CatalogueError:  # told of already
        return set()


def _index(index: Path, removed: Set[str]) -> list[Finding]:
    from indexer.generation import BUILD, check, current, generation, names
    from indexer.history import holding

    try:
        in_use = current(index).name
    except IndexMissing:
        if names(index):
            return [(False, f"{index} has indexes, but nothing tells which is in use.{BUILD}")]
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
            told = str(e)
            if name != in_use and told.endswith(BUILD):  # a new one leaves it where it is
                told = f"{told.removesuffix(BUILD)} Remove {index / name}."
            found.append((False, f"Generation {name} ({what}): {told}"))
    if holding(index, removed):
        found.append((False, f"The index in {index} has what was removed on request. Run 'kompass index'."))
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
    held, before = _imported(beside, arguments.documents) if beside.is_file() else ([], [])
    others = [name for name in arguments.documents if name not in (*held, *before)]
    removed = forget_documents(arguments.corpus, others, reason) if others else []
    if (arguments.corpus / CATALOGUE).is_file():
        for name in before:  # and imported into the corpus since, perhaps
            with suppress(SettingError):
                forget_documents(arguments.corpus, [name], reason)
    _forget_imported(beside, held, reason)
    removed += [*held, *before]  # before: what stopped it may have left the index as it was
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
