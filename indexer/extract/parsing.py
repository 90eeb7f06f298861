"""How is a web page parsed without harm?

The parser follows the HTML standard, and the standard has corners where a small page costs much: what is
left out here keeps the time of parsing in proportion to the length of the page. Measured figures stand
beside each bound.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

# Each open block element is looked through at each new one: 20,000 take 0.4 s, 200,000 took 44 s.
_MOST_NESTED = 20_000
_NESTING = re.compile(
    r"<(/?)(?:address|article|aside|blockquote|center|details|dialog|dir|div|dl|fieldset|figcaption|figure|footer"
    r"|form|header|hgroup|main|menu|nav|ol|section|summary|table|ul)[\s>]",
    re.I,
)
# Each open formatting element is opened again in each later paragraph: 3,000 before 3,000 paragraphs, a page
# of 60 kB, took 82 s and 5 GB. They carry no text, and pages that leave so many open mean nothing by it.
_MOST_FORMATTING = 200
_FORMATTING = re.compile(r"<(/?)(?:font|big|code|em|i|b|s|strike|strong|tt|u|small|nobr)\b[^<>]*>", re.I)
# Headings that are left open stand in one another as soon as anything lies between: 60,000 with links, a
# page of a megabyte, took 26 s.
_HEADING = re.compile(r"<(/?)h[1-6]\b[^<>]*>", re.I)
# Each attribute is compared with those before it: 100,000 on one element took 104 s.
_MOST_ATTRIBUTES = 200
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{1000,}>")


_TEMPLATE = re.compile(r"<(/?)template\b([^<>]*)>", re.IGNORECASE)


def parse(source: str) -> LexborHTMLParser | None:
    """The tree of a page, or None when its elements are nested too deeply."""
    tags = _FORMATTING.findall(source)
    if len(tags) - 2 * tags.count("/") > _MOST_FORMATTING:
        source = _FORMATTING.sub("", source)
    tags = _HEADING.findall(source)
    if len(tags) - 2 * tags.count("/") > _MOST_FORMATTING:
        source = _HEADING.sub("<p>", source)
    if "shadowroot" in source:
        source = _with_shadows(source)
    source = _LONG_TAG.sub(lambda tag: tag[0] if len(tag[0].split()) <= _MOST_ATTRIBUTES else "", source)
    if source.count("<") > _MOST_NESTED and _depth(source) > _MOST_NESTED:
        return None
    # Without mutation events: with them, 100,000 options in one <select> took 150 s.
    return LexborHTMLParser(source, scripting=True, options=LexborDocumentOptions.WO_EVENTS.value)


def _with_shadows(source: str) -> str:
    """The source with templates that browsers show in place (declarative shadow roots) as elements."""
    shown: list[bool] = []

    def as_element(tag: re.Match[str]) -> str:
        if not tag[1]:
            shown.append(re.search(r"\bshadowroot(?:mode)?\s*=", tag[2], re.IGNORECASE) is not None)
            return "<div>" if shown[-1] else tag[0]
        return "</div>" if shown and shown.pop() else tag[0]

    return _TEMPLATE.sub(as_element, source)


def _depth(source: str) -> int:
    """How many block elements are open at once, at most."""
    deepest = depth = 0
    for match in _NESTING.finditer(source):
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest
