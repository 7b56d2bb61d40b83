"""Museums' open APIs: public domain, without prices."""

from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawlers.items import Page, ProductItem
from crawlers.parsers import artic, cleveland, met
from crawlers.parsers.values import query_number, with_query
from crawlers.spiders.base import CatalogSpider
from crawlers.spiders.lists import ListSpider

# The fields that the parser reads; an artwork has about a hundred.
_ARTIC_FIELDS = (
    "id,title,is_public_domain,image_id,dimensions,department_title,artwork_type_title,"
    "artist_title,medium_display,date_display,description,thumbnail"
)
_MET_API = "/public/collection/v1/"


class ArticSpider(ListSpider):
    """Read /api/v1/artworks of the Art Institute of Chicago, at 60 requests a minute."""

    name = "artic"
    pace = 1.0

    def list_url(self) -> str:
        if "/artworks" in urlsplit(self.url).path:
            return with_query(self.url, limit=100, page=1)
        return f"{urljoin(self.url, '/api/v1/artworks')}?fields={_ARTIC_FIELDS}&limit=100&page=1"

    def parse_list(self, response: Response) -> Page | None:
        page = self.read(response, artic.read_artworks)
        if page is not None and page.next_url:
            # The museum names its own host there, also where another one serves the API.
            page.next_url = self.url_after(response.url)
        return page

    def url_after(self, url: str) -> str:
        return with_query(url, page=query_number(url, "page", 1) + 1)


class ClevelandSpider(ListSpider):
    """Read /api/artworks/ of the Cleveland Museum of Art: what is CC0 and has a picture."""

    name = "cleveland"

    def list_url(self) -> str:
        if "/api/artworks" in urlsplit(self.url).path:
            return with_query(self.url, limit=100, skip=0)
        return urljoin(self.url, "/api/artworks/?cc=1&has_image=1&limit=100&skip=0")

    def parse_list(self, response: Response) -> Page | None:
        return self.read(response, cleveland.read_artworks)

    def url_after(self, url: str) -> str:
        return with_query(url, skip=query_number(url, "skip", 0) + 100)


class MetSpider(CatalogSpider):
    """Read the Metropolitan Museum's API: a list of object numbers, then each object.

    An address with a path below /public/collection/v1/ is taken as it is: a search, or a
    department's objects. Else all objects with pictures are read.
    """

    name = "met"

    def first(self) -> Iterable[Request]:
        given = _MET_API in self.url and not self.url.endswith(_MET_API)
        url = self.url if given else urljoin(self.url, f"{_MET_API}search?hasImages=true&q=*")
        is_object = "/objects/" in urlsplit(url).path
        # Where there is no search, there is the list of all objects.
        yield self.ask(url, self.product if is_object else self.numbers, entry=given)

    def after_failure(self, request: Request) -> Iterator[ProductItem | Request]:
        if request.callback == self.numbers and not request.meta["entry"]:
            url = urljoin(self.url, f"{_MET_API}objects")
            yield self.ask(url, self.numbers, entry=True)

    def numbers(self, response: Response) -> Iterator[ProductItem | Request]:
        """Read the list of objects."""
        assert response.request is not None
        page = self.read(response, met.read_object_ids)
        if page is None:
            yield from self.after_failure(response.request)
        else:
            self.later(page.links)

    def product(self, response: Response) -> Iterator[ProductItem | Request]:
        page = self.read(response, met.read_object)
        if page is not None:
            yield from self.products(page)
