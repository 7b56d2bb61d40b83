"""How much memory a crawl may take."""

import os
from pathlib import Path

from scrapy.extensions import memusage

STATM = Path("/proc/self/statm")


class MemoryUsage(memusage.MemoryUsage):
    """End a crawl that takes too much memory; Scrapy's extension, measured otherwise.

    Scrapy asks getrusage, which on Linux counts what the process that started this one held then: a
    worker that has trained a model would end each crawl at once.
    """

    def get_virtual_size(self) -> int:
        """Return the bytes that this process holds in memory."""
        if not STATM.exists():
            return super().get_virtual_size()
        pages = int(STATM.read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
