"""What a crawl's log leaves out."""

from typing import Any

from scrapy.logformatter import LogFormatter


class QuietFormatter(LogFormatter):
    """Log no item: at debug level each would fill a page."""

    def scraped(self, item: Any, response: Any, spider: Any) -> Any:
        return None
