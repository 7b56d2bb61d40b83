"""Crawl in a process of its own: products as JSON lines on stdout, then how it ended.

Called as ``python -m tests.crawlers.crawl '{"spider": …, "url": …}'``. names stands in for the
internet's name servers: the answers that a host name gives, one after the other.
"""

import dataclasses
import json
import logging
import socket
import sys
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess


def answer_names(names: dict[str, list[list[str]]]) -> list[str]:
    """Let these names resolve to their lists of addresses in turn, the last one from then on."""
    ask = socket.getaddrinfo
    asked: list[str] = []

    def answering(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host not in names:
            return ask(host, port, *rest, **options)
        answers = names[host]
        addresses = answers[min(asked.count(host), len(answers) - 1)]
        asked.append(host)
        return [found for address in addresses for found in ask(address, port, *rest, **options)]

    socket.getaddrinfo = answering
    return asked


def main() -> None:
    given = json.loads(sys.argv[1])
    asked = answer_names(given.get("names", {}))
    from crawlers.fetching import scrapy_settings, user_agent
    from crawlers.spiders import SPIDERS

    jobdir = given.get("jobdir")
    settings = scrapy_settings(
        user_agent=user_agent(given.get("contact", "")),
        allow_private=given.get("allow_private", True),
        jobdir=Path(jobdir) if jobdir else None,
        delay=given.get("delay", 0),
    )
    settings |= given.get("settings", {})
    logging.captureWarnings(True)
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(SPIDERS[given["spider"]])

    def write(item: Any) -> None:
        line = {"item": dataclasses.asdict(item)}
        print(json.dumps(line, default=str), flush=True)

    crawler.signals.connect(write, signals.item_scraped)
    process.crawl(crawler, url=given["url"], **given.get("arguments", {}))
    process.start()
    spider: Any = crawler.spider
    stats = crawler.stats.get_stats()
    end = {
        "reason": stats.get("finish_reason"),
        "refusal": spider.refusal,
        "total": spider.total,
        "speaks": spider.speaks,
        "asked": asked,
        "stats": {
            name.removeprefix("pendant/"): value
            for name, value in stats.items()
            if name.startswith("pendant/")
        },
    }
    print(json.dumps({"end": end}), flush=True)


if __name__ == "__main__":
    main()
