"""Scrapy's settings for every crawl."""

from pathlib import Path
from typing import Any

from catalog.fetching import USER_AGENT

LARGEST_ANSWER = 32 * 1024 * 1024


def user_agent(contact: str) -> str:
    """Return what a crawler calls itself; contact is an address or web page of its owner, or ""."""
    return f"{USER_AGENT} (+{contact})" if contact else USER_AGENT


def scrapy_settings(
    *,
    user_agent: str,
    allow_private: bool = False,
    jobdir: Path | None = None,
    delay: float | None = None,
    obey_robots: bool = True,
) -> dict[str, Any]:
    """Return the settings for a crawl by scrapy.crawler.AsyncCrawlerProcess.

    user_agent: as of ``user_agent()``; without a contact only private addresses are asked.
    allow_private: ask private addresses and any port too. jobdir: where a crawl keeps what is left
    to do, to go on after a clean stop. delay: seconds between requests to one host; None learns it
    from how fast the host answers, a second at first. What robots.txt asks for holds in any case
    while obey_robots does.
    """
    own = "crawlers.fetching"
    scrapy = "scrapy.downloadermiddlewares"
    return {
        "BOT_NAME": "pendant",
        "USER_AGENT": user_agent,
        "JOBDIR": str(jobdir) if jobdir else None,
        "SPIDER_LOADER_WARN_ONLY": True,
        # Each of these lets others in, or reaches past the network that is guarded.
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "DOWNLOAD_HANDLERS": {
            "http": f"{own}.handler.GuardedHandler",
            "https": f"{own}.handler.GuardedHandler",
            **dict.fromkeys(("data", "file", "ftp", "s3")),
        },
        "TWISTED_DNS_RESOLVER": f"{own}.addresses.GuardedResolver",
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "PENDANT_ALLOW_PRIVATE": allow_private,
        "PENDANT_KNOWN_ADDRESSES": [],
        "PENDANT_INTRODUCED": "(+" in user_agent,
        "ROBOTSTXT_OBEY": obey_robots,
        "DOWNLOADER_MIDDLEWARES": {
            f"{scrapy}.offsite.OffsiteMiddleware": None,
            f"{own}.manners.OwnSite": 50,
            f"{scrapy}.robotstxt.RobotsTxtMiddleware": None,
            f"{own}.robots.Robots": 100,
            f"{scrapy}.retry.RetryMiddleware": None,
            f"{own}.manners.Patience": 550,
            f"{own}.manners.Refusals": 570,
            f"{scrapy}.redirect.RedirectMiddleware": None,
            f"{own}.manners.Redirects": 600,
        },
        "EXTENSIONS": {
            f"{own}.pace.Pace": 0,
            "scrapy.extensions.memusage.MemoryUsage": None,
            f"{own}.memory.MemoryUsage": 0,
        },
        # The extension Pace waits in place of Scrapy's slots, whose queues hold up an ending.
        "PENDANT_DELAY": 1.0 if delay is None else delay,
        "PENDANT_LEARNS_DELAY": delay is None,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": 8,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # Pages are asked for in the order in which a shop lists them.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "SCHEDULER_DISK_QUEUE": "scrapy.squeues.PickleFifoDiskQueue",
        "COOKIES_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "REDIRECT_MAX_TIMES": 5,
        "RETRY_TIMES": 2,
        # Seconds before the second request for what failed; twice as many before each further one.
        "PENDANT_FIRST_WAIT": 3.0,
        "RETRY_GIVE_UP_LOG_LEVEL": "WARNING",
        "DOWNLOAD_TIMEOUT": 60,
        "DOWNLOAD_MAXSIZE": LARGEST_ANSWER,
        "DOWNLOAD_WARNSIZE": 0,
        "MEMUSAGE_LIMIT_MB": 1024,
        "PENDANT_MOST_PAGES": 20_000,
        "PENDANT_MOST_WAITING": 1_000_000,
        "PENDANT_MOST_HOURS": 24.0,
        "STATS_DUMP": False,
        "LOG_LEVEL": "INFO",
        "LOG_VERSIONS": [],
        # Descriptions of items hold whole products: too much for a log.
        "LOG_FORMATTER": f"{own}.log.QuietFormatter",
    }
