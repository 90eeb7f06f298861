"""Files are read in processes with limits: what hangs, crashes or grows costs that one document."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hostile_files import endless_pdf, pdf_bomb
from waiting import HUNG, until

from indexer.extract import Extractor, Job, extract, workers
from indexer.model import Extract

LIMITS = {"extract_timeout": 3.0, "extract_memory": 500_000_000, "ocr_timeout": 5.0, "workers": 2}


def job(key: object, payload: bytes = b"hej", media_type: str = "text/plain") -> Job:
    return Job(str(key), payload, media_type, f"http://x.se/{key}")


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(workers=1) as first:  # imports the readers, which a busy machine takes seconds for
        list(first.map([job("first")]))
    patch = pytest.MonkeyPatch()
    patch.setattr(workers, "number", LIMITS.__getitem__)
    with Extractor() as found:
        yield found
    patch.undo()


def test_workers_give_what_this_process_gives(extractor: Extractor) -> None:
    page = "<title>Barnrätt</title><main><h1>Barnrätt</h1><p>Stöd på plats.</p></main>".encode()
    ((key, found),) = extractor.map([job("a", page, "text/html")])
    assert key == "a"
    assert found == extract(page, "text/html", "http://x.se/a")


def test_one_hostile_file_costs_that_one_document(extractor: Extractor) -> None:
    jobs = [job(n) for n in range(20)]
    jobs.insert(3, job("bomb", pdf_bomb(), "application/pdf"))
    jobs.insert(7, job("endless", endless_pdf(), "application/pdf"))
    found = dict(extractor.map(jobs))
    assert len(found) == 22
    for name in ("bomb", "endless"):
        assert found[name].read_by == "none"
        assert found[name].format == "pdf"
        assert found[name].reason in ("crashed", "timeout", "too_large")
    assert all(found[str(n)].pages[0].text == "hej" for n in range(20))


def test_file_that_takes_too_long_is_given_up(extractor: Extractor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "_limits", replace(extractor._limits, seconds=0.2))
    extractor._stop(extractor._workers)
    began = time.monotonic()
    ((_, found),) = extractor.map([job("endless", endless_pdf(), "application/pdf")])
    assert time.monotonic() - began < HUNG / 2
    assert (found.reason, found.problem) == ("timeout", "Reading the file took longer than 0 seconds.")


def test_jobs_are_asked_for_only_when_a_worker_is_free(extractor: Extractor) -> None:
    asked: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(50):
            asked.append(number)
            yield job(number)

    results = extractor.map(jobs())
    next(results)
    assert len(asked) <= 6
    assert len(list(results)) == 49


def test_leaving_early_does_not_mix_up_the_next_run(extractor: Extractor) -> None:
    next(extractor.map([job(n) for n in range(10)]))
    found = dict(extractor.map([job("new", b"annat")]))
    assert [extract.pages[0].text for extract in found.values()] == ["annat"]


def test_broken_job_source_is_told(extractor: Extractor) -> None:
    def jobs() -> Iterator[Job]:
        yield job(1)
        raise OSError("the archive is gone")

    with pytest.raises(OSError, match="archive"):
        list(extractor.map(jobs()))


def test_no_process_is_left_behind() -> None:
    with Extractor(workers=1) as found:
        list(found.map([job(1)]))
        (worker,) = found._workers
        process = worker.process.pid
        assert process is not None and Path(f"/proc/{process}").exists()
    assert not Path(f"/proc/{process}").exists()
    assert os.getpid() != process


INTERRUPTED = """
import pathlib, sys, time
from indexer.extract import Extractor, Job

old = Job("old", b"{\\\\rtf1 hej}", "application/rtf", "http://x.se/a.rtf")
if __name__ == "__main__":
    with Extractor(workers=2) as found:
        results = found.map([old, Job("new", b"hej", "text/plain", "http://x.se/a.txt")])
        next(results)
        while not pathlib.Path(sys.argv[1]).exists():
            time.sleep(0.01)
"""


def test_readers_that_are_interrupted_leave_no_files_and_no_processes(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\necho $$ >{begun}.not\nmv {begun}.not {begun}\nexec sleep 600\n")
    program.chmod(0o755)
    with tempfile.TemporaryDirectory() as temporary:  # of a short name: a socket's has 107 characters at most
        environment = os.environ | {"TMPDIR": temporary, "KOMPASS_EXTRACT_TIMEOUT": "600"}
        environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
        command = [sys.executable, "-c", INTERRUPTED, str(begun)]
        subprocess.run(command, env=environment, timeout=HUNG, check=True)
        assert list(Path(temporary).iterdir()) == []
    until(lambda: not Path(f"/proc/{begun.read_text().strip()}").exists())


def test_thousand_documents_leave_memory_as_it_was(extractor: Extractor) -> None:
    page = ("<main><h1>Plan</h1>" + "<p>Barnets bästa ska prövas.</p>" * 200 + "</main>").encode()

    def grown() -> int:
        found: list[Extract] = [
            extract for _, extract in extractor.map(job(n, page, "text/html") for n in range(300))
        ]
        assert all(extract.pages for extract in found)
        sizes = []
        for worker in extractor._workers:
            status = Path(f"/proc/{worker.process.pid}/status").read_text()
            sizes.append(int(status.split("VmRSS:")[1].split()[0]))
        return max(sizes)

    first = grown()
    assert grown() - first < 8_000  # kB
