"""Which names may stand before a colon, which words are common, and what is said of what could not be read?

The fixed words of the query language, in Swedish and English. Not for its syntax (``grammar``) nor for
what a query means (``plan``).
"""

from __future__ import annotations

TEXT_FIELDS = {
    "titel": "title", "title": "title", "rubrik": "headings", "heading": "headings", "länktext": "anchors",
    "lanktext": "anchors", "anchor": "anchors", "text": "body", "body": "body",
}  # fmt: skip
VALUE_FIELDS = {
    "kommun": "municipality", "municipality": "municipality", "län": "county", "lan": "county",
    "county": "county",
    "typ": "kind", "kind": "kind", "type": "kind", "område": "area", "omrade": "area", "area": "area",
    "organisation": "organisation_type", "organisationstyp": "organisation_type",
    "utgivare": "publisher", "publisher": "publisher", "språk": "language", "sprak": "language",
    "language": "language",
    "format": "format", "källa": "source", "kalla": "source", "source": "source",
}  # fmt: skip
NAME_FIELDS = {
    "municipality": ("kommun", "municipality"),
    "county": ("län", "county"),
    "publisher": ("utgivare", "publisher"),
}
"""Fields whose values are also found by their names alone, and what they are called."""
YEAR_FIELDS = frozenset(("år", "ar", "year"))
DATE_FIELDS = frozenset(("publicerad", "datum", "published", "date"))
PUBLISHED = ("publicerad", "published")
"""The field that a day typed among words is sought in as well."""
MONTHS = (
    "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober",
    "november", "december",
)  # fmt: skip
FIELD_NAMES = frozenset((*TEXT_FIELDS, *VALUE_FIELDS, *YEAR_FIELDS, *DATE_FIELDS))
NOT_KNOWN = frozenset(("okänt", "okänd", "unknown", "none", "saknas"))

COMMON = frozenset(
    """
    och i att det som en på är av för med till den har de inte om ett vi var kan hur vad när man eller
    så från vid sin sitt sina detta denna dessa då ska skall också efter men under över bli blir blev
    vilka vilken vilket vem varför jag du ni mig min mitt mina gör göra finns får måste bör vill andra
    how do does what which the of and to in a is for on that by with as at be this are from or an it
    who when where why can should have has was were will we our you your they their not there about any some
    find
    """.split()  # noqa: SIM905 - a list of eighty strings is not easier to read
)
"""Words that need not stand in a document, unless the query has no others."""

SLIGHT = frozenset(
    """
    aldrig all alla allt alltid annan annat bara behöver behövs betyder blivit borde båda både där
    eftersom enligt er era ert fanns fick finnas flera få fått ge genom ger gick gjorde gjort gå går gått
    gälla gäller ha hade haft han hans hennes hon här ibland innan innebär innebära kom komma kommer kring
    kunde kunna lång länge längre mellan mer mest mot mycket många nu någon något några nästa oss redan
    samma samt sedan sig själv skulle snart stor stora sådan sådana sådant ta tar tas utan utom vara varit
    varje vart vems vilja vår våra vårt även
    """.split()  # noqa: SIM905 - as above
)
"""Words that say little of what a question is about: less worth where most of the words are enough."""

LABELS = frozenset(("sfs", "dnr", "diarienummer", "diarienr", "ärendenummer"))
"""What stands before a number (SFS 2018:1197, dnr KS 2012/418) and often not: lag (2018:1197)."""

SMALL = frozenset(("eller", "inte", "or", "not"))
"""Operators, when they are written in capitals."""

NOTES = {
    "unclosed_quote": (
        "Citattecknet avslutas aldrig; allt efter det lästes som en fras.",
        "The quotation mark is never closed; everything after it was read as a phrase.",
    ),
    "unclosed_paren": ("En parentes saknar sin andra hälft.", "A bracket lacks its other half."),
    "lone_operator": (
        "{} behöver ett sökord på var sida och lästes därför inte.",
        "{} needs a word on each side and was left out.",
    ),
    "only_signs": ("{} är inget ord och lästes inte.", "{} is not a word and was left out."),
    "deep": ("Parenteserna ligger för djupt och lästes inte.", "The brackets are nested too deeply."),
    "long": (
        "Bara de första 4 000 tecknen lästes.",
        "Only the first 4,000 characters were read.",
    ),
    "many_words": (
        "Bara de första 100 orden lästes.",
        "Only the first 100 words were read.",
    ),
    "short_pattern": (
        "{} lästes inte: skriv minst två bokstäver före * eller ?.",
        "{} was left out: write at least two letters before * or ?.",
    ),
    "wide_pattern": (
        "{} stämmer med så vanliga ord att träffarna även har andra former av dem.",
        "{} matches words so common that hits have other forms of them too.",
    ),
    "no_address": (
        "{} är inte adressen till något dokument här; sökningen gäller dokument som nämner den.",
        "{} is not the address of a document here; searched were documents that mention it.",
    ),
    "no_value": (
        "{} känns inte igen: kontrollera stavningen, eller välj bland filtren.",
        "{} is not recognised: check the spelling, or choose among the filters.",
    ),
    "no_date": (
        "{} är inget årtal eller datum; skriv till exempel 2012, 2011..2014 eller 2014-03-12.",
        "{} is not a year or date; write for instance 2012, 2011..2014 or 2014-03-12.",
    ),
    "near_words": (
        "NÄRA tar på var sida ett ord, en fras eller ord med ELLER; här söktes sidorna utan avstånd.",
        "NEAR takes a word, a phrase or words with OR on each side; these were searched at any distance.",
    ),
    "near_common": (
        "{}: orden är så vanliga att avståndet inte kan räknas; de söktes utan avstånd.",
        "{}: the words are so common that their distance cannot be counted; they were searched at any.",
    ),
    "near_pattern": (
        "{}: i NÄRA räknas alla böjningsformer av de ord som stämmer.",
        "{}: within NEAR all forms of the words that match count.",
    ),
    "many_distances": (
        "Bara fem avstånd läses i en sökning; från {} söktes orden utan avstånd.",
        "Only five distances are read in one query; from {} on words were searched at any distance.",
    ),
    "far": (
        "{}: så stort avstånd går inte att söka (högst 50 ord, mindre mellan många); det största söktes.",
        "{}: words cannot be searched so far apart (at most 50 words, less between many); the most was.",
    ),
    "edits": (
        "{}: högst två bokstäver får skilja, och så söktes det.",
        "{}: at most two letters may differ, and so it was searched.",
    ),
    "star_in_phrase": (
        "{}: * gäller inte inom citattecken; där söks ord i alla sina böjningsformer.",
        "{}: * means nothing within quotation marks, where words are found in all their forms.",
    ),
    "small": (
        "{} lästes som ett vanligt ord; skriv det med stora bokstäver för att söka med det.",
        "{} was read as a common word; write it in capitals to search with it.",
    ),
    "label": (
        "Behöver inte finnas i träffarna: numret räcker.",
        "Need not be in the hits: the number is enough.",
    ),
    "common": ("Vanligt ord: behöver inte finnas i träffarna.", "Common word: need not be in the hits."),
}
"""Sentences in Swedish and English; ``{}`` is what was typed."""
