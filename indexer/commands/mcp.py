"""``kompass mcp``."""

from __future__ import annotations

import argparse

from indexer.errors import SettingError


def mcp(arguments: argparse.Namespace) -> int:
    """Serve tools to an assistant over standard input and output. Raises SearchIndexError, SettingError."""
    from indexer.search import SearchIndex

    try:
        from search_web.assistant import server
    except ModuleNotFoundError as e:
        if (e.name or "").partition(".")[0] != "mcp":
            raise
        raise SettingError(
            "'kompass mcp' needs the extra 'mcp': pip install 'barnrattskompassen[mcp]'."
        ) from None
    index = SearchIndex(arguments.index)
    index.current()
    server(index).run("stdio")
    return 0
