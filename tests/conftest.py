"""What tests share: an index of the small collection, and the web application on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_client import Client
from web_documents import build_index

from indexer.search import SearchIndex
from search_web.app import make_app


@pytest.fixture(scope="session")
def web_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("web") / "index")


@pytest.fixture(scope="session")
def web(web_index: Path) -> Client:
    return Client(make_app(SearchIndex(web_index), settings={"rate_limit": 0}))
