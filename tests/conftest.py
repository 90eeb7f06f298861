"""What tests share: an index of the small collection, and the web application on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from web_client import Client, served
from web_documents import build_index

# No example is timed: on a busy machine the first may take a second.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def web_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("web") / "index")


@pytest.fixture(scope="session")
def web(web_index: Path) -> Client:
    return served(web_index)
