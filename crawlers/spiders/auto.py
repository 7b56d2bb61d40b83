"""Find out what a shop speaks."""

from collections.abc import AsyncIterator
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers.fetching.manners import site_of
from crawlers.fetching.robots import Robots
from crawlers.fetching.troubles import Trouble, trouble_of
from crawlers.parsers import detect
from crawlers.spiders.base import CatalogSpider

# Museums and shops that are known by their host.
_HOSTS = {
    "api.artic.edu": "artic",
    "collectionapi.metmuseum.org": "met",
    "openaccess-api.clevelandart.org": "cleveland",
    "minted.com": "minted",
    "shopstyle.com": "shopstyle",
}
# Lists that these systems serve at the same place in every shop, one product of each.
_LISTS = {
    "shopify": "/products.json?limit=1",
    "woocommerce": "/wp-json/wc/store/v1/products?per_page=1",
    "magento": "/graphql?query=%7Bproducts(filter:%7Bprice:%7Bfrom:%220%22%7D%7D,pageSize:1)"
    "%7Btotal_count%20items%7Bsku%7D%7D%7D",
}
_TRIED = ("shopify", "woocommerce")  # also where nothing hints at them


class AutoSpider(CatalogSpider):
    """Find out what a shop speaks, and go on as that spider; speaks tells which.

    The answer at the address may be it, or hold the marks of a system; the lists of the common
    systems are tried then, and last the shop's sitemap and the data of its page.
    """

    name = "auto"

    async def start(self) -> AsyncIterator[Request]:
        self.check_address()
        # A crawl that goes on after a stop knows already.
        name = self.state.get("speaks") or await self._find_out()
        self._become(name)
        for request in self.first():
            yield request

    def _become(self, name: str) -> None:
        """Turn into the spider of that name: all have the same fields."""
        from crawlers.spiders import SPIDERS

        self.state["speaks"] = name
        self.__class__ = SPIDERS[name]  # type: ignore[assignment]  # what the method is for
        self.set_pace()
        self.logger.info("%s speaks %s", self.url, name)

    async def _find_out(self) -> str:
        """Return a spider's name; raise CloseSpider where none would find anything."""
        if known := _HOSTS.get(site_of(self.url)):
            return known
        page = await self._get(self.url, is_probe=False)
        said = detect.speaks(page.body, page.url) if page else None
        if said and said not in ("sitemap", "structured", *_LISTS):
            return said
        for name in dict.fromkeys([said, *_TRIED] if said in _LISTS else _TRIED):
            answer = await self._get(urljoin(self.url, _LISTS[name]))
            if answer and detect.speaks(answer.body, answer.url) == name:
                return name
        if said or await self._has_sitemap():
            return "structured"
        raise self.refuse(Trouble("unknown"))

    async def _has_sitemap(self) -> bool:
        robots = self.crawler.get_downloader_middleware(Robots)
        named = robots.sitemaps(self.url) if robots else []
        answer = await self._get((named or [urljoin(self.url, "/sitemap.xml")])[0])
        return answer is not None and detect.speaks(answer.body, answer.url) == "sitemap"

    async def _get(self, url: str, *, is_probe: bool = True) -> Response | None:
        """Return a whole answer, None where there is none.

        Raise CloseSpider where the site refuses crawlers or cannot be reached at all.
        """
        engine = self.crawler.engine
        assert engine is not None
        request = Request(url, callback=NO_CALLBACK, meta={"probe": is_probe})
        try:
            response = await engine.download_async(request)
        except Exception as error:
            trouble = trouble_of(error)
            if trouble.ends_run or not is_probe:
                raise self.refuse(self.sentence(trouble, url)) from error
            return None
        return response if response.status == 200 else None
