"""Processes that crawl, kept for as long as tests have use for them."""

from collections.abc import Iterator

import pytest

from tests.crawlers.crawling import CrawlProcess


@pytest.fixture(scope="session")
def crawler() -> Iterator[CrawlProcess]:
    """Crawl shops on loopback, without delays."""
    process = CrawlProcess()
    yield process
    process.close()
