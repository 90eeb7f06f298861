"""Waiting for what another thread or process does: until it is done, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

HUNG = 60.0
"""Seconds after which what is waited for will never come. Only a test that fails waits as long."""


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + HUNG
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
