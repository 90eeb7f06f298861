"""The tools for assistants, asked by the client of the official SDK."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from indexer.search import SearchIndex
from search_web.assistant import server


def ask(index: Path, tool: str, **arguments: Any) -> Any:
    async def run() -> Any:
        async with Client(server(SearchIndex(index))) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(run())


def test_search_gives_hits_with_pages_to_cite(web_index: Path) -> None:
    found = ask(web_index, "search", query="processplan", municipalities=["eslöv"]).structured_content
    assert found["total"] == 2 and found["index"]["documents"] == 37
    hit = next(h for h in found["hits"] if h["id"] == "aaaaaaaaaaaa")
    assert hit["places"] == ["Eslöv", "Bjuv"] and hit["pages"][0]["url"].startswith(hit["url"] + "#page=")


def test_document_gives_a_page_and_its_citation(web_index: Path) -> None:
    found = ask(web_index, "document", id="aaaaaaaaaaaa", page=2).structured_content
    assert found["text"].startswith("Barnchecklistan används") and found["citation"]["page"] == "2"
    assert found["citation"]["author"] == [{"literal": "Kommunförbundet Skåne"}]
    assert found["citation"]["genre"] == "Processplan"  # as the API cites it; it was process_plan


def test_a_span_of_years_may_be_given_either_way(web_index: Path) -> None:
    """With the later first it was "no hits", which an assistant passes on."""
    for tool in ("search", "matrix"):
        told = [
            ask(web_index, tool, query="plan", year_from=a, year_to=b).structured_content
            for a, b in ((2011, 2014), (2014, 2011))
        ]
        assert told[0] == told[1] and told[0]["total"], tool


def test_matrix_tells_what_is_held_and_what_is_not_covered(web_index: Path) -> None:
    found = ask(web_index, "matrix", query="barnchecklista").structured_content
    rows = {r["label"]: r for r in found["rows"]}
    assert rows["Helsingborg"]["total"] == 6 and rows["Osby"]["state"] == "failing"
    assert len(rows["Helsingborg"]["held"]) == len(found["years"])


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("search", {"query": "plan", "municipalities": ["Atlantis"]}, "Atlantis"),
        ("search", {"query": "plan", "kinds": ["novel"]}, "process_plan"),
        ("document", {"id": "nope"}, "take the id from search"),
        ("document", {"id": "aaaaaaaaaaaa", "page": 9}, "the last is 3"),
    ],
)
def test_a_mistake_is_told_in_words(web_index: Path, tool: str, arguments: Any, told: str) -> None:
    answer = ask(web_index, tool, **arguments)
    assert answer.is_error and told in answer.content[0].text


def test_the_command_speaks_the_protocol(web_index: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "indexer.cli", "mcp", "--index", str(web_index)]
    )

    async def run() -> set[str]:
        async with Client(command) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert asyncio.run(run()) == {"search", "document", "matrix"}
