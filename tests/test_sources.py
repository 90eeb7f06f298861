"""Reading sources.toml: what is kept, and what is said when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import SourcesError
from indexer.sources import DEMAND, choose, load, parse

PROPOSED = Path(__file__).parents[1] / "corpus" / "sources.toml"
GOOD = """
[[source]]
id = "eslov"
name = "Eslövs kommun"
publisher = "Eslövs kommun"
organisation_type = "municipality"
start_urls = ["https://www.eslov.se/barn"]
"""


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(GOOD, "utf-8-sig")
    assert [s.id for s in load(tmp_path / "sources.toml")] == ["eslov"]


def test_a_block_becomes_a_source() -> None:
    (source,) = parse(GOOD + 'municipality = "1285"\nmax_depth = 3\ndelay = 2\nrelevance = 0.3\n')
    assert source.start_urls == ("https://www.eslov.se/barn",)
    assert (source.municipality, source.county) == ("1285", "12")
    assert (source.max_depth, source.delay, source.relevance, source.enabled) == (3, 2.0, 0.3, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("max_deph = 3", ["max_deph", "did you mean 'max_depth'"]),
        ("wordpress = true", ["wordpress", "Known keys"]),
        ("max_depth = true", ["max_depth", "whole number"]),
        ("max_pages = 0", ["max_pages", "from 1"]),
        ("delay = -1", ["delay", "seconds"]),
        ("relevance = 3", ["relevance", "between 0 and 1"]),
        ('enabled = "no"', ["enabled", "true or false"]),
        ('allow = ["("]', ["allow", "not a regular expression"]),
        ('allow = "^https"', ["allow", "a list"]),
        ('sitemaps = ["/sitemap.xml"]', ["sitemaps", "/sitemap.xml", "lacks https://"]),
        ('municipality = "1299"', ["municipality", "SCB code"]),
        ('municipality = "Eslöv"', ["municipality", "did you mean '1285'"]),
        ("municipality = 1285", ["municipality", "in quotes"]),
        ('county = "99"', ["county"]),
        ('municipality = "1285"\ncounty = "10"', ["1285", "county 10"]),
        ('language = "svenska"', ["language", "sv"]),
        ("schedule = 0", ["schedule", "days"]),
    ],
)
def test_a_wrong_value_is_named_with_file_block_key_and_remedy(more: str, said: list[str]) -> None:
    with pytest.raises(SourcesError) as e:
        parse(GOOD + more + "\n", "mina-sajter.toml")
    message = str(e.value)
    assert message.startswith("mina-sajter.toml, source 1 (eslov): ")
    for words in said:
        assert words in message


def test_an_unknown_organisation_type_is_met_with_a_guess() -> None:
    with pytest.raises(SourcesError, match="did you mean 'municipality'"):
        parse(GOOD.replace('"municipality"', '"municipal"'))


def test_relative_start_addresses_are_refused() -> None:
    with pytest.raises(SourcesError, match=r"start_urls = 'www\.eslov\.se' .*lacks https://"):
        parse(GOOD.replace("https://www.eslov.se/barn", "www.eslov.se"))
    with pytest.raises(SourcesError, match="start_urls is empty"):
        parse(GOOD.replace('"https://www.eslov.se/barn"', ""))


def test_a_missing_key_is_named() -> None:
    with pytest.raises(SourcesError, match="the key 'publisher' is missing"):
        parse(GOOD.replace('publisher = "Eslövs kommun"\n', ""))


def test_an_id_used_twice_is_named() -> None:
    with pytest.raises(
        SourcesError, match=r"source 2 \(eslov\).*Give each source its own id|source 2: .*own id"
    ):
        parse(GOOD + GOOD)


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 5_000])
def test_toml_that_python_does_not_get_through_is_told_as_bad(value: str) -> None:
    with pytest.raises(SourcesError, match="not valid TOML"):
        parse(f"a = {value}")


def test_bad_toml_tells_the_line() -> None:
    with pytest.raises(SourcesError, match=r"x\.toml is not valid TOML: .*line 8"):
        parse(GOOD + 'max_depth = "3\n', "x.toml")


def test_tables_that_are_not_source_blocks_are_errors() -> None:
    with pytest.raises(SourcesError, match=r"unknown table 'sources' \(did you mean 'source'"):
        parse(GOOD.replace("[[source]]", "[[sources]]"))
    with pytest.raises(SourcesError, match=r"\[source\] where \[\[source\]\] is meant"):
        parse(GOOD.replace("[[source]]", "[source]"))
    with pytest.raises(SourcesError, match="holds no source"):
        parse("")


def test_a_missing_or_unreadable_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match="There is no file"):
        load(tmp_path / "sources.toml")
    with pytest.raises(SourcesError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(GOOD.encode("latin-1"))
    with pytest.raises(SourcesError, match="not UTF-8"):
        load(tmp_path / "latin.toml")


def test_only_enabled_sources_are_chosen_and_wrong_names_are_met_with_a_guess() -> None:
    sources = parse(GOOD + GOOD.replace('"eslov"', '"eslov-kultur"') + "enabled = false\n")
    assert [s.id for s in choose(sources)] == ["eslov"]
    with pytest.raises(SourcesError, match=r"no source 'eslöv' \(did you mean 'eslov'"):
        choose(sources, ["eslöv"])
    with pytest.raises(SourcesError, match="'eslov-kultur' is not enabled"):
        choose(sources, ["eslov-kultur"])


def test_the_proposed_sources_can_be_read_and_none_is_enabled() -> None:
    sources = load(PROPOSED)
    assert not any(s.enabled for s in sources)
    skane = [s for s in sources if s.organisation_type == "municipality"]
    assert len({s.municipality for s in skane}) == 33 and {s.county for s in skane} == {"12"}
    others = {s.id for s in sources} - {s.id for s in skane}
    assert {"region-skane", "lansstyrelsen-skane", "skanes-kommuner", "skr", "barnombudsmannen"} <= others
    assert {"region-blekinge", "malmo-universitet"} <= others


def test_the_comment_in_the_proposed_file_names_every_key() -> None:
    comment = PROPOSED.read_text("utf-8").partition("[[source]]\n")[0]
    assert all(key in comment for key in DEMAND)
