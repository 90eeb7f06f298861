"""How do processes share files without harm? One works at a time, and whoever reads sees a file whole."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from indexer import moments
from indexer.errors import KompassError


@contextmanager
def alone(
    lock: Path,
    taken: Callable[[str], KompassError],
    refused: Callable[[str], KompassError],
    patience: float = 0.0,
) -> Iterator[None]:
    """Be the only process that has the file ``lock``, which goes with it, however it ends.

    Raises what ``taken`` makes of who has it after ``patience`` seconds, and what ``refused`` makes of a
    sentence that tells why the file cannot be written.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab+", buffering=0)
    except OSError as e:
        raise refused(
            f"{e.filename or lock} cannot be written: {e.strerror}. Look at its owner and permissions (was a "
            "command run as another user?), or make room, and run it again."
        ) from None
    with file:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    file.seek(0)
                    who = file.read().decode("utf-8", "replace")
                    raise taken(who or "a process that has just begun") from None
            time.sleep(0.2)
        with suppress(OSError):  # on a full disk it is only not told
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()} since {moments.now()}".encode())
        try:
            yield
        finally:
            with suppress(OSError):
                file.truncate(0)


def renew(path: Path, text: str) -> None:
    """Write a file anew. It is found as it was or as it is to be, also after a power failure."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def sync(directory: Path) -> None:
    """What was named, renamed and removed in it is so also after a power failure."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
