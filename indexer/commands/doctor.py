"""``kompass doctor``: are catalogue, archive and index as they were written?"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Set
from pathlib import Path

from indexer.catalogue import CATALOGUE, Catalogue
from indexer.commands.words import counted
from indexer.database import REBUILD
from indexer.errors import ArchiveError, CatalogueError, IndexMissing, KompassError
from indexer.language.personal import mask_address

LOST = "Restore it from a backup; or run 'kompass index', and import again what was imported."
RESTORE = " Restore it from a backup."
Finding = tuple[bool, str]  # whether it is sound, and what is told of it


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
