"""Is the compiled part of the engine there?

``kernel`` does in one pass what NumPy does in several; where it was not compiled, since there was no
compiler when the project was installed, it is None and NumPy answers. The answers are the same: the tests
of the engine run with both.
"""

from __future__ import annotations

from types import ModuleType

kernel: ModuleType | None
try:
    import indexer.engine.kernel as kernel
except ModuleNotFoundError as missing:
    if not (missing.name or "").startswith("indexer.engine.kernel."):
        raise
    kernel = None
