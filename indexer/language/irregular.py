"""Which Swedish words follow no rule? Plurals with another vowel, and words that are never inflected.

The dictionary holds böcker and bok as two words; its rules would make mot a form of mod and det of
den. What is written here goes before the dictionary.
"""

from __future__ import annotations

import re

IRREGULAR = {
    form: word
    for word, forms in {
        "allmän": "allmänna allmänt",
        "anmäla": "anmälan anmälans anmälning anmälningen anmälningar anmälningarna",
        "ansökan": "ansökans ansökning ansökningen ansökningar ansökningarna",
        "barn": "barnet barnen",
        "bok": "böcker böckerna",
        "bonde": "bönder bönderna",
        "brand": "bränder bränderna",
        "bred": "brett",
        "bror": "bröder bröderna broder brodern",
        "del": "delarna delarnas",
        "djup": "djupt",
        "dotter": "döttrar döttrarna",
        "dubbel": "dubbla dubbelt",
        "faktum": "fakta",
        "far": "fäder fäderna fader fadern",
        "finger": "fingret fingrar fingrarna",
        "fordran": "fordrans fordring fordringen fordringar fordringarna",
        "fot": "fötter fötterna",
        "foto": "foton fotona",
        "förfrågan": "förfrågans förfrågning förfrågningar förfrågningarna",
        "förälder": "föräldrar föräldrarna",
        "gammal": "gamla gamle",
        "gata": "gatan gatans",
        "god": "goda gott godare",
        "gås": "gäss gässen",
        "hand": "händer händerna",
        "havare": "havaren havarens havares havarna havarnas",
        "hem": "hemmet hemmets hemmen hemmens",
        "hög": "högt",
        "höger": "högern",
        "inbjuda": "inbjudan inbjudans inbjudning inbjudningar inbjudningarna",
        "kristen": "kristna kristnas",
        "land": "länder länderna",
        "ledamot": "ledamöter ledamöterna",
        "liten": "litet lilla lille små",
        "läger": "lägret lägren",
        "make": "makarna makarnas",
        "man": "män männen mannen",
        "modern": "moderna modernt moderne",
        "mogen": "mogna moget",
        "mor": "mödrar mödrarna moder",
        "mus": "möss mössen",
        "natt": "nätter nätterna",
        "nyckel": "nycklar nycklarna",
        "ord": "orden ordens",
        "post": "poster posterna posternas",
        "premie": "premier premierna",
        "rand": "ränder ränderna",
        "roll": "roller rollerna",
        "rot": "rötter rötterna",
        "rådande": "råder rådde råda rådit",
        "senast": "senaste",
        "son": "söner sönerna",
        "stad": "städer städerna",
        "stand": "ständer ständerna",
        "strand": "stränder stränderna",
        "studie": "studier studierna studiernas studium studiet",
        "stång": "stängerna",
        "syster": "systrar systrarna",
        "särskild": "särskilt särskilda särskilde",
        "säker": "säkra säkrar säkrade säkrat säkras säkrad",
        "tand": "tänder tänderna",
        "tång": "tänger tängerna",
        "viss": "visst vissa",
        "vän": "vänner vännerna vänners vännernas",
        "öga": "ögon ögonen",
        "öppen": "öppna öppnar öppnade öppnat öppnas öppnades öppnad öppnande öppnandet",
        "öra": "öron öronen",
        # verbs that the dictionary has in parts only, or takes for other words
        "anta": "antagen antagna",
        "betala": "betalt betald betalda",
        "bidra": "bidrog bidrogs",
        "bjuda": "bjuden bjudet bjudna",
        "bli": "blir blev blivit bliva",
        "bo": "bor bodde bott",
        "bryta": "bruten brutet brutna",
        "bära": "burit buren burna bärs",
        "böra": "borde",
        "dela": "delad delade delat delas delades delats",
        "dra": "dragit dragits dragna drogs",
        "driva": "drev drivit driven drivet drivna",
        "döma": "dömd dömdes",
        "finna": "fann funnit funnen funna finner",
        "finnas": "finns fanns funnits",
        "fälla": "fälld fällda fällde fälldes fällt fällts",
        "följa": "följs följdes följts",
        "föreslå": "föreslagen föreslaget föreslagna",
        "försvinna": "försvinner försvann försvunnit försvunnen försvunna",
        "ge": "ger gav gett givit giva ges gavs givits given givet givna",
        "göra": "gör gjorde gjort görs gjordes gjorts göras gjord gjorda",
        "ha": "har hade haft",
        "handla": "handlade handlades",
        "hålla": "hållna",
        "ikraftträda": "ikraftträdande ikraftträdandet ikraftträder ikraftträdde ikraftträtt",
        "komma": "kom komma kommer kommit kommits kommen kommet komna",
        "kunna": "kunde",
        "leda": "lett letts ledd ledda",
        "lägga": "lägger läggs lagt lagts lagd lagda lade lades",
        "lära": "lärde lärt lärts",
        "läsa": "läst lästs",
        "motta": "mottagen mottaget mottagna",
        "nå": "nås",
        "nämna": "nämnda nämnas",
        "omhänderta": "omhändertagen omhändertaget omhändertagna",
        "ordna": "ordnar",
        "påstå": "påstådd påstådda påstått",
        "röra": "rörde rörd rörda rördes rört rörts",
        "se": "ses",
        "sitta": "sitter suttit",
        "skjuta": "skjutit skjutits skjuten skjutna",
        "skriva": "skrev skrivit skrevs skriven skrivet skrivna",
        "slippa": "slipper",
        "slå": "slog slogs slagit slagits slagna",
        "sprida": "spridd spridda spritt spritts",
        "stå": "stod",
        "stänga": "stänger",
        "stöda": "stödja stödjer stöder stödde stöds stöddes stödjas stödjande",
        "säga": "säger sade sa sagt sägs sagts",
        "sälja": "sålde såldes sålt såld sålda",
        "sätta": "sätta sätter satte sattes satt satta satts sätts",
        "ta": "tar tog tagit tas tagits togs taga tagna",
        "träda": "träder trädde trädes träds trätt",
        "uppta": "upptagen upptaget",
        "veta": "vet visste vetat",
        "vidta": "vidtagen vidtaget",
        "vinna": "vann vunnit vunnen vunna vinner vinns",
        "visa": "visar visade visades visat visats visas visad",
        "välja": "valde valdes valt vald valda",
        "vända": "vänd vända vänt vänts",
        "växa": "växte",
        "yttra": "yttrar",
    }.items()
    for form in forms.split()
}
"""Form → the word it is a form of. A compound that ends in the form ends in the word: arbetsböcker."""

_END = re.compile(f"({'|'.join(sorted(IRREGULAR, key=len, reverse=True))})s?$")
_TAILS = frozenset(form[-3:] for word in IRREGULAR for form in (word, word + "s"))


def irregular(form: str) -> tuple[str, str] | None:
    """(what stands before it, the word) when ``form`` ends in an irregular form: ("arbets", "bok")."""
    if form[-3:] not in _TAILS:
        return None
    match = _END.search(form)
    return (form[: match.start()], IRREGULAR[match[1]]) if match else None


UNINFLECTED = frozenset(
    """aktig alla allt alltid an andra annan annat antingen att av bara bland blott bort borta båda både de
    dem den denna denne deras dess dessa dessas det detta dig din dina ditt du då dåvarande där därav
    därefter däremot därför därigenom därmed därtill därutöver därvid efter eftersom ej eller emot en ena
    enligt er era ert ett fast fler flera flest fram från följande för före förrän genom hans havare helt
    hennes hit hon honom hos hur här i icke in inga ingen inget innan inne inom inte internet ja jag ju kan
    kanske kring kvar lite längs man med medan mellan men mer mest mig min mina mitt mot mycket många nacka
    ned nej ner ni nog nu nuvarande nyss någon något några när nära närmare närmast närmaste nästa nästan
    och ock också om oss ovan per på redan runt rådande samma samt sedan sen senare senast sig sin sina sitt
    själv själva ska skall skulle snart som så sådan sådana sådant sådär således såsom till tills trots
    under upp ur ut utan ute utom utöver vad varandra varför varje vars vart vem vi via vid vidare vilka
    vilken vilket viss vår våra vårt väl yttre åt åter än ändå ännu är över""".split()  # noqa: SIM905  a list of 200 strings reads worse
)
"""Words, mostly without a meaning of their own, that are not to be taken for forms of others."""

UNPARTED = UNINFLECTED | frozenset(
    """ackreditering allehanda angelägen angelägenhet anledning anspråk avsevärd bakgrund bassäng behållning
    betänka biträda biträdande biträde bokföra bokföring bokslut borgenär brottslig brådska delaktig
    delaktighet dröjsmål efterhand enskild erfarenhet felaktig felaktighet fortfarande fortsätta
    fortsättning fruktansvärd följaktligen förarbete föremål förespråka förutsätta förutsättning godkänna
    godkännande granskare grundval handledare handledning handlägga handläggare handläggning handräckning
    hushåll hushålla hushållning hänsyn ikraftträda ikraftträdande inledning inskränkning kartlägga
    kartläggning klagomål kritisera kungöra kurdisk kurdiska landsting lekman likartad livsmedel läkemedel
    markant misshandla misstänka modersmål moratorium motivering motsvarighet målsägande måltid ordförande
    ordinera orättvisa ovannämnd porträtt riksdag rättvisa sammanträda sammanträde samtycka samtycke
    sannolikhet similar sistnämnd stabil stolthet säkerställa särskild särskilt tillfredsställa tillräcklig
    tionde tjocklek tonåring trovärdig trovärdighet underlåtenhet uppföljande uppskatta utbetalare utbyta
    utflykt varaktig vardag verkstad verkställa verkställande verkställighet villkora väderlek vägleda
    vägledare vägledning vägnar ytterligare århundrade ändamål önskemål""".split()  # noqa: SIM905
)
"""Words that are not taken apart: also those that only look like compounds, or mean something else by now.
Who seeks bil means no stabil, who seeks hus no hushåll, who seeks ledning no anledning and who seeks mål no
önskemål."""

KEPT = frozenset(
    """bilda blanda jaga kosta lita lova mena noga passa rike sitta ställe tillse tolka trotsa träda vara
    villa vite våga väga yrka ämna""".split()  # noqa: SIM905
)
"""Words that keep their last vowel, since without it they would be another: who seeks kost means no kosta,
who seeks villor no vill, and who seeks mena no men."""

SHORTENED = {"klas": "klass", "lät": "lätt", "nat": "natt", "pres": "press", "remis": "remiss"}
"""First parts that lose the last of three equal letters: remissvar, klasstorlek. Only those that are hardly
anything else there: glasskärva, mattid and tjällossning lose none."""
