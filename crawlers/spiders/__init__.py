"""Spiders by name: each fetches and pages, and leaves the reading to a parser."""

from crawlers.spiders.auto import AutoSpider
from crawlers.spiders.base import CatalogSpider
from crawlers.spiders.feeds import MerchantFeedSpider
from crawlers.spiders.magento import MagentoSpider
from crawlers.spiders.minted import MintedSpider
from crawlers.spiders.museums import ArticSpider, ClevelandSpider, MetSpider
from crawlers.spiders.shopify import ShopifySpider
from crawlers.spiders.shopstyle import ShopStyleSpider
from crawlers.spiders.structured import StructuredSpider
from crawlers.spiders.woocommerce import WooCommerceSpider

_ALL: tuple[type[CatalogSpider], ...] = (
    ShopifySpider,
    WooCommerceSpider,
    StructuredSpider,
    MerchantFeedSpider,
    ArticSpider,
    MetSpider,
    ClevelandSpider,
    MintedSpider,
    ShopStyleSpider,
    MagentoSpider,
    AutoSpider,
)
SPIDERS = {spider.name: spider for spider in _ALL}

__all__ = ["SPIDERS", "CatalogSpider"]
