"""What tests share: an index of the small collection, and the web application on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from web_client import Client, served
from web_documents import build_index

from indexer.engine import native

# No example is timed: on a busy machine the first may take a second.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def web_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("web") / "index")


@pytest.fixture(scope="session")
def web(web_index: Path) -> Client:
    return served(web_index)


@pytest.fixture(params=["compiled", "numpy"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test that uses it runs with what is compiled, and without."""
    if request.param == "numpy":
        monkeypatch.setattr(native, "kernel", None)
    elif native.kernel is None and not os.environ.get("REQUIRE_KERNEL"):
        pytest.skip("nothing was compiled; REQUIRE_KERNEL=1 makes this a failure")
    else:
        assert native.kernel is not None
