"""Why a request, or a whole run, got no further: kinds to count, and sentences for an owner."""

from typing import Any

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import CertificateError, VerificationError
from twisted.internet.error import ConnectError

from crawlers.items import ParseError

_ASK = "Ask the shop to let the crawler “Pendant” in, or for a product feed."

SENTENCES = {
    "address": "{url} is not a web address. {kept} Give a full address that begins with http:// or"
    " https://.",
    "credentials": "The address holds a user name or password. {kept} Give it without them.",
    "private": "{host} leads into a private network. {kept} Give a public web address.",
    "port": "{host} names an unusual port. {kept} Only ports 80 and 443 are asked.",
    "contact": "Crawlers of public sites say whom to write to. {kept} Set CRAWLER_CONTACT to your"
    " address, then start again.",
    "unresolved": "No server named {host} was found. {kept} Look for a misspelling in the address.",
    "unreachable": "{host} could not be reached. {kept} Try again later.",
    "certificate": "{host} could not prove over TLS who it is. {kept} Try again when the shop has"
    " renewed its certificate.",
    "timeout": "{host} took too long to answer. {kept} Try again later.",
    "too large": "{url} is larger than a crawler reads. {kept} Give the address of a smaller list.",
    "cut off": "{host} ended its answer before it was whole. {kept} Try again later.",
    "redirects": "{url} leads on to other addresses too many times. {kept} Give the last of them.",
    "offsite": "{url} belongs to another site than {site}. {kept} Crawl that site by itself if it"
    " is the shop.",
    "status": "{url} could not be read: {host} answered {status}. {kept} Open the address in a"
    " browser to see what is wrong.",
    "malformed": "{reason} {kept} Check the address, or let “auto” find out what the shop speaks.",
    "refused": "{host} refuses crawlers: it answered {status}. {kept} " + _ASK,
    "challenge": "{host} answers crawlers with a challenge page ({guard}). {kept} " + _ASK,
    "robots": "The robots.txt of {host} does not let crawlers read {path}. {kept} " + _ASK,
    "robots unknown": "The robots.txt of {host} could not be read, and without it nothing is."
    " {kept} Try again later.",
    "patience": "{host} asks to wait {seconds:.0f} seconds, longer than a crawler does. {kept} Try"
    " again later.",
    "busy": "{host} went on asking crawlers to slow down. {kept} Try again later.",
    "endless": "The list of {host} goes on without end: it has more than {count:,} pages. {kept}"
    " Give the address of a smaller list.",
    "too long": "The crawl of {host} took more than {hours:.0f} hours. {kept} Give the address of a"
    " smaller list.",
    "gaps": "{count} pages in a row could not be read; the last: {reason} {kept} Try again later.",
    "nothing": "No products were found at {url}: {count:,} of its pages could not be read. {kept}"
    " Try again later.",
    "empty": "No products were found at {url}. {kept} Open the address in a browser to see whether"
    " the shop has any.",
    "unknown": "{url} speaks nothing that this crawler reads. {kept} Give the address of a"
    " category, a sitemap or a product feed.",
    "stopped": "The crawl was stopped. {kept} Start it again.",
    "other": "{host} could not be read: {reason}. {kept} Try again later.",
}


class Trouble(IgnoreRequest):
    """Say why a request gave nothing. kind: a key of SENTENCES. ends_run: it ends the whole run."""

    def __init__(self, kind: str, *, ends_run: bool = False, **facts: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.ends_run = ends_run
        self.facts = facts

    def sentence(self, kept: str, **known: Any) -> str:
        """Return the sentence for an owner; kept says what of the crawl stays."""
        return SENTENCES[self.kind].format(kept=kept, **{**known, **self.facts})


def trouble_of(error: BaseException) -> Trouble:
    """Return what went wrong with a request, of whatever Scrapy, Twisted or a parser raised."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, HttpError):
        return Trouble("status", status=error.response.status)
    if isinstance(error, ParseError):
        return Trouble("malformed", reason=str(error))
    kinds: tuple[tuple[type[BaseException], str], ...] = (
        (CannotResolveHostError, "unresolved"),
        (DownloadTimeoutError, "timeout"),
        (ResponseDataLossError, "cut off"),
        (DownloadCancelledError, "too large"),
        (DownloadConnectionRefusedError, "unreachable"),
        (ConnectError, "unreachable"),
    )
    for kind_of_error, kind in kinds:
        if isinstance(error, kind_of_error):
            return Trouble(kind)
    if "max redirections" in str(error):
        return Trouble("redirects")
    if "during decompression" in str(error):
        return Trouble("too large")
    return Trouble("other", reason=str(error)[:200] or type(error).__name__)


def is_certificate_error(error: BaseException) -> bool:
    """Say whether a failed download failed at TLS, by the reasons that Twisted collected."""
    found: list[BaseException | None] = [error]
    for _ in range(10):
        following: list[BaseException | None] = []
        for each in filter(None, found):
            if isinstance(each, SSL.Error | CertificateError | VerificationError):
                return True
            following.append(each.__cause__)
            following += [reason.value for reason in getattr(each, "reasons", None) or ()]
        found = following
    return False
