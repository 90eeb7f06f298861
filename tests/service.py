"""The service in processes of its own, which end with the test, whatever becomes of that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from waiting import HUNG

PROGRAM = (
    "import sys; from pathlib import Path; from search_web.serve import serve; "
    "serve(Path(sys.argv[1]), None, '127.0.0.1', 0)"
)


@contextmanager
def service(
    index: Path, processes: int, program: str = PROGRAM, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process that was started, and the address of the start page."""
    always = {"KOMPASS_SERVE_PROCESSES": str(processes), "KOMPASS_RATE_LIMIT": "0"}
    server = subprocess.Popen(
        [sys.executable, "-c", program, str(index)],
        env={**os.environ, **always, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGHUP, signal.SIG_DFL
        ),  # "nohup pytest" would have it ignored
    )
    assert server.stdout
    try:
        yield server, server.stdout.readline().split()[1]
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=HUNG)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]
