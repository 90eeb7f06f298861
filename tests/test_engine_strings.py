"""Sorted strings of a file are looked up as in a Python list, by what is compiled and by what is not."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.engine import strings
from indexer.engine.arrays import ArrayFile, ArrayWriter

pytestmark = pytest.mark.usefixtures("engine")

lines = st.text("abåä-", max_size=4).map(str.encode) | st.binary(max_size=3).filter(lambda b: b"\n" not in b)


@given(held=st.sets(lines, max_size=200).map(sorted), key=lines)
@settings(suppress_health_check=list(HealthCheck))
def test_strings_are_found_as_in_a_list(held: list[bytes], key: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "x.tab")
        writer = ArrayWriter(path)
        strings.write(writer, "x", held)
        writer.close()
        found = strings.Strings(ArrayFile(path), "x")
        assert found.all() == held
        for wanted in (key, *held[::7]):
            beginning = [(i, text) for i, text in enumerate(held) if text.startswith(wanted)]
            assert found.floor(wanted) == bisect_left(held, wanted)
            assert found.find(wanted) == (held.index(wanted) if wanted in held else -1)
            assert list(found.beginning(wanted)) == beginning
            assert held[slice(*found.prefix(wanted))] == [text for _, text in beginning]


def test_a_line_of_two_is_not_found(tmp_path: Path) -> None:
    writer = ArrayWriter(tmp_path / "x.tab")
    strings.write(writer, "x", [b"a", b"b", b"c"])
    writer.close()
    assert strings.Strings(ArrayFile(tmp_path / "x.tab"), "x").find(b"a\nb") == -1
