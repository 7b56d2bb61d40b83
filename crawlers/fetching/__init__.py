"""How crawlers fetch: politely, within bounds, and only from public addresses."""

from crawlers.fetching.settings import scrapy_settings, user_agent

__all__ = ["scrapy_settings", "user_agent"]
