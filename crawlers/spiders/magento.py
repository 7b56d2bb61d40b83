"""Magento's GraphQL."""

import json
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response

from crawlers.items import Page
from crawlers.parsers import magento
from crawlers.spiders.lists import ListSpider

_SIZE = 50
# Fields that every Magento from 2.4 on has. Products are only listed by a filter: any price is one.
_PRICES = """
    price_range {
      minimum_price { regular_price { value currency } final_price { value currency } }
      maximum_price { final_price { value currency } }
    }"""
_QUERY = f"""query Products($pageSize: Int!, $currentPage: Int!) {{
  products(filter: {{price: {{from: "0"}}}}, pageSize: $pageSize, currentPage: $currentPage) {{
    total_count
    items {{
      uid sku name url_key url_suffix stock_status
      description {{ html }}
      categories {{ name breadcrumbs {{ category_name }} }}
      image {{ url label }}
      media_gallery {{ url label }}{_PRICES}
      ... on ConfigurableProduct {{ variants {{ product {{ stock_status{_PRICES} }} }} }}
    }}
  }}
}}"""


class MagentoSpider(ListSpider):
    """Read /graphql, fifty products at a time."""

    name = "magento"

    def list_url(self) -> str:
        return urljoin(self.url, "/graphql")

    def page(self, url: str, *, entry: bool = False, number: int = 1, gaps: int = 0) -> Request:
        variables = {"pageSize": _SIZE, "currentPage": number}
        return (
            super()
            .page(url, entry=entry, number=number, gaps=gaps)
            .replace(
                method="POST",
                headers={"Content-Type": "application/json"},
                body=json.dumps({"query": _QUERY, "variables": variables}),
            )
        )

    def parse_list(self, response: Response) -> Page | None:
        page = self.read(response, magento.read_products, currency=self.currency)
        assert response.request is not None
        reached = response.request.meta["number"] * _SIZE
        if page is not None and page.items and (page.total is None or reached < page.total):
            page.next_url = response.url
        return page

    def url_after(self, url: str) -> str:
        return url
