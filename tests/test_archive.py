"""Keeping bytes in WARC: whole, readable by others, mendable, and removable without moving anything."""

from __future__ import annotations

import errno
import gzip
import io
import os
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from scrapy.http import Response
from warcio.checker import Checker

from indexer.crawl import archive, warc
from indexer.crawl.archive import ArchiveError, WarcArchive, read, records
from indexer.crawl.keep import _headers
from indexer.crawl.warc import ROBOTS, Exchange, Place, TooLarge, decoded
from indexer.extract.robots import robots_words

AT = "2026-11-22T04:39:37Z"
URL = "https://www.exempelstad.se/barn/plan.html"


def exchange(url: str = URL, body: bytes = b"<h1>Plan</h1>", **more: object) -> Exchange:
    values: dict[str, object] = {
        "source": "exempelstad",
        "url": url,
        "requested": url,
        "fetched_at": AT,
        "request_headers": [("User-Agent", "Barnrattskompassen/0.1")],
        "protocol": "HTTP/1.1",
        "status": 200,
        "reason": "OK",
        "headers": [("Content-Type", "text/html"), ("ETag", '"1"'), ("Transfer-Encoding", "chunked")],
        "body": body,
        "digest": "ab" * 32,
        "media_type": "text/html",
        **more,
    }
    return Exchange(**values)


def write(corpus: Path, *exchanges: Exchange, max_file: int = archive.MAX_FILE) -> list[Place]:
    with WarcArchive(corpus, "exempelstad", "kompass", max_file) as warc:
        return [warc.append(e) for e in exchanges]


def is_valid(corpus: Path) -> bool:
    class Arguments:
        verbose = False
        inputs = [str(p) for p in archive.files(corpus)]  # noqa: RUF012

    checker = Checker(Arguments())
    checker.process_all()
    return checker.exit_value == 0


def test_what_is_kept_can_be_read_back_by_file_and_offset(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(200_000)
    places = write(tmp_path, exchange(), exchange(URL + "?b", noise), exchange(URL + "?c", b""))
    for place, body in zip(places, (b"<h1>Plan</h1>", noise, b""), strict=True):
        headers, payload = read(tmp_path, place.warc, place.offset)
        assert payload == body and headers["etag"] == '"1"'
    assert places[0].warc.startswith("warc/exempelstad/exempelstad-") and is_valid(tmp_path)


def test_what_one_line_asks_of_another_robot_does_not_hide_what_the_next_asks_of_all(tmp_path: Path) -> None:
    lines = [
        ("X-Robots-Tag", "googlebot: nofollow"),
        ("x-robots-tag", "noindex"),
        ("Vary", "a"),
        ("Vary", "b"),
    ]
    (place,) = write(tmp_path, exchange(headers=lines))
    headers, _ = read(tmp_path, place.warc, place.offset)
    assert robots_words(headers["x-robots-tag"]) == {"noindex"} and headers["vary"] == "a, b"
    (record,) = records(tmp_path)
    fetched = Response(URL, headers={"X-Robots-Tag": ["googlebot: nofollow", "noindex"], "Vary": ["a", "b"]})
    assert record.headers == _headers(fetched) | {"content-length": record.headers["content-length"]}


def test_everything_the_catalogue_needs_stands_in_the_record(tmp_path: Path) -> None:
    there = exchange(
        "https://e.se/b", b"", status=301, redirect_to="https://e.se/c", headers=[("Location", "/c")]
    )
    places = write(tmp_path, exchange(), there, exchange("https://e.se/robots.txt", role=ROBOTS))
    first, second = records(tmp_path)
    assert first.place == places[0] and second.place == places[1]
    assert (first.source, first.url, first.fetched_at, first.status) == ("exempelstad", URL, AT, 200)
    assert (first.media_type, first.digest, first.headers["content-type"]) == (
        "text/html",
        "ab" * 32,
        "text/html",
    )
    assert (second.status, second.redirect_to) == (301, "https://e.se/c")
    assert [r.role for r in records(tmp_path, (ROBOTS,))] == [ROBOTS]


def test_an_unchanged_answer_is_a_revisit_and_reads_as_what_it_repeats(tmp_path: Path) -> None:
    (first,) = write(tmp_path, exchange())
    not_modified = exchange(
        body=b"", status=304, reason="Not Modified", headers=[("ETag", '"1"')], repeats=first
    )
    same = exchange(headers=[("X-New", "1")], repeats=first)
    for place in write(tmp_path, not_modified, same):
        assert place.length < 700
        assert read(tmp_path, place.warc, place.offset)[1] == b"<h1>Plan</h1>"
    assert [r.repeats for r in records(tmp_path)] == [None, *[(first.warc, first.offset)] * 2]
    assert is_valid(tmp_path)


def test_a_file_is_cut_at_its_size_and_the_next_begun(tmp_path: Path) -> None:
    places = write(tmp_path, *(exchange(f"{URL}?{i}") for i in range(5)), max_file=1500)
    assert len({p.warc for p in places}) > 1
    assert [r.url for r in records(tmp_path)] == [p.url for p in places]


def test_a_headers_line_break_makes_no_new_header(tmp_path: Path) -> None:
    (place,) = write(
        tmp_path, exchange(headers=[("X-Bad", "a\r\nWARC-Type: warcinfo")], url="https://e.se/å\r\nX: y")
    )
    assert read(tmp_path, place.warc, place.offset)[0] == {
        "x-bad": "a WARC-Type: warcinfo", "content-length": "13",
    }  # fmt: skip
    assert is_valid(tmp_path)


def test_what_a_killed_run_left_is_cut_after_the_last_whole_record(tmp_path: Path) -> None:
    warc = WarcArchive(tmp_path, "exempelstad", "kompass")
    first = warc.append(exchange())
    warc.append(exchange(URL + "?lost", random.Random(1).randbytes(5000)))
    (path,) = archive.files(tmp_path)
    assert path.name.endswith(".open")
    assert read(tmp_path, first.warc, first.offset)[1] == b"<h1>Plan</h1>"  # readable while it is written
    path.write_bytes(path.read_bytes()[:-700])
    assert archive.recover(tmp_path, "exempelstad") == 1
    assert [r.url for r in records(tmp_path)] == [URL]
    assert is_valid(tmp_path) and not list(tmp_path.rglob("*.open"))
    assert archive.recover(tmp_path, "exempelstad") == 0


FULL = """
import resource, signal, sys
from pathlib import Path
from test_archive import URL, exchange, random
from indexer.crawl.archive import WarcArchive
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with WarcArchive(Path(sys.argv[1]), "exempelstad", "kompass") as warc:
    warc.append(exchange())
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        warc.append(exchange(URL + "?b", random.Random(1).randbytes(int(sys.argv[2]))))
    except OSError:
        sys.exit(7)
"""


@pytest.mark.parametrize("size", [19_000, 100_000])  # in the last piece that is written, and before it
def test_a_full_disk_leaves_no_half_record(tmp_path: Path, size: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(size)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        check=False,
    )
    assert done.returncode == 7
    (path,) = archive.files(tmp_path)
    assert archive.damage(path) == 0 and [r.url for r in records(tmp_path)] == [URL]


def test_a_record_that_cannot_be_blanked_out_is_told_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, exchange())
    (path,) = archive.files(tmp_path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveError, match=r"No space left on device.* run the same command again"):
        archive.rewrite_without(tmp_path, URL, "begärt")
    assert list(path.parent.iterdir()) == [path] and path.read_bytes() == before


def test_a_forgotten_address_is_gone_and_everything_else_stays_where_it_was(tmp_path: Path) -> None:
    secret = "Hemligt " * 50
    (first,) = write(tmp_path, exchange(body=secret.encode()))
    others = write(
        tmp_path,
        exchange(URL + "?before"),
        exchange(body=random.Random(1).randbytes(300_000)),
        exchange(body=secret.encode(), repeats=first),
        exchange(URL + "?after", b"kvar"),
    )
    sizes = [p.stat().st_size for p in archive.files(tmp_path)]
    assert archive.rewrite_without(tmp_path, URL, "begäran 12\r\nWARC-Type: response") == 6
    assert [r.url for r in records(tmp_path)] == [URL + "?before", URL + "?after"]
    assert read(tmp_path, others[-1].warc, others[-1].offset)[1] == b"kvar"
    assert [p.stat().st_size for p in archive.files(tmp_path)] == sizes
    everything = b"".join(gzip.decompress(p.read_bytes()) for p in archive.files(tmp_path))
    assert b"Hemligt" not in everything and (URL + "\r").encode() not in everything
    assert "begäran 12".encode() in everything and is_valid(tmp_path)
    with pytest.raises(ArchiveError, match="a metadata record"):
        read(tmp_path, first.warc, first.offset)
    assert archive.rewrite_without(tmp_path, URL, "igen") == 0


def test_forgetting_while_a_crawl_is_writing_disturbs_neither(tmp_path: Path) -> None:
    with WarcArchive(tmp_path, "exempelstad", "kompass") as writer:
        writer.append(exchange())
        assert archive.rewrite_without(tmp_path, URL, "begäran") == 2
        after = writer.append(exchange(URL + "?after", b"kvar"))
    assert [r.url for r in records(tmp_path)] == [URL + "?after"] and is_valid(tmp_path)
    assert read(tmp_path, after.warc, after.offset)[1] == b"kvar"


def test_a_blanked_record_has_exactly_the_length_of_what_it_replaces() -> None:
    for length in [*range(280, 320), 1_000, 65_543, 1_000_001]:
        member = warc.tombstone(length, "begäran från den det gäller")
        assert len(member) == length
        assert gzip.decompress(member).startswith(b"WARC/1.1\r\nWARC-Type: metadata")


def test_damage_costs_the_records_that_it_touches_and_no_other(tmp_path: Path) -> None:
    with archive.WarcArchive(tmp_path, "a", "kompass/test") as warc:
        places = [warc.append(exchange(f"{URL}/{n}", b"Plan %d " % n * 300)) for n in range(9)]
    (path,) = archive.files(tmp_path)
    whole = path.read_bytes()
    for n in (0, 4, 8):
        begin = places[n].offset
        for at, length in (
            (begin, 3),
            (begin + places[n].length // 2, 20),
            (begin + places[n].length - 5, 4),
        ):
            path.write_bytes(whole[:at] + bytes(length) + whole[at + length :])
            assert [r.place for r in archive.records(tmp_path)] == [p for p in places if p != places[n]]
        path.write_bytes(whole[: begin + 9] + whole[begin + 30 :])  # bytes that are missing
        assert len(list(archive.records(tmp_path))) == 8


def test_half_of_a_damaged_record_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    body = b"".join(b"<p>Punkt %d i planen.</p>" % (n * 7919 % 10_007) for n in range(9_000))
    (place,) = write(tmp_path, exchange(body=body))
    path = tmp_path / place.warc
    whole = path.read_bytes()
    for part in (0.3, 0.6, 0.9):
        at = place.offset + int(place.length * part)
        path.write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
        with pytest.raises(archive.ArchiveError, match="damaged"):
            archive.read(tmp_path, place.warc, place.offset)


def test_a_missing_or_damaged_record_is_said_in_one_sentence(tmp_path: Path) -> None:
    (place,) = write(tmp_path, exchange())
    with pytest.raises(ArchiveError, match="is missing"):
        read(tmp_path, "warc/exempelstad/borta.warc.gz", 0)
    path = tmp_path / place.warc
    path.write_bytes(path.read_bytes()[: place.offset] + b"\x00" * 500)
    with pytest.raises(ArchiveError, match=r"damaged|nothing"):
        read(tmp_path, place.warc, place.offset)
    assert list(records(tmp_path)) == []


def test_content_encodings_are_undone_also_the_odd_ones() -> None:
    text = "Barnets rättigheter ".encode() * 100
    raw = zlib.compressobj(wbits=-15)
    for body, encoding in [
        (gzip.compress(text), "gzip"),
        (zlib.compress(text), "deflate"),
        (raw.compress(text) + raw.flush(), "deflate"),
        (gzip.compress(text[:100]) + gzip.compress(text[100:]), "x-gzip"),
        (gzip.compress(gzip.compress(text)), "gzip, gzip"),
        (text, "gzip"),  # announced, but not done
        (gzip.compress(text) + b"\0" * 20_000, "gzip"),
        (gzip.compress(text) + gzip.compress(b"mer")[:-9] + b"\xff" * 9_000, "gzip"),
        (text, "identity"),
    ]:
        assert decoded(body, {"content-encoding": encoding}) == text


def test_a_compressed_bomb_is_not_unpacked() -> None:
    with pytest.raises(TooLarge):
        decoded(gzip.compress(b"\0" * 50_000_000), {"content-encoding": "gzip"}, limit=1_000_000)
    double = gzip.compress(gzip.compress(b"\0" * 50_000_000))
    with pytest.raises(TooLarge):
        decoded(double, {"content-encoding": "gzip, gzip"}, limit=1_000_000)
    assert io.BytesIO(double).read(2) == b"\x1f\x8b"


def test_very_many_packed_pieces_take_no_long_time() -> None:
    began = time.process_time()
    assert decoded(gzip.compress(b"") * 200_000, {"content-encoding": "gzip"}) == b""
    assert time.process_time() - began < 3


def test_what_is_said_to_be_packed_a_thousand_times_is_not_unpacked() -> None:
    body = text = b"Barn" * 100
    for _ in range(8):
        body = gzip.compress(body)
    assert decoded(body, {"content-encoding": "gzip," * 7 + "gzip"}) == body != text
