"""Which words typed side by side are one number, one day, or the number of one case?

Not for what they find (``plan``) nor for how days are written in texts (``language.dates``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from indexer.engine import grammar
from indexer.language import dates

_CASE = re.compile(
    r"(?<!\S)(?:(?!DNR|SFS)(?P<who>[^\W\d_]{2,6})[ /.-]?)?(?P<year>(?:19|20)\d\d)"
    r"(?P<sign>[/.:-])(?!(?:19|20)\d\d(?!\d))(?P<number>\d{3,6})(?!\S)"
)
"""KS 2012/418, KS-2012-418, KS 2012:418, 2012/418: no span of years, no day, no law (2018:1197)."""
_CASE_WAYS = ("{} {}/{}", "{}-{}-{}", "{}{}/{}", "{}{}-{}", "{}.{}.{}", "{} {}:{}")
_ALONE = ("{}{}/{}", "{}{}-{}")


def numbers(nodes: Sequence[grammar.Word]) -> list[grammar.Word]:
    """With the digits of a number as one word: 1 000 as 1000."""
    whole: list[grammar.Word] = []
    open_ = False
    for node in nodes:
        digits = node.text.isdecimal()
        if open_ and digits and len(node.text) == 3:
            whole[-1] = grammar.Word(whole[-1].text + node.text)
        else:
            open_ = digits and len(node.text) <= 3 and node.text[0] != "0"
            whole.append(node)
    return whole


def days_in(words: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Of words side by side those that are a day (2014-03-12, 12 mars 2014, 12/3 2014): by the number of the
    first, how many, and the day as 2014-03-12.
    """
    begins, text, found = _begins(words), " ".join(words), {}
    for stated in dates.read(text):
        first, after = begins.get(stated.start), begins.get(stated.end + 1)
        if first is not None and after is not None and stated.precision == "day":
            found[first] = after - first, stated.date
    return found


def as_date(text: str) -> str:
    """``text`` that is a day or month (12 mars 2014, mars 2014) as 2014-03-12 or 2014-03; "" if it is not."""
    for stated in dates.read(text):
        if (stated.start, stated.end) == (0, len(text)) and stated.precision in ("day", "month"):
            return stated.date
    return ""


def cases_in(words: Sequence[str]) -> dict[int, tuple[int, tuple[str, ...]]]:
    """Of words side by side those that are the number of a case (KS 2012/418): by the number of the first,
    how many, and the ways to write it, as typed first. Texts have KS/2012/418 as well as KS-2012-418.
    """
    begins, found = _begins(words), {}
    for case in _CASE.finditer(" ".join(words)):
        who, start = case["who"] or "", case.start()
        if not who.isupper():  # protokoll 2012/418
            who, start = "", case.start("year")
        first, after = begins.get(start), begins.get(case.end() + 1)
        if first is not None and after is not None and (who or case["sign"] != ":"):
            typed, ways = case[0][start - case.start() :], _CASE_WAYS if who else _ALONE
            written = (way.format(who, case["year"], case["number"]) for way in ways)
            found[first] = after - first, tuple(dict.fromkeys((typed, *written)))
    return found


def _begins(words: Sequence[str]) -> dict[int, int]:
    """Where each word begins in their line, and where one after the last would → its number."""
    return {at: n for n, at in enumerate(accumulate((len(word) + 1 for word in words), initial=0))}
