"""Lines of others become documents."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from indexer import imports
from indexer.errors import KompassError, SettingError
from indexer.export import record
from indexer.imports import ImportProblem, Notes
from indexer.model import Contact, Document, FoundOn, Page


def read(mapping: dict[str, str] | None = None, notes: Notes | None = None, **raw: object) -> Document:
    return imports.document(json.dumps(raw), mapping or {}, notes or Notes())


def test_an_exported_document_comes_back_as_it_was() -> None:
    document = Document(
        "0123456789ab", "https://a.se/plan.pdf", "Plan", "pdf", "a", also_at=("https://a.se/p",),
        kind="policy", language="sv", published="2012-05-11", years=(2012,), municipalities=("1283",),
        counties=("12",), areas=("toolbox",), publisher="A", organisation_type="municipality",
        contacts=(Contact("Strateg", "Kim Ek"),), found_on="https://a.se/", anchor="Planen",
        headings=("Dokument",), links=(FoundOn("https://a.se/", "Planen", ("Dokument",)),), page_count=2,
        text=(Page(1, "Ett", "Rubrik", "iv"), Page(2, "Två")),
    )  # fmt: skip
    notes = Notes()
    assert imports.document(json.dumps(record(document, document.text)), {}, notes) == document
    imports.document(json.dumps(record(replace(document, alike=("x",), series="s"))), {}, notes)
    assert not notes.unknown_keys


def test_a_text_is_a_string_or_pages_under_either_key() -> None:
    assert read(title="T", text="Ett").text == (Page(1, "Ett"),)
    assert read(title="T", text=["Ett", "Två"]).text == (Page(1, "Ett"), Page(2, "Två"))
    assert read(title="T", pages=["Ett"]).text == (Page(1, "Ett"),)
    pages = [{"number": 3, "heading": "H", "text": "Ett"}, {"number": 2, "text": "Två"}]
    assert [(p.number, p.heading) for p in read(title="T", text=pages).text] == [(3, "H"), (4, None)]
    labelled = read(title="T", text=[{"label": "iv", "text": "Ett"}, {"label": "v" * 21}, {"label": 5}])
    assert [p.label for p in labelled.text] == ["iv", None, None]
    beyond = read(title="T", text=[{"number": 10**12, "text": "Ett"}])
    assert beyond.text == (Page(1, "Ett"),)
    assert read(title="T", pages=10**12).page_count is None


def test_their_id_is_kept_so_that_what_refers_to_it_can_be_followed() -> None:
    assert read(id="reg:a/2020/06", title="T").id == "reg:a/2020/06"
    assert (read(id=17, title="T").id, read(id=" a ", title="T").id) == ("17", "a")
    assert read(url="https://a.se/", title="T").id == read(url="https://a.se/", title="Annan").id
    assert read(id=" ", url="https://a.se/", title="T").id == read(url="https://a.se/", title="T").id
    assert read(title="T").id == read(title="T").id != read(title="U").id


def test_common_names_are_understood_and_others_mapped() -> None:
    document = read(title="T", year=2020, date="2020-06-10", municipality="1283")
    assert (document.years, document.published, document.municipalities) == ((2020,), "2020-06-10", ("1283",))
    notes = Notes()
    assert read(notes=notes, title="T", place="Socialdepartementet").publisher is None
    assert notes.unknown_keys == {"place": 1}
    assert (
        read({"place": "publisher"}, title="T", place="Socialdepartementet").publisher
        == "Socialdepartementet"
    )


def test_a_value_that_is_not_ours_is_left_out_and_noted() -> None:
    notes = Notes()
    odd = {"kind": "interpellation", "areas": ["toolbox", "x"], "links": {"a": 1}, "years": [2012, "12"]}
    document = read(notes=notes, title="T", published="i fjol", **odd)
    assert (document.kind, document.areas, document.published) == (None, ("toolbox",), None)
    assert (document.links, document.years) == ((), (2012,))
    assert read(notes=notes, title="T", published="2014").published is None  # a year is no date
    values = {k: dict(v) for k, v in notes.unknown_values.items()}
    assert values == {
        "kind": {"interpellation": 1}, "areas": {"x": 1}, "published": {"i fjol": 1, "2014": 1},
        "years": {"12": 1},
    }  # fmt: skip


def test_what_is_taken_over_can_be_filtered_by() -> None:
    notes = Notes()
    assert read(title="T", source="Mina källor AB").source == "mina-kallor-ab"
    assert read(title="T", language="sv-SE").language == "sv"
    odd = read(notes=notes, title="T", source="", language="<b>", format="epub", url="https://a.se/b.pdf")
    assert (odd.source, odd.language, odd.format) == ("import", None, "pdf")
    assert set(notes.unknown_values) == {"language", "format"}


@pytest.mark.parametrize(
    "line",
    ["", "[]", "null", "{", '{"text": "a"', "[" * 100_000, '{"title": ""}', '{"id": "x"}',
     '{"title": {"a": 1}}',
     '{"title": "T", "text": 5}', '{"title": "T", "text": [5]}', '{"title": "T", "contacts": "Kim"}',
     '{"title": "%s"}' % ("T" * 3_000), '{"title": "T", "also_at": ["https://a.se/%s"]}' % ("a" * 3_000),
     '{"title": "T", "headings": [%s "H"]}' % ('"H",' * 2_000),
     '{"title": "T", "years": {"a": 1}}', '{"title": "T", "id": "a\\u0007b"}',
     '{"title": "T", "id": "%s"}' % ("x" * 301)],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_told_and_never_more(line: str) -> None:
    with pytest.raises(ImportProblem) as e:
        imports.document(line, {}, Notes())
    assert str(e.value)


def test_personal_identity_numbers_are_masked_everywhere_but_in_addresses() -> None:
    document = read(
        title="Beslut 811218-9876",
        text=[{"heading": "811218-9876", "label": "811218-9876", "text": "om 19811218-9876"}],
        contacts=[{"name": "Kim 811218-9876"}], anchor="811218-9876",
    )  # fmt: skip
    assert "9876" not in str(document)


def test_lines_are_read_plain_and_packed_and_counted(tmp_path: Path) -> None:
    text = '\ufeff{"title": "Å"}\n\n{"title": "Ä"}'
    (tmp_path / "a.jsonl").write_text(text, "utf-8")
    with gzip.open(tmp_path / "b.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    for name in ("a.jsonl", "b.jsonl.gz"):
        assert list(imports.lines(tmp_path / name)) == [(1, '{"title": "Å"}'), (3, '{"title": "Ä"}')]


def test_a_line_beyond_measure_is_told_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LONGEST_LINE", 50)
    monkeypatch.setattr(imports, "_MOST_BYTES", 201)
    (tmp_path / "a.jsonl").write_text(f'{{"title": "{"å" * 400}"}}\n{{"title": "Å"}}\n', "utf-8")
    (first, long), following = imports.lines(tmp_path / "a.jsonl")
    with pytest.raises(ImportProblem, match="longer than 50"):
        imports.document(long, {}, Notes())
    assert (first, following) == (1, (2, '{"title": "Å"}'))


def test_bytes_that_are_not_utf8_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes('{"title": "Förskola"}\n{"title": "\\ud800 Ä"}\n'.encode("latin-1"))
    notes = Notes()
    titles = [imports.document(line, {}, notes).title for number, line in imports.lines(tmp_path / "a.jsonl")]
    assert (titles, notes.not_utf8) == (["F\ufffdrskola", "\ufffd \ufffd"], 2)
    read(notes=notes, title="\udcff escaped")
    assert notes.not_utf8 == 2
    (tmp_path / "b.jsonl").write_text('{"title": "Å"}', "utf-16")
    with pytest.raises(KompassError, match="UTF-8"):
        list(imports.lines(tmp_path / "b.jsonl"))


def test_what_a_table_with_gaps_becomes_is_read() -> None:
    line = '{"title": "T", "id": 17.0, "year": 2012.0, "municipality": 1283.0, "publisher": NaN, "kind": NaN}'
    document = imports.document(line, {}, Notes())
    assert (document.id, document.years, document.municipalities) == ("17", (2012,), ("1283",))
    assert (document.publisher, document.kind) == (None, None)
    with pytest.raises(ImportProblem, match="years"):
        imports.document('{"title": "T", "years": [1e400, 2012.5]}', {}, Notes())


@pytest.mark.parametrize("line", ["[", "{", '[{"title": "T"}]'])
def test_json_that_is_not_in_lines_is_told_to_be(line: str) -> None:
    with pytest.raises(ImportProblem, match="line"):
        imports.document(line, {}, Notes())


def test_keys_that_are_told_hold_nothing_that_moves_a_terminal() -> None:
    notes = Notes()
    read(notes=notes, title="T", **{"key\x1b[2J\ud800": 1})
    (key,) = notes.unknown_keys
    assert "\x1b" not in key and key.encode()


def test_a_file_that_is_missing_or_cut_off_says_so(tmp_path: Path) -> None:
    with pytest.raises(KompassError, match="There is no file"):
        list(imports.lines(tmp_path / "none"))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b'{"title": "T"}\n' * 9000)[:-20])
    found = []
    with pytest.raises(KompassError, match="to its end"):
        for _, line in imports.lines(tmp_path / "cut.gz"):
            found.append(line)
    assert found


def test_a_map_names_one_of_our_keys() -> None:
    assert imports.parse_map(["place=publisher"]) == {"place": "publisher"}
    for wrong in ("place", "place=nowhere", "=publisher"):
        with pytest.raises(SettingError, match="--map"):
            imports.parse_map([wrong])


def test_half_characters_and_numbers_beyond_measure_do_no_harm() -> None:
    document = read(
        url="https://a.se/\ud800", also_at=["\udfff"], found_on="\ud800", anchor="\ud83e", title="T\ud83e",
        municipalities=["٠١٢٣"], pages=10**400,
        text=[{"number": 10**30, "text": "Ett"}, {"number": 5, "text": "Två"}],
    )  # fmt: skip
    json.dumps(record(document, document.text), ensure_ascii=False).encode("utf-8")
    assert (document.url, document.title) == ("https://a.se/?", "T\ufffd")
    assert [p.number for p in document.text] == [1, 5]
    assert document.page_count is None and document.municipalities == ()
