"""The catalogue remembers what it was told, in batches, and says plainly what is wrong with it."""

from __future__ import annotations

import multiprocessing
import resource
import sqlite3
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue, Standing, Ties
from indexer.database import COMMIT_ROWS
from indexer.errors import CatalogueError
from indexer.model import Capture, Document, Evidence, FoundOn, Page, Source


def add(catalogue: Catalogue, url: str, digest: str = "d", **more: object) -> Capture:
    one = Capture(
        0,
        "a",
        url,
        "2024-01-01T00:00:00Z",
        200,
        "text/html",
        digest,
        "warc/a.warc.gz",
        0,
        10,
        {"etag": '"1"'},
    )
    return catalogue.add_capture(replace(one, **more))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "store" / "catalogue.sqlite")


def test_last_capture_is_the_one_that_holds_bytes(catalogue: Catalogue) -> None:
    url = "https://a.se/å"
    first = add(catalogue, url)
    add(catalogue, url, status=304, revisit_of=first.id)
    add(catalogue, url, status=404)
    assert catalogue.last_capture(url) == first
    answer = catalogue.last_answer(url)
    assert answer is not None and answer.status == 404
    assert catalogue.last_capture("https://a.se/other") is None


def test_what_is_held_on_to_stays_while_others_write(catalogue: Catalogue) -> None:
    with catalogue:
        add(catalogue, "https://a.se/1")
        catalogue.hold()
        with Catalogue(catalogue.path) as other:
            add(other, "https://a.se/2")
        assert [c.url for c in catalogue.captures()] == ["https://a.se/1"]
        catalogue.commit()
        assert len(list(catalogue.captures())) == 2


def test_captures_are_there_for_another_process_after_commit(catalogue: Catalogue) -> None:
    with catalogue:
        add(catalogue, "https://a.se/1")
        add(catalogue, "https://a.se/2", redirect_to="https://a.se/1", status=301)
    with Catalogue(catalogue.path, create=False) as again:
        assert [(c.url, c.redirect_to) for c in again.captures()] == [
            ("https://a.se/1", None),
            ("https://a.se/2", "https://a.se/1"),
        ]


def test_an_error_inside_the_with_block_undoes_what_was_pending(catalogue: Catalogue) -> None:
    with pytest.raises(ZeroDivisionError), catalogue:
        add(catalogue, "https://a.se/1")
        _ = 1 / 0
    with Catalogue(catalogue.path) as again:
        assert list(again.captures()) == []


def test_what_is_written_is_gathered_into_few_transactions(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.database.time.monotonic", lambda: 0.0)
    done: list[str] = []
    catalogue._db._db.set_trace_callback(done.append)
    for n in range(1_000):
        url = f"https://a.se/{n}"
        catalogue.last_capture(url)
        add(catalogue, url)
        catalogue.clear_failure("a", url)
    assert done.count("COMMIT") == 3 * 1_000 // COMMIT_ROWS


def test_the_crawl_does_not_clear_what_could_not_be_read(catalogue: Catalogue) -> None:
    catalogue.add_failure("a", "https://a.se/x.pdf", "fetch", "timeout", "No answer within 60 s.")
    catalogue.add_failure("a", "https://a.se/x.pdf", "extract", "damaged_pdf", "The file is cut off.")
    catalogue.clear_failure("a", "https://a.se/x.pdf")
    assert [(s, f.reason) for s, f in catalogue.failures()] == [("a", "damaged_pdf")]


def test_what_is_forgotten_stays_forgotten(catalogue: Catalogue) -> None:
    assert not catalogue.forgotten("https://a.se/x")
    catalogue.forget(["https://a.se/x"], "asked for by the person it is about")
    catalogue.commit()
    with Catalogue(catalogue.path) as again:
        assert again.forgotten("https://a.se/x")


@pytest.mark.parametrize(
    ("content", "says"), [(b"not a database at all, but long enough" * 40, "damaged"), (None, "no catalogue")]
)
def test_a_catalogue_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "catalogue.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatalogueError, match=says) as e:
        Catalogue(path, create=False)
    assert str(path) in str(e.value) and "kompass" in str(e.value)


def test_a_catalogue_of_another_version_is_not_touched(catalogue: Catalogue) -> None:
    catalogue.close()
    db = sqlite3.connect(catalogue.path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(CatalogueError, match=r"later version .* Run that version"):
        Catalogue(catalogue.path)


def plan(text: str = "Barnets bästa.", **more: object) -> Document:
    values: dict[str, object] = {
        "years": (2012, 2013), "links": (FoundOn("https://a.se/", "Planen", ("2012",)),),
        "evidence": (Evidence("years", "2012", "year.title", "2012"),), "text": (Page(1, text, "Inledning"),),
        "fetched_at": "2024-01-01T00:00:00Z", "first_seen": "2024-01-01T00:00:00Z",
        "checked_at": "2024-01-01T00:00:00Z", "source": "a",
    }  # fmt: skip
    return Document("0123456789ab", "https://a.se/plan.pdf", "Plan", "pdf", **values | more)


def test_a_document_comes_back_as_it_was_put(catalogue: Catalogue) -> None:
    assert catalogue.put(plan(), inputs="x") == 1
    assert catalogue.document("0123456789ab") == plan()
    assert list(catalogue.documents()) == [plan()]
    assert catalogue.standings() == {"0123456789ab": Standing("held", "x", 1, "https://a.se/plan.pdf")}
    assert catalogue.document("000000000000") is None


def test_another_text_is_another_version_and_the_old_one_is_kept(catalogue: Catalogue) -> None:
    catalogue.put(plan("Den gamla texten."), inputs="1")
    assert catalogue.put(plan("Den nya texten.", fetched_at="2025-01-01T00:00:00Z"), inputs="2") == 2
    texts = [(d.version, d.text[0].text, d.fetched_at) for d in catalogue.versions("0123456789ab")]
    assert texts == [
        (2, "Den nya texten.", "2025-01-01T00:00:00Z"),
        (1, "Den gamla texten.", "2024-01-01T00:00:00Z"),
    ]


def test_other_metadata_is_the_same_version_but_indexed_anew(catalogue: Catalogue) -> None:
    catalogue.put(plan(), inputs="1")
    before = catalogue.fingerprints()
    assert catalogue.put(plan(years=(2014,), fetched_at="2025-01-01T00:00:00Z"), inputs="2") == 1
    assert catalogue.fingerprints() != before
    document = catalogue.document("0123456789ab")
    assert (
        document is not None and document.years == (2014,) and document.fetched_at == "2024-01-01T00:00:00Z"
    )


def test_only_what_is_held_is_in_the_results(catalogue: Catalogue) -> None:
    catalogue.put(plan(), inputs="1")
    catalogue.set_state("0123456789ab", "gone")
    assert list(catalogue.documents()) == [] and catalogue.fingerprints() == {}
    assert catalogue.document("0123456789ab") is not None
    catalogue.erase("0123456789ab")
    assert catalogue.document("0123456789ab") is None and list(catalogue.versions("0123456789ab")) == []


def test_series_and_last_check_do_not_make_a_version(catalogue: Catalogue) -> None:
    catalogue.put(plan(), inputs="1")
    before = catalogue.fingerprints()
    catalogue.set_checked([("0123456789ab", "2026-01-01T00:00:00Z")])
    assert catalogue.fingerprints() == before
    catalogue.set_ties({"0123456789ab": Ties("s1")})
    assert catalogue.fingerprints() != before
    document = catalogue.document("0123456789ab")
    assert document is not None
    assert (document.series, document.checked_at, document.version) == ("s1", "2026-01-01T00:00:00Z", 1)


def test_ties_are_given_with_the_document_and_survive_new_metadata(catalogue: Catalogue) -> None:
    catalogue.put(plan(), inputs="1")
    why = Evidence("series", "s1", "series.name", "plan")
    ties = Ties("s1", (why,), ("ba9876543210",))
    catalogue.set_ties({"0123456789ab": ties})
    document = catalogue.document("0123456789ab")
    assert document is not None and document.alike == ties.alike and document.evidence[-1] == why
    catalogue.put(replace(document, kind="policy"), inputs="2")
    assert catalogue.ties() == {"0123456789ab": ties}


def test_a_catalogue_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with Catalogue(path) as made:
        made.put(plan(), inputs="1")
    db = sqlite3.connect(path)
    db.executescript("ALTER TABLE document DROP COLUMN ties; DROP TABLE sketch; PRAGMA user_version = 1;")
    db.close()
    with Catalogue(path) as opened:
        assert opened.document("0123456789ab") is not None and opened.ties() == {"0123456789ab": Ties()}
        assert len(opened.readings.without_sketch()) == 1
    with Catalogue(path, create=False) as again:
        assert len(list(again.documents())) == 1


def test_half_a_surrogate_pair_does_no_harm(catalogue: Catalogue) -> None:
    catalogue.put(replace(plan("trasig \ud800 text"), title="\udfff"), inputs="1")
    document = catalogue.document("0123456789ab")
    assert document is not None and (document.text[0].text, document.title) == ("trasig ? text", "?")


def test_status_tells_what_is_held_and_what_is_missing(catalogue: Catalogue) -> None:
    a, b, c = (Source(i, i.upper(), i, "municipality", (), enabled=i != "c") for i in "abc")
    # The second crawl of b got nothing but "404" and elsewhere; during its first the clock was wrong.
    days = ("2024-01-01", "2036-01-02", "2024-01-03")
    for source, day in zip("abb", days, strict=True):
        run = catalogue.start_run(source)
        reason = "page_limit" if source == "a" else "finished"
        catalogue.finish_run(run, finished=source == "b", reason=reason, pages=2, bytes_=1)
        times = f"started_at = '{day}T00:00:00Z', finished_at = '{day}T09:00:00Z'"
        catalogue._db.execute(f"UPDATE run SET {times} WHERE id = {run}")
    for source, day, status in (("a", days[0], 200), ("b", days[1], 200), ("b", days[2], 404)):
        add(catalogue, "https://a.se/1", source=source, fetched_at=f"{day}T01:00:00Z", status=status)
    add(catalogue, "https://a.se/", source="b", fetched_at=f"{days[2]}T02:00:00Z", status=301)
    catalogue.put(plan(), inputs="1")
    catalogue.put(replace(plan(years=(), read_by="none"), id="ffffffffffff"), inputs="1")
    catalogue.put(replace(plan(source="imported"), id="eeeeeeeeeeee"), inputs="1", origin="import")
    catalogue.add_failure("a", "https://a.se/x", "fetch", "timeout", "No answer within 60 s.")
    catalogue.add_failure("a", "https://a.se/y", "robots", "refused_by_robots", "Refused.")
    first, second, third, other = catalogue.statuses([a, b, c])
    assert (first.state, second.state, third.state, other.id) == ("ok", "failing", "disabled", "imported")
    assert (first.ended, second.ended, third.ended) == ("page_limit", None, None)
    assert (second.last_crawl, second.last_success) == ("2024-01-03T00:00:00Z", "2036-01-02T00:00:00Z")
    assert (first.documents, first.captures, first.unreadable, first.refused_by_robots) == (2, 1, 1, 1)
    assert dict(first.years) == {"2012": 1, "2013": 1, "none": 1}
    assert [f.reason for f in first.failures] == ["timeout", "refused_by_robots"]


def test_a_crawl_under_way_or_killed_fails_only_where_it_got_no_page(catalogue: Catalogue) -> None:
    a = Source("a", "A", "A", "municipality", ())
    catalogue.start_run("a")
    add(catalogue, "https://a.se/1", status=404)
    catalogue._db.execute("UPDATE run SET started_at = '2024-01-01T00:00:00Z'")
    assert catalogue.statuses([a])[0].state == "failing"
    add(catalogue, "https://a.se/1")
    assert catalogue.statuses([a])[0].state == "ok"
    catalogue.start_run("a")  # another one has begun, and has got nothing as yet
    assert catalogue.statuses([a])[0].state == "ok"


@pytest.mark.parametrize("busy", [False, True])
def test_a_catalogue_that_may_only_be_read_is_read(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    with catalogue:
        add(catalogue, "https://a.se/å")
    writer = Catalogue(catalogue.path) if busy else None  # keeps its log beside the file
    monkeypatch.setattr("indexer.database.os.access", lambda path, mode: False)
    beside = {p.name for p in catalogue.path.parent.iterdir()}
    with Catalogue(catalogue.path) as reader:
        assert [c.url for c in reader.captures()] == ["https://a.se/å"]
        with pytest.raises(CatalogueError, match="owner and permissions"):
            reader.start_run("a")
    assert {p.name for p in catalogue.path.parent.iterdir()} == beside
    if writer:
        writer.close()


def _write_without_room(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with pytest.raises(CatalogueError, match="Make room"), Catalogue(path) as catalogue:
        add(catalogue, "https://a.se/1")


def test_a_disk_without_room_for_the_log_is_told_alike(catalogue: Catalogue) -> None:
    catalogue.close()
    writer = multiprocessing.get_context("fork").Process(target=_write_without_room, args=(catalogue.path,))
    writer.start()
    writer.join()
    assert writer.exitcode == 0


def test_a_full_disk_is_told_with_what_to_do(catalogue: Catalogue) -> None:
    catalogue._db.execute("PRAGMA max_page_count = 40")  # SQLite's own limit has the same error
    for together in (nullcontext, catalogue._db.together):  # all of what belongs together is undone by SQLite
        with pytest.raises(CatalogueError, match="Make room"), together():
            for n in range(10_000):
                add(catalogue, f"https://a.se/{n}")
