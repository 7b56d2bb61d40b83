"""The peer of ``bench crawl``: the same list and pictures through Scrapy's own pipelines.

Run as ``python -m tests.benchmarks.crawl_peer URL FOLDER``.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

AT_ONCE = 16  # requests, as Scrapy has it; Pendant asks a host one at a time


class PlainSpider(Spider):
    """Read a Shopify list as its answers come."""

    name = "plain"

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self.url = url

    async def start(self) -> AsyncIterator[Request]:
        yield self.page(1)

    def page(self, number: int) -> Request:
        address = urljoin(self.url, f"/products.json?limit=250&page={number}")
        return Request(address, cb_kwargs={"number": number})

    def parse(self, response: Response, number: int = 1) -> Iterator[dict[str, Any] | Request]:
        products = response.json()["products"]  # type: ignore[attr-defined]  # a text response
        for product in products:
            yield {
                "id": product["id"],
                "title": product["title"],
                "price": product["variants"][0]["price"],
                "image_urls": [image["src"] for image in product["images"]],
            }
        if products:
            yield self.page(number + 1)


def main(url: str, folder: str) -> None:
    process = AsyncCrawlerProcess(
        {
            "ITEM_PIPELINES": {"scrapy.pipelines.images.ImagesPipeline": 1},
            "IMAGES_STORE": folder,
            "IMAGES_THUMBS": {"small": (480, 480)},
            "FEEDS": {str(Path(folder) / "products.jsonl"): {"format": "jsonlines"}},
            "CONCURRENT_REQUESTS": AT_ONCE,
            "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
            "CONCURRENT_ITEMS": 100,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_LEVEL": "ERROR",
        }
    )
    process.crawl(PlainSpider, url=url)
    process.start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
