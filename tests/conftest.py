"""What tests share: an index of the small collection, and the web application on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_client import Client, served
from web_documents import build_index


@pytest.fixture(scope="session")
def web_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("web") / "index")


@pytest.fixture(scope="session")
def web(web_index: Path) -> Client:
    return served(web_index)
