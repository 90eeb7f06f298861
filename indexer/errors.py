"""Every error that a user can meet, as one tree.

    KompassError
    ├── SettingError        a setting or a command line option is wrong
    ├── SourcesError        corpus/sources.toml cannot be used
    ├── VocabularyError     a file in corpus/vocabulary or corpus/thesaurus cannot be used
    ├── CatalogueError      the catalogue is missing, damaged, or of another version
    ├── ArchiveError        what is crawled cannot be kept, or read where it should be
    ├── QueryError          a query or filter cannot be understood
    ├── SearchIndexError    the index
    │   ├── IndexMissing    there is no index at that place
    │   ├── IndexDamaged    a file of the index is not what was written
    │   └── IndexLocked     someone else is building it
    ├── JournalError        a file that the running service writes cannot be used
    └── PortInUse           the address to serve at is taken

A message says what is wrong, where, and what to do next; the command line prints it and nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KompassError(Exception):
    """Base of all errors that are told to the user in one sentence."""

    exit_code = 2


class SettingError(KompassError):
    pass


class SourcesError(KompassError):
    pass


class VocabularyError(KompassError):
    pass


class CatalogueError(KompassError):
    exit_code = 3


class ArchiveError(KompassError):
    exit_code = 3


class QueryError(KompassError):
    """``parameter`` names what was wrong: q, year, sort, page …"""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class SearchIndexError(KompassError):
    exit_code = 3


class IndexMissing(SearchIndexError):
    pass


class IndexDamaged(SearchIndexError):
    pass


class IndexLocked(SearchIndexError):
    pass


class JournalError(KompassError):
    exit_code = 3


class PortInUse(KompassError):
    exit_code = 4


def meant(word: str, known: Iterable[str]) -> str:
    """What is said behind a word that is not known: which of the known ones it is nearest to."""
    names = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return f" (did you mean '{names[close[0]]}'?)" if close else ""
