"""Reads, understands, stores, indexes and searches documents; knows nothing of the web interface."""
