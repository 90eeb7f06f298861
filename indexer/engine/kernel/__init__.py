"""What does in one pass what NumPy takes several for, or Python many steps? The compiled part.

Each has its twin in NumPy or Python beside its caller: the answers are the same, to the rounding of a
float32. Where nothing was compiled importing this raises ModuleNotFoundError (``native``).
Not for what a query means.
"""

from indexer.engine.kernel.blocks import Blocks
from indexer.engine.kernel.hits import Facet, by_value, score, several, top
from indexer.engine.kernel.phrases import Bags
from indexer.engine.kernel.places import Layout, Snippets
from indexer.engine.kernel.records import Cards, Frames, Pages
from indexer.engine.kernel.strings import Lines

__all__ = [
    "Bags",
    "Blocks",
    "Cards",
    "Facet",
    "Frames",
    "Layout",
    "Lines",
    "Pages",
    "Snippets",
    "by_value",
    "score",
    "several",
    "top",
]
