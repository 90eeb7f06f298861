"""Which documents does a value of a metadata field choose: a municipality, a kind, years, dates?

What is chosen so makes no document match better. Not for words in texts (``wording``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from whoosh import query as wq

from indexer.engine.notation import NOT_KNOWN
from indexer.engine.queries import joined
from indexer.model import UNKNOWN

_COMPARED = re.compile("([<>]=?|=)(.+)")


class Named(NamedTuple):
    """A municipality or county that some documents concern, or who puts some out."""

    field: str  # municipality, county, publisher
    value: str
    name: str
    ordinary: bool  # the name is also a common word or a person's name


class Fields:
    """``matching``: documents that a query finds alone; ``read``: tells how something was read."""

    def __init__(self, matching: Callable[[wq.Query], int], read: Callable[..., Any]) -> None:
        self._matching, self._read = matching, read

    def chosen(self, shown: str, query: wq.Query, values: Sequence[str] = ()) -> wq.Query:
        """Documents of a field's values, of which none matches better."""
        self._read(shown, "field", forms=values, documents=self._matching(query))
        return _constant(query)

    def year(self, low: str, high: str, shown: str) -> wq.Query:
        if low.lower() in NOT_KNOWN:
            return self.chosen(shown, any_("year", (UNKNOWN,)))
        if compared := _COMPARED.fullmatch(low):  # år:>2012, år:<=2012
            sign, bound = compared[1], compared[2]
            if re.fullmatch("[0-9]{4}", bound):
                bound = str(int(bound) + (sign == ">") - (sign == "<"))
            low, high = bound * ("<" not in sign), bound * (">" not in sign)
        two = re.fullmatch(r"([0-9]{4})[-–/]([0-9]{4}|[0-9]{2})", low)
        if two and low == high and str(int(two[1]) + 1).endswith(two[2]):  # 2012-13, 2012/2013
            low, high = two[1], str(int(two[1]) + 1)
        if not all(re.fullmatch(r"[0-9]{4}|", y) for y in (low, high)) or not (low or high):
            self._read(shown, "ignored", note="no_date")
            return wq.NullQuery
        if low and high and low > high:
            low, high = high, low
            shown = f"{shown.rpartition(':')[0]}:{low}..{high}".lstrip(":")
        first, last = (int(y) if y else None for y in (low, high))
        return self.chosen(shown, wq.NumericRange("year", first, last))

    def published(self, low: str, high: str, shown: str) -> wq.Query:
        below = False
        if compared := _COMPARED.fullmatch(low):
            sign, bound = compared[1], compared[2]
            low, high, below = bound * ("<" not in sign), bound * (">" not in sign), sign == "<"
            first, last = _day(low, last=sign == ">"), _day(high, last=not below)
        else:
            first, last = _day(low, last=False), _day(high, last=True)
        if first and last and first > last:
            shown = f"{shown.partition(':')[0]}:{high}..{low}"
            first, last = _day(high, last=False), _day(low, last=True)
        if (low and first is None) or (high and last is None) or not (low or high):
            self._read(shown, "ignored", note="no_date")
            return wq.NullQuery
        return self.chosen(shown, wq.DateRange("published", first, last, endexcl=below))


def dated(day: str) -> wq.Query:
    """Documents of a day: 2014-03-12."""
    return wq.DateRange("published", _day(day, last=False), _day(day, last=True))


def any_(field: str, values: Sequence[str]) -> wq.Query:
    """Documents with one of ``values`` in a field; UNKNOWN takes those where it is not known."""
    queries = [wq.Not(wq.Every(field)) if v == UNKNOWN else wq.Term(field, v) for v in values]
    return joined(wq.Or, queries)


def _constant(query: wq.Query) -> wq.Query:
    """Chooses documents without changing how well they match."""
    return wq.ConstantScoreQuery(query, 0.0)


def _day(text: str, *, last: bool) -> datetime | None:
    """The first or last moment of a year, month or day; None when it is none."""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text)
    if not found:
        return None
    year, month, day = (int(g) if g else None for g in found.groups())
    assert year is not None
    try:
        if not last:
            return datetime(year, month or 1, day or 1)
        if day:
            return datetime(year, month or 12, day, 23, 59, 59)
        month = month or 12
        following = datetime(year + month // 12, month % 12 + 1, 1)
        return datetime.fromtimestamp(following.timestamp() - 1)
    except ValueError:
        return None
