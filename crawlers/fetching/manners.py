"""Stay on the shop's own site, take a refusal for an answer, and slow down when asked to."""

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers.fetching.pace import Pace
from crawlers.fetching.troubles import Trouble

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

LONGEST_WAIT = 600.0  # seconds that a Retry-After is waited for
_MOST_WAITS = 5
_SLOW_DOWN = (429, 430)  # 430 is Shopify's

# What stands in the answers of the common guards against crawlers, and nowhere else.
_CHALLENGES = (
    (b"cdn-cgi/challenge-platform", "Cloudflare"),
    (b"_cf_chl_opt", "Cloudflare"),
    (b"<title>Just a moment...</title>", "Cloudflare"),
    (b"<title>Attention Required! | Cloudflare</title>", "Cloudflare"),
    (b"captcha-delivery.com", "DataDome"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"px-captcha", "PerimeterX"),
    (b"sucuri_cloudproxy_js", "Sucuri"),
    (b"awswaf.com/", "AWS WAF"),
)
_LARGEST_CHALLENGE = 100_000


def site_of(url: str) -> str:
    """Return the host that an address is of, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def is_on_site(url: str, site: str) -> bool:
    """Say whether an address is on the site of a host or on one of its subdomains."""
    host = site_of(url)
    return host == site or host.endswith(f".{site}")


class OwnSite:
    """Ask nothing but the shop's own site, by a link or a redirect; a downloader middleware.

    Of a spider that has enough, pictures alone are asked for.
    """

    def __init__(self, crawler: "Crawler") -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        # Where a robots.txt leads, RFC 9309, 2.3.1.2, has it followed; pictures lie anywhere.
        if not request.meta.get("robots") and not request.meta.get("picture"):
            spider = self._crawler.spider
            if getattr(spider, "has_enough", False):
                raise IgnoreRequest("The limit is reached")
            site = site_of(getattr(spider, "url", ""))
            if not is_on_site(request.url, site):
                raise Trouble("offsite")


class Redirects(RedirectMiddleware):
    """Follow redirects also to where the crawl was before, so that no request is lost unseen."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        result = super().process_response(request, response)
        if isinstance(result, Request):
            result.dont_filter = True
        return result


class Refusals:
    """End the run where the site refuses crawlers; a downloader middleware."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Raise Trouble for a challenge page, and for 401 and 403 unless the request was a probe.

        robots.txt has rules of its own for what an answer means.
        """
        if request.meta.get("robots"):
            return response
        guard = _guard(response)
        if guard:
            raise Trouble("challenge", ends_run=True, guard=guard)
        if response.status in (401, 403) and not request.meta.get("probe"):
            raise Trouble("refused", ends_run=True, status=response.status)
        return response


def _guard(response: Response) -> str:
    if response.headers.get("cf-mitigated") == b"challenge":
        return "Cloudflare"
    if response.headers.get("x-amzn-waf-action") in (b"challenge", b"captcha"):
        return "AWS WAF"
    if len(response.body) > _LARGEST_CHALLENGE:
        return ""
    # Scripts of these guards also stand in pages that they let through, which are answered 200.
    if response.status == 200 and b"<title>Just a moment...</title>" not in response.body:
        return ""
    return next((name for mark, name in _CHALLENGES if mark in response.body), "")


class Patience(RetryMiddleware):
    """Try again what failed for the moment, later each time and as late as Retry-After says."""

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        patience = super().from_crawler(crawler)
        pace = crawler.get_extension(Pace)
        assert pace is not None
        patience.pace = pace
        patience.first_wait = crawler.settings.getfloat("PENDANT_FIRST_WAIT")
        return patience

    pace: Pace
    first_wait: float

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Hold the host for as long as it asks; raise Trouble where that is too long."""
        asked = _retry_after(response)
        if response.status not in _SLOW_DOWN and (asked is None or response.status != 503):
            return super().process_response(request, response)
        waits = request.meta.get("waits", 0)
        seconds = self.first_wait * 2**waits if asked is None else asked
        if seconds > LONGEST_WAIT:
            raise Trouble("patience", ends_run=True, seconds=seconds)
        if waits >= _MOST_WAITS:
            raise Trouble("busy", ends_run=True)
        self.pace.hold(urlsplit(request.url).hostname or "", seconds)
        again = request.replace(dont_filter=True)
        again.meta["waits"] = waits + 1
        return again

    def process_exception(
        self, request: Request, exception: Exception, spider: Spider | None = None
    ) -> Request | Response | None:
        """Put back what the end of the crawl interrupted, for the crawl that goes on from here."""
        if isinstance(exception, Trouble):
            # What is awaited, as robots.txt is, would be asked for again at once.
            if exception.kind == "stopped" and request.callback is not NO_CALLBACK:
                return request.replace(dont_filter=True)
            return None
        return super().process_exception(request, exception)

    def _retry(self, request: Request, reason: str | Exception | type[Exception]) -> Request | None:
        again = super()._retry(request, reason)
        if again is not None:
            times = again.meta["retry_times"]
            seconds = self.first_wait * 2 ** (times - 1)
            self.pace.hold(urlsplit(request.url).hostname or "", seconds)
        return again


def _retry_after(response: Response) -> float | None:
    """Return the seconds that Retry-After asks to wait, None where it asks for nothing."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
