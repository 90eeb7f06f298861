"""Is the compiled part of the engine there?

``kernel`` does in C what NumPy does in several passes; where it was not compiled, since there was no
compiler when the project was installed, it is None and NumPy answers. The answers are the same: the tests
compare both.
"""

from __future__ import annotations

from types import ModuleType

try:
    import indexer.engine.kernel as _compiled
except ImportError:
    kernel: ModuleType | None = None
else:
    kernel = _compiled
