"""Connect crawlers to public addresses only, whatever a name resolves to.

Twisted asks this resolver once for each connection and connects to one of the addresses that it
hands out, so what was checked is what is connected to: a name that changes its answer in between
gains nothing. IP addresses in URLs come this way too, and so do redirects, robots.txt and sitemaps.
"""

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from catalog.fetching import PORTS, is_public, resolve

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        raise NotImplementedError


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolve names for the reactor; refuse each that has one address too many.

    allow_private: also private addresses, and other ports than 80 and 443. known: addresses that
    count as public, at any port. introduced: whether the crawler says whom to write to, without
    which it asks no public address. refused holds, by host and port, why a name got no address: a
    kind of trouble.
    """

    def __init__(
        self, reactor: Any, *, allow_private: bool, known: Sequence[str], introduced: bool
    ) -> None:
        self._reactor = reactor
        self._allow_private = allow_private
        self._known = frozenset(known)
        self._introduced = introduced
        self.refused: dict[tuple[str, int], str] = {}

    @classmethod
    def from_crawler(cls, crawler: "Crawler", reactor: Any) -> Self:
        settings = crawler.settings
        return cls(
            reactor,
            allow_private=settings.getbool("PENDANT_ALLOW_PRIVATE"),
            known=settings.getlist("PENDANT_KNOWN_ADDRESSES"),
            introduced=settings.getbool("PENDANT_INTRODUCED"),
        )

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        receiver: Any,
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[Any] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> _Resolution:
        """Hand the receiver all addresses of a name, or none where one of them is refused."""
        resolution = _Resolution(hostName)
        receiver.resolutionBegan(resolution)

        def deliver(addresses: list[str]) -> None:
            refusal = self._refusal(addresses, portNumber)
            if refusal:
                self.refused[hostName.lower(), portNumber] = refusal
            for address in () if refusal else addresses:
                kind = IPv6Address if ":" in address else IPv4Address
                receiver.addressResolved(kind("TCP", address, portNumber))
            receiver.resolutionComplete()

        asking = deferToThread(_addresses, hostName, portNumber)
        asking.addCallback(deliver)
        return resolution

    def _refusal(self, addresses: list[str], port: int) -> str:
        if not addresses:
            return "unresolved"
        strange = [address for address in addresses if address not in self._known]
        public = [address for address in strange if is_public(address)]
        if public and not self._introduced:
            return "contact"
        if self._allow_private or not strange:
            return ""
        if len(public) < len(strange):
            return "private"
        return "" if port in PORTS.values() else "port"


def _addresses(host: str, port: int) -> list[str]:
    try:
        return resolve(host, port)
    except (socket.gaierror, OSError, ValueError):
        return []
