"""``kompass serve``."""

from __future__ import annotations

import argparse

from indexer.errors import SettingError


def serve(arguments: argparse.Namespace) -> int:
    """Serve until interrupted. Raises SearchIndexError, SettingError, PortInUse."""
    from search_web.serve import serve as serve_web

    if not 0 <= arguments.port <= 65_535:
        raise SettingError(f"--port {arguments.port}: give a number from 0 to 65535.")
    corpus = arguments.corpus if arguments.corpus.is_dir() else None
    serve_web(arguments.index, corpus, arguments.host, arguments.port)
    return 0
