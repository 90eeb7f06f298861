"""What do these bytes say? bytes + media type → Extract, for every format that is read.

``extract`` is pure and runs in this process; ``Extractor`` runs it in bounded worker processes, which is
how files from the web are read.
"""

from __future__ import annotations

from indexer.extract.read import extract
from indexer.extract.sniff import sniff
from indexer.extract.workers import Extractor, Job

__all__ = ["Extractor", "Job", "extract", "sniff"]
