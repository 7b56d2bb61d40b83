"""Crawl in a process of its own, one crawl after the other as lines on stdin ask for.

Each line is a JSON object {"spider", "url", …}; the answer is a line {"item": …} a product and a
line {"end": …} with how the crawl ended. The process's argument says what holds for all: whether
private addresses are asked, whose address is known, and what the internet's name servers answer.
"""

import asyncio
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


async def crawl(process: AsyncCrawlerProcess, given: dict[str, Any], asked: list[str]) -> None:
    from crawlers.spiders import SPIDERS

    crawler = process.create_crawler(SPIDERS[given["spider"]])
    crawler.settings.setdict(given.get("settings", {}), "cmdline")

    def write(item: Any) -> None:
        print(json.dumps({"item": dataclasses.asdict(item)}, default=str), flush=True)

    crawler.signals.connect(write, signals.item_scraped)
    asked.clear()
    await process.crawl(crawler, url=given["url"], **given.get("arguments", {}))
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


async def serve(process: AsyncCrawlerProcess, asked: list[str]) -> None:
    from twisted.internet import reactor

    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await crawl(process, json.loads(line), asked)
    reactor.stop()  # type: ignore[misc]  # declared by an interface of zope


def main() -> None:
    given = json.loads(sys.argv[1])
    asked = answer_names(given.get("names", {}))
    from crawlers.fetching import scrapy_settings, user_agent

    jobdir = given.get("jobdir")
    settings = scrapy_settings(
        user_agent=user_agent(given.get("contact", "")),
        allow_private=given.get("allow_private", True),
        jobdir=Path(jobdir) if jobdir else None,
        delay=0,
    )
    logging.captureWarnings(True)
    process = AsyncCrawlerProcess(settings | given.get("settings", {}))
    asyncio.get_event_loop().create_task(serve(process, asked))
    process.start(stop_after_crawl=False)


if __name__ == "__main__":
    main()
