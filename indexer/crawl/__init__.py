"""Fetch the sources politely, keep every answer: Scrapy in a process of its own, WARC, a queue on disk."""

from indexer.crawl.run import CrawlReport, Progress, SourceRun, crawl

__all__ = ["CrawlReport", "Progress", "SourceRun", "crawl"]
