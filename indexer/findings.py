"""What research answers with: lines of a concordance, years of a trend, words with their measures.

Not for how they are found (``indexer.research``).
"""

from __future__ import annotations

from dataclasses import dataclass

from indexer.measures import per_million
from indexer.model import Document, Page


@dataclass(frozen=True, slots=True)
class Line:
    """One occurrence in its context; the three texts joined are one stretch of the page."""

    document: Document  # without text
    page: Page  # without text
    url: str  # the original at that page
    left: str
    match: str
    right: str


@dataclass(frozen=True, slots=True)
class Concordance:
    total: int  # occurrences
    documents: int  # documents that have them
    matching: int  # documents that the search finds; some may match on their title alone
    listed: int  # occurrences that the list goes through: all, or SAMPLE of them
    lines: tuple[Line, ...]

    @property
    def sampled(self) -> bool:
        return self.listed < self.total


@dataclass(frozen=True, slots=True)
class YearCount:
    year: int  # NO_YEAR: the documents without one, or all documents
    occurrences: int
    documents: int
    words_held: int
    documents_held: int

    @property
    def per_million(self) -> float | None:
        return per_million(self.occurrences, self.words_held)

    @property
    def share(self) -> float | None:
        """Of the documents held."""
        return self.documents / self.documents_held if self.documents_held else None


@dataclass(frozen=True, slots=True)
class TermTrend:
    term: str
    years: tuple[YearCount, ...]  # aligned with Trend.years
    undated: YearCount
    total: YearCount  # every document once


@dataclass(frozen=True, slots=True)
class Trend:
    years: tuple[int, ...]  # those of documents held
    terms: tuple[TermTrend, ...]


@dataclass(frozen=True, slots=True)
class Keyword:
    word: str  # the commonest form of the word; all its forms are counted
    count: int  # occurrences in the result set
    documents: int  # documents of it that have the word in their text
    rest: int  # occurrences in all other documents
    rest_documents: int
    g2: float
    ratio: float  # log ratio


@dataclass(frozen=True, slots=True)
class Keywords:
    documents: int
    words: int
    rest_documents: int
    rest_words: int
    total: int  # words that are significantly more frequent
    rows: tuple[Keyword, ...]


@dataclass(frozen=True, slots=True)
class Collocate:
    word: str
    before: int
    after: int
    count: (
        int  # occurrences in the windows; one between two occurrences stands before and after but counts once
    )
    frequency: int  # occurrences in all texts within the filters
    g2: float
    dice: float


@dataclass(frozen=True, slots=True)
class Collocations:
    window: int
    occurrences: int  # of the query's words
    documents: int
    matching: int  # documents that the search finds
    counted: int  # those of them that were looked at: all, or some of a very large set
    words: int  # in the windows
    corpus_words: int  # in all texts within the filters
    total: int
    rows: tuple[Collocate, ...]
