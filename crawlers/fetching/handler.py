"""The one way from a crawler to the network."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError
from scrapy.http import Response

from catalog.fetching import PORTS, FetchError, read_address
from crawlers.fetching.addresses import GuardedResolver
from crawlers.fetching.pace import Pace
from crawlers.fetching.troubles import Trouble, is_certificate_error

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class GuardedHandler(HTTP11DownloadHandler):
    """Fetch over HTTP 1.1 in the host's turn, by the guarded resolver alone.

    Raise Trouble for an address that is refused and for a certificate that proves nothing.
    """

    def __init__(self, crawler: "Crawler") -> None:
        super().__init__(crawler)
        from twisted.internet import reactor

        resolver = reactor.nameResolver
        pace = crawler.get_extension(Pace)
        if not isinstance(resolver, GuardedResolver) or pace is None:
            raise RuntimeError("crawlers.fetching.scrapy_settings were not used in full")
        self._resolver = resolver
        self._pace = pace

    async def download_request(self, request: Request) -> Response:
        try:
            target = read_address(request.url)
        except FetchError as error:
            raise Trouble(error.code) from error
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        if "proxy" in request.meta:
            raise RuntimeError("a proxy would connect where the resolver does not see it")
        try:
            async with self._pace.turn(host):
                response = await self._pace.unless_ending(super().download_request(request))
                self._pace.learn(host, request.meta["download_latency"], response.status)
                return response
        except CannotResolveHostError as error:
            asked = (host, target.port or PORTS[target.scheme])
            raise Trouble(self._resolver.refused.get(asked, "unresolved")) from error
        except DownloadFailedError as error:
            if is_certificate_error(error):
                raise Trouble("certificate") from error
            raise
