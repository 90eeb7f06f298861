"""Which parts of a web page are its frame rather than its text?

Rules on tag, role, class, id and wording, as generally true of Swedish public sites. Whether a part may
go at all (it may hold the title or most of the text) is decided in ``region``. Not for what repeats across a
site (``repeats``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

SKIPPED = frozenset((
    "applet", "audio", "canvas", "datalist", "embed", "head", "input", "link", "math", "meta", "meter",
    "noscript", "object", "option", "progress", "script", "select", "style", "svg", "template", "textarea",
    "title", "video",
))  # fmt: skip
"""Elements without text for a reader; nothing below them is looked at."""

_FRAME_TAGS = frozenset(("nav", "footer", "dialog", "menu", "search"))
_FRAME_ROLES = frozenset((
    "alertdialog", "contentinfo", "dialog", "directory", "menu", "menubar", "navigation", "search", "toolbar",
    "tooltip",
))  # fmt: skip
_OUTER_ROLES = frozenset(("banner", "alert", "status"))


def _words(*patterns: str) -> re.Pattern[str]:
    """Matches any of the words between the hyphens and spaces of class and id attributes."""
    return re.compile(rf"(?:^|[\s_-])(?:{'|'.join(patterns)})(?=$|[\s_-])")


# Whatever is called so is frame, however long it is.
_CERTAIN = _words(
    # products that ask for consent
    r"coi|cybot\w*|onetrust\w*|ppms|klaro|tarteaucitron\w*|usercentrics\w*|didomi\w*|cmplz",
    r"cookies?\w*|kakor\w*|kakbanner|consent\w*|gdpr\w*|cc-window|breadcrumbs?\w*|br[oö]dsmul\w*|smulor|crumbs?",
)
# Is called so, and is frame where it holds little of the page's text.
_LIKELY = _words(
    r"skip-?(?:links?|to\w*|nav\w*|content)|hoppa-till\w*|back-to-top|to-?top|till-toppen",
    r"shar(?:e|ing)\w*|social|socialmedia|some-links|dela|dela-\w+|addthis\w*",
    r"feedback\w*|omd[oö]me\w*|sidbetyg\w*|page-rating|rate-page|was-this-helpful|hj[aä]lpte\w*",
    r"comments?|comment-(?:form|list|section)|kommentar(?:er|s?f[aä]lt|s?form)?|kommentera|disqus\w*|chat\w*",
    r"toolbar|verktygsrad|readspeaker\w*|rsbtn\w*|rs_\w+|lyssna\w*|print-\w+|skriv-?ut\w*|utskrift\w*",
    r"pagination\w*|pager|paging|paginering|popup|lightbox",
    r"(?:site-?|page-?|global-?)?foot(?:er)?|(?:sid)?fot|sidfot\w*|sidslut",
    r"language-(?:selector|switcher|menu)|lang-(?:switch\w*|select\w*)|spr[aå]kval\w*",
    r"search-?(?:box|form|field|bar)\w*|s[oö]k(?:ruta|f[aä]lt)|s[oö]k-?form\w*|site-search",
    r"login\w*|logga-?in|newsletter-(?:signup|form)",
    r"navs?|navs?-\w+|navbar\w*|navigation\w*|navi|[^\W_]*-?meny|menyer|(?:[^\W_]+-?)?menu|snabbl[aä]nkar|genv[aä]gar",
)
# Stands beside the text. Municipio's "sidebar-content-area" lies below it and holds modules of text.
_BESIDE = _words(
    r"(?<!has-)(?<!with-)(?<!no-)(?<!without-)side-?bar(?!-content)\w*|side-?column|(?:right|left)-?col(?:umn)?|h[oö]ger(?:spalt)?|v[aä]nster(?:spalt)?",
    r"aside",
)
# Leads elsewhere. A widget only where a class begins so: all text of Elementor is in an "elementor-widget".
_RELATED = re.compile(r"(?:^|[\s_-])(?:related\w*|relatera(?:t|de))(?=$|[\s_-])|(?:^|\s)widgets?(?=$|[\s_-])")
_OUTSIDE = _words(
    r"(?:site-?|page-?)?header|sidhuvud\w*|huvud|topp|top-?bar|masthead|banner|logo\w*",
    r"puff\w*|promo\w*|teasers?|alert\w*|krisinformation|driftinfo\w*|important-message|vma",
)
# Hidden until someone opens it, yet text of the page.
_PANEL = _words(
    r"accordion\w*|dragspel\w*|collaps\w*|expand\w*|toggle\w*|panel\w*|tab|tabs?-\w+|tabpanel|faq\w*",
    r"details|utf[aä]llbar\w*|content",
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_CAMEL = re.compile(r"(?<=[a-zåäö])(?=[A-ZÅÄÖ])")

_MEDIA = "facebook|twitter|x|linkedin|instagram|e-?post|mail|mejl|bluesky|whatsapp"
_QUESTIONS = (
    r"hj[aä]lp(?:te|er) (?:informationen|den här|denna|innehållet|sidan|det|texten).{0,40}\?",
    r"hittade du .{0,45}\?",
    r"(?:var|är) (?:informationen|den här (?:sidan|informationen)|denna sida|sidan|innehållet) .{0,30}"
    r"(?:hjälp|användbar|nytta).{0,20}\?",
    r"(?:fick|fann) du (?:svar|hjälp|den information|det du|veta).{0,40}\?",
    r"vad tycker du om .{0,20}(?:sidan|webbplatsen|sidans).{0,20}\?",
    r"was this .{0,20}(?:helpful|useful).{0,10}\?|did you find what.{0,30}\?",
    r"dela(?: (?:sidan|sida|artikeln|inlägget|med andra|innehåll).{0,20})?:?",
    r"(?:skriv|lämna) (?:en |din )?kommentar.{0,20}|kommentera(?: .{0,20})?|tyck till",
)
_PHRASES = (
    r"(?:vad|hur) kan vi (?:göra|förbättra) .{0,20}(?:sida|webbplats|bättre).{0,20}\?",
    r"tack för (?:att du hjälper|din (?:feedback|återkoppling|kommentar|åsikt)).{0,99}",
    r"tack för ditt (?:svar|omdöme|betyg).{0,99}",
    rf"(?:dela|tipsa) (?:på|via|med|till) (?:{_MEDIA}).{{0,12}}|share (?:on|via|this) .{{0,20}}",
    r"sidan har (?:visats|lästs|besökts) .{0,20}",
    r"skriv ut(?: .{0,20})?|lyssna(?: på .{0,20})?|print (?:this )?page",
    r"(?:inga|0) kommentarer.{0,20}|\d+ kommentar(?:er)?",
    r"(?:till |tillbaka till |upp till )(?:sidans )?topp(?:en)?(?: av sidan)?|back to top",
    r"(?:hoppa|gå) (?:direkt )?(?:till|över) .{0,30}|till (?:sidans|huvud) ?innehåll(?:et)?|skip to .{0,30}",
    r"du är här:?.{0,200}|you are here.{0,200}",
    r"vi använder (?:kakor|cookies|nödvändiga kakor).{0,300}",
    r"(?:den här|denna) webbplats(?:en)? använder (?:kakor|cookies).{0,300}",
    r"(?:kakor|cookies) på .{0,40}webbplats.{0,300}",
    r"(?:om|hantera|inställningar för) (?:kakor|cookies).{0,20}",
    r"(?:jag )?(?:godkänn|acceptera)r? (?:alla )?(?:kakor|cookies).{0,20}",
    r"(?:visa|dölj|öppna|stäng)(?: (?:mer|mindre|alla|fler|menyn?|innehåll|text|undermeny).{0,25})?",
    r"hjälp oss (?:att )?(?:bli|göra|förbättra).{0,60}",
    r"innehåll på (?:sidan|den här sidan|denna sida)|på (?:den här|denna) sidan?|on this page",
    r"ja|nej|skicka|sök|meny|prenumerera|logga in|gilla",
    r"öppnas i (?:ett )?nytt fönster|länk till annan webbplats",
    r"(?:rapportera|anmäl) (?:ett )?fel.{0,30}|(?:synpunkter|frågor) på (?:sidan|webbplatsen).{0,10}\??",
)
_ELSEWHERE = re.compile(
    r"(?:(?:fler|andra|senaste|liknande|relaterade|övriga|more|latest|other|related)"
    r" (?:nyhet(?:er|erna)|artik(?:lar|larna)|inlägg(?:en)?|sidor|evenemang|händelser|aktiviteter"
    r"|kalenderhändelser|pressmeddelanden|events|news|posts|pages)"
    r"(?: (?:från|om|i|from) .{1,30})?"
    r"|relatera(?:t|de)(?: (?:innehåll|länkar|information))?|(?:läs|se|andra läste) (?:också|även|vidare)"
    r"|mer (?:på|från) .{1,40}"
    r"|senaste nytt|snabblänkar|genvägar|read also)\s*:?$",
    re.I,
)
_QUESTION = re.compile(rf"(?:{'|'.join(_QUESTIONS)})\s*[!.]?$", re.I)
_PHRASE = re.compile(rf"(?:{'|'.join(_QUESTIONS + _PHRASES)})\s*[!.]?$", re.I)


@lru_cache(maxsize=20_000)
def _named(names: str) -> tuple[str, bool]:
    """What class and id say of an element, and whether they make it a panel that opens."""
    words = _CAMEL.sub("-", names).lower()
    panel = bool(_PANEL.search(words))
    if _CERTAIN.search(words):
        return "frame", panel
    if _LIKELY.search(words) or words.strip() == "skip":
        return "likely", panel
    if _RELATED.search(words):
        return "related", panel
    if _BESIDE.search(words):
        return "beside", panel
    return "outer" if _OUTSIDE.search(words) else "", panel


def is_frame(tag: str, attributes: Mapping[str, str | None]) -> str:
    """What an element is by its own tag and attributes.

    Empty for text, "frame" for what is frame wherever it stands, "likely" for frame unless it holds much of
    the text, "outer" for frame unless in the main text, "beside" and "aside" for frame unless it stands in
    the column of the main text, "related" for frame unless it holds files, "hidden" for what no reader sees.
    """
    role = (attributes.get("role") or "").lower()
    if tag in _FRAME_TAGS or role in _FRAME_ROLES:
        return "frame"
    if attributes.get("data-elementor-type") in ("header", "footer", "popup"):
        return "frame"
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:300]
    called, panel = _named(names) if names != " " else ("", False)
    if called in ("frame", "likely"):
        return called
    if _is_hidden(attributes) and not (panel or role in ("tabpanel", "region")):
        return "hidden"
    if called:
        return called
    if tag == "aside" or role == "complementary":
        return "aside"
    return "outer" if tag == "header" or role in _OUTER_ROLES else ""


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    if "hidden" in attributes:
        return attributes["hidden"] != "until-found"
    if attributes.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search((attributes.get("style") or "")[:300]))


def is_phrase(text: str) -> bool:
    """Whether a whole text block is a phrase of the frame ("Hjälpte informationen på sidan dig?")."""
    return len(text) <= 400 and _PHRASE.match(text) is not None


def opens_feedback(text: str) -> bool:
    """Whether a block heads a box that is frame as a whole: a question about the page, comments, sharing."""
    return len(text) <= 120 and _QUESTION.match(text) is not None


def opens_elsewhere(text: str) -> bool:
    """Whether a block heads a list of other pages: "Fler nyheter", "Läs också"."""
    return len(text) <= 40 and _ELSEWHERE.match(text) is not None
