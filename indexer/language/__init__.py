"""Words: the same code when a text is indexed and when a query is read."""

from __future__ import annotations

from indexer.language.analysis import Analyser, WordForms, analyser, fingerprint
from indexer.language.text import TOKEN, fold, normalise, tokens

__all__ = ["TOKEN", "Analyser", "WordForms", "analyser", "fingerprint", "fold", "normalise", "tokens"]
