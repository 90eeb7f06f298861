"""A small collection for the tests of the interface: every state a page can show, and hostile text."""

from __future__ import annotations

from pathlib import Path

from indexer.build import Contents, build
from indexer.model import (
    Contact,
    Document,
    Evidence,
    Failure,
    FoundOn,
    OutlineEntry,
    Page,
    SourceStatus,
)
from indexer.packing import to_json

HOSTILE = "<script>alert(1)</script> \"citat\" 'apostrof' & \u202eomvänd\u202c"


def document(id_: str, title: str, **known: object) -> Document:
    url = str(known.pop("url", f"https://www.example.se/{id_}"))
    return Document(id=id_, url=url, title=title, format=str(known.pop("format", "html")), **known)


def collection() -> list[Document]:
    plan = document(
        "aaaaaaaaaaaa",
        "Processplan 2012",
        url="https://kfsk.example.se/filer/processplan-2012.pdf",
        format="pdf",
        source="kfsk",
        kind="process_plan",
        language="sv",
        published="2012-03-14",
        years=(2012, 2013),
        municipalities=("1285", "1260"),
        counties=("12",),
        areas=("governance", "education"),
        publisher="Kommunförbundet Skåne",
        organisation_type="association",
        contacts=(Contact("Handläggare", "Karin Exempelsson"),),
        found_on="https://kfsk.example.se/barn/modellen",
        anchor="Processplan 2012 (PDF, nytt fönster)",
        headings=("Modellens beståndsdelar", "Dokument", "2012"),
        links=(
            FoundOn(
                "https://kfsk.example.se/barn/modellen",
                "Processplan 2012 (PDF, nytt fönster)",
                ("Modellens beståndsdelar", "Dokument", "2012"),
            ),
            FoundOn("https://kfsk.example.se/barn", "planen", ()),
        ),
        also_at=("https://kfsk.example.se/filer/plan.pdf",),
        page_count=3,
        text=(
            Page(1, "Processplan för utbildningsinsatser\nStyrelsen antog planen.", "Inledning"),
            Page(2, "Barnchecklistan används i varje kommun.\nUtbildning ges i två steg.", "Genomförande"),
            Page(3, "Uppföljning sker varje år. Processplan och barnchecklista ses över.", None, "iii"),
        ),
        evidence=(
            Evidence("years", "2012", "year.heading_above_link", "2012"),
            Evidence("kind", "process_plan", "kind.title", "Processplan"),
            Evidence("municipalities", "1285", "place.text", "Eslövs kommun"),
        ),
        outline=(OutlineEntry(1, "Inledning", 1), OutlineEntry(2, "Genomförande", 2)),
        series="s1",
        fetched_at="2026-11-20T10:00:00Z",
        checked_at="2026-11-21T10:00:00Z",
    )
    found = [
        plan,
        document(
            "aaaaaaaaaaab",
            "Processplan 2011",
            format="pdf",
            source="kfsk",
            kind="process_plan",
            language="sv",
            years=(2011,),
            municipalities=("1285",),
            counties=("12",),
            publisher="Kommunförbundet Skåne",
            series="s1",
            text=(Page(1, "Processplan för utbildningsinsatser i Skåne 2011."),),
        ),
        document(
            "bbbbbbbbbbbb",
            HOSTILE,
            source="lund",
            kind="webpage",
            language="sv",
            years=(2014,),
            municipalities=("1281",),
            counties=("12",),
            publisher=HOSTILE,
            anchor=HOSTILE,
            headings=(HOSTILE,),
            found_on="javascript:alert(1)",
            problem=HOSTILE,
            evidence=(Evidence("years", "2014", "year.title", HOSTILE),),
            text=(Page(1, HOSTILE + " fientlig " + "å" * 20_000, HOSTILE),),
        ),
        document(
            "cccccccccccc",
            "Länk som inte får bli en länk",
            url="javascript:alert(2)",
            source="lund",
            text=(Page(1, "Fientlig adress."),),
        ),
        document(
            "dddddddddddd",
            "Tom skannad fil",
            format="pdf",
            source="lund",
            read_by="none",
            problem="Filen har ingen text som går att läsa.",
        ),
        document(
            "eeeeeeeeeeee",
            "The rights of the child at local level",
            language="en",
            kind="presentation",
            format="pptx",
            source="helsingborg",
            years=(2015,),
            municipalities=("1283",),
            counties=("12",),
            page_count=2,
            text=(Page(1, "The rights of the child", "Title"), Page(2, "Checklist for the library")),
        ),
        document(
            "ffffffffffff",
            "Lång redogörelse",
            format="pdf",
            source="helsingborg",
            kind="report",
            years=(2018,),
            municipalities=("1283",),
            counties=("12",),
            page_count=12,
            text=tuple(Page(n, f"Sida {n} om uppföljning.\n" + "ord " * 5_000) for n in range(1, 13)),
        ),
    ]
    for n in range(30):
        year = 2008 + n % 15
        code = ("1283", "1281", "1280", "1293", "1260")[n % 5]
        found.append(
            document(
                f"{n:012x}",
                f"Barnchecklista för biblioteket, del {n}",
                source="helsingborg" if code == "1283" else "kfsk",
                kind=("checklist", "minutes", "guidance", "decision", "invitation")[n % 5],
                language="sv",
                published=f"{year}-05-{n % 28 + 1:02d}",
                years=(year,),
                municipalities=(code,),
                counties=("12",),
                areas=("toolbox",) if n % 2 else ("follow_up",),
                publisher="Helsingborgs stad" if code == "1283" else "Kommunförbundet Skåne",
                organisation_type="municipality" if code == "1283" else "association",
                headings=("Aktiviteter",) if n % 7 == 0 else (),
                text=(
                    Page(1, f"En barnchecklista för barnets bästa, del {n}. Frågor till verksamheten."),
                    Page(2, "Svara på barnchecklistans frågor innan beslut fattas."),
                ),
            )
        )
    return found


def statuses() -> list[SourceStatus]:
    def status(id_: str, name: str, state: str, code: str | None = None, **more: object) -> SourceStatus:
        return SourceStatus(id_, name, name, state != "disabled", state, code, "12", **more)

    failure = Failure(
        "https://www.example.se/x", "fetch", "timeout", "Servern svarade inte i tid.", "2026-11-20T10:00:00Z"
    )
    return [
        status("kfsk", "Kommunförbundet Skåne", "ok", documents=26, last_success="2026-11-20T10:00:00Z"),
        status(
            "helsingborg", "Helsingborgs stad", "ok", "1283", documents=8, last_success="2026-11-20T10:00:00Z"
        ),
        status("lund", "Lunds kommun", "failing", "1281", documents=9, failures=(failure,), unreadable=1),
        status("osby", "Osby kommun", "failing", "1273", failures=(failure,)),
        status(
            "ystad", "Ystads kommun", "ok", "1286", last_success="2026-11-20T10:00:00Z", refused_by_robots=3
        ),
        status("bjuv", "Bjuvs kommun", "never_crawled", "1260"),
        status("hoor", "Höörs kommun", "disabled", "1267"),
    ]


def publish(index: Path, collected: list[Document]) -> Path:
    """Put an index of these documents in use."""
    documents = {d.id: d for d in collected}
    fingerprints = {i: str(hash(to_json(d))) for i, d in documents.items()}
    build(index, Contents(fingerprints, lambda: iter(documents.values()), statuses()))
    return index


def build_index(index: Path) -> Path:
    return publish(index, collection())
