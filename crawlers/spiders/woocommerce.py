"""WooCommerce's Store API."""

from urllib.parse import urljoin

from scrapy.http import Response

from crawlers.items import Page
from crawlers.parsers import woocommerce
from crawlers.parsers.values import query_number, whole_number, with_query
from crawlers.spiders.lists import ListSpider

_API = "/wp-json/wc/store/v1/products"


class WooCommerceSpider(ListSpider):
    """Read /wp-json/wc/store/v1/products, a hundred at a time."""

    name = "woocommerce"

    def list_url(self) -> str:
        url = self.url if _API in self.url else urljoin(self.url, _API)
        return with_query(url, per_page=100, page=1)

    def parse_list(self, response: Response) -> Page | None:
        said = (response.headers.get("X-WP-Total") or b"").decode("latin-1")
        return self.read(response, woocommerce.read_products, total=whole_number(said))

    def url_after(self, url: str) -> str:
        return with_query(url, page=query_number(url, "page", 1) + 1)
