"""The service as processes: several behind one port, an end without remains, a port that is taken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from indexer.errors import PortInUse
from search_web.serve import listen

PROGRAM = (
    "import sys; from pathlib import Path; from search_web.serve import serve; "
    "serve(Path(sys.argv[1]), None, '127.0.0.1', 0)"
)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def test_processes_share_the_port_are_replaced_and_end_together(web_index: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(web_index)],
        env={**os.environ, "KOMPASS_SERVE_PROCESSES": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    address = server.stdout.readline().split()[1]
    for _ in range(100):
        if len(children(server.pid)) == 2:
            break
        time.sleep(0.05)
    first = children(server.pid)
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    for _ in range(8):
        with urllib.request.urlopen(f"{address}?q=barnchecklista", timeout=10) as answer:
            assert b"<mark>" in answer.read()
    for _ in range(100):
        if len(children(server.pid)) == 2:
            break
        time.sleep(0.05)
    assert len(set(children(server.pid)) - set(first)) == 1, "the killed one is replaced"
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=10)
    assert server.returncode == 0
    for child in first:
        assert not Path(f"/proc/{child}").exists()


def test_taken_port_is_told() -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(PortInUse, match=f"Port {port} on 127.0.0.1 is taken by another program"):
        listen("127.0.0.1", port)
    with pytest.raises(PortInUse, match=r"Give another --host or --port\.$"):
        listen("192.0.2.1", 0)
    taken.close()
