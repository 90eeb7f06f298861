"""Reads, understands, stores, indexes and searches documents; knows nothing of the web interface."""

__version__ = "0.1.0"
