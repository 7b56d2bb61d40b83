"""Spiders by name: each fetches and pages, and leaves the reading to a parser."""

from crawlers.spiders.base import CatalogSpider
from crawlers.spiders.shopify import ShopifySpider

SPIDERS: dict[str, type[CatalogSpider]] = {spider.name: spider for spider in (ShopifySpider,)}

__all__ = ["SPIDERS", "CatalogSpider"]
