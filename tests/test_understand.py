"""The processes in which documents are understood."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from waiting import until

PROGRAM = """
import os, sys, time
from indexer.understand import _pool

def main():
    pool = _pool(2)
    pids = {pool.submit(os.getpid).result()}
    while len(pids) < 2:
        one, other = pool.submit(time.sleep, 0.05), pool.submit(os.getpid)
        pids.add(other.result())
    print(*pids, *{int(open(f"/proc/{p}/stat").read().split()[3]) for p in pids}, flush=True)
    time.sleep(600)

if __name__ == "__main__":
    main()
"""


def test_processes_end_with_who_started_them_also_when_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    starter = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout
    pids = starter.stdout.readline().split()
    assert len(pids) == 3, "two that work, and the server that they are forked from"
    starter.kill()
    starter.wait()
    try:
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        starter.stdout.close()
