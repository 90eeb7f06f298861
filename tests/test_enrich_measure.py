"""The measurement of fields against a truth file counts what a reader would call right and wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "fields.py"
TRUTH = {
    "path": "/a/plan%C3%A4.pdf", "title": "Processplan 2012–2013", "kind": "process_plan",
    "published": "2012-05-11",
    "years": [2012, 2013], "years_ok": [2011], "municipalities": ["1260"], "counties": ["12"],
    "areas": ["education"],
    "publisher": "Kommunförbundet Skåne", "organisation_type": "association", "language": "sv",
    "contacts": [{"name": "Anna Ek", "role": "Handläggare"}], "found_on": ["/a/"],
    "anchor": "Processplan 2012",
    "headings": ["Dokument", "2012"], "pages": 2, "must_contain": ["nätverk för deltagarna"],
    "must_not_contain": ["Vi använder kakor"], "expected": "indexed",
}  # fmt: skip
EXPORT = {
    "url": "http://127.0.0.1:8801/a/plana%CC%88.pdf", "title": "Processplan 2012-2013",
    "kind": "process_plan",
    "published": "2012-05-11", "years": [2011, 2012, 2013], "municipalities": ["1260"], "counties": ["12"],
    "areas": ["education"], "publisher": "Kommunförbundet Skåne", "organisation_type": "association",
    "language": "sv",
    "contacts": [{"name": "Anna Ek", "role": "Handläggare"}], "found_on": "http://127.0.0.1:8801/a/",
    "anchor": "Processplan 2012 (PDF, nytt fönster)", "headings": ["Dokument", "2012"], "pages": 2,
    "text": [{"number": 1, "heading": None, "text": "Ett nät\u00adverk för del-\ntagarna."}],
}  # fmt: skip


def measured(
    tmp_path: Path, export: list[dict[str, Any]], truth: dict[str, Any] = TRUTH
) -> tuple[int, dict[str, Any]]:
    (tmp_path / "truth.jsonl").write_text(json.dumps(truth) + "\n", "utf-8")
    (tmp_path / "export.jsonl").write_text("".join(json.dumps(line) + "\n" for line in export), "utf-8")
    command = [
        sys.executable,
        str(SCRIPT),
        str(tmp_path / "truth.jsonl"),
        "--export",
        str(tmp_path / "export.jsonl"),
    ]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_right_export_passes_every_floor(tmp_path: Path) -> None:
    code, result = measured(tmp_path, [EXPORT])
    assert code == 0
    assert result["below"] == []
    assert {name for name, field in result["fields"].items() if field["right"] != field["total"]} == set()
    assert len(result["fields"]) == 16


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", {"title": "Plan"}), ("kind", {"kind": "report"}), ("published", {"published": None}),
        ("years", {"years": [2012]}), ("years", {"years": [2012, 2013, 2014]}),
        ("municipalities", {"municipalities": []}),
        ("counties", {"counties": ["10", "12"]}), ("areas", {"areas": []}),
        ("publisher", {"publisher": "SKR"}),
        ("organisation_type", {"organisation_type": None}), ("language", {"language": "en"}),
        ("pages", {"pages": 3}),
        ("contacts", {"contacts": []}), ("contacts", {"contacts": [{"name": "Anna Ek", "role": "Chef"}]}),
        ("link", {"found_on": "http://127.0.0.1:8801/b/"}), ("link", {"anchor": "Läs mer"}),
        ("link", {"headings": []}),
        ("must_contain", {"text": [{"number": 1, "heading": None, "text": "Annat."}]}),
        ("must_not_contain", {"text": [{"number": 1, "text": "nätverk för deltagarna Vi använder  kakor"}]}),
    ],
)  # fmt: skip
def test_wrong_value_is_a_miss_in_its_field_alone(tmp_path: Path, field: str, change: dict[str, Any]) -> None:
    code, result = measured(tmp_path, [EXPORT | change])
    assert code == 1
    assert result["below"] == [field]
    assert len(result["fields"][field]["misses"]) == 1


def test_missing_document_and_unwanted_document_are_misses(tmp_path: Path) -> None:
    assert measured(tmp_path, [])[1]["below"] == ["found"]
    assert measured(tmp_path, [EXPORT], TRUTH | {"expected": "refused"})[1]["below"] == ["found"]
    assert measured(tmp_path, [], TRUTH | {"expected": "refused"})[0] == 0
