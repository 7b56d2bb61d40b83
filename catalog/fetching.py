"""Fetch files from other people's servers, and never from our own network.

A name is resolved once, every address it gives is checked, and the connection goes to one of
exactly these addresses; each redirect starts over. httpcore is used without httpx's client: no
proxies from the environment, no cookies, no redirects of its own.
"""

import functools
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import httpcore
import httpx

USER_AGENT = "Pendant/0.1"

# Gives the addresses of a host name, as text; called with host and port.
Resolver = Callable[[str, int], Sequence[str]]

PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
_UNTYPED = ("", "application/octet-stream", "binary/octet-stream")

_NOTHING_KEPT = "Nothing was kept."
MESSAGES = {
    "address": "This is not a web address of a file. {kept}"
    " Give a full address that begins with http:// or https://.",
    "credentials": "The address holds a user name or password. {kept} Give it without them.",
    "port": "The address names an unusual port. {kept} Only ports 80 and 443 are asked.",
    "private": "The address leads into a private network. {kept} Give a public web address.",
    "unresolved": "No server of this name was found. {kept} Look for a misspelling in the address.",
    "unreachable": "The server could not be reached. {kept} Try again later.",
    "tls": "The server could not prove over TLS who it is. {kept}"
    " Give the address of another copy.",
    "slow": "The server took too long to send the file. {kept} Try again later.",
    "too_large": "The file is larger than {megabytes:.4g} MB. {kept} Give a smaller copy.",
    "encoded": "The server packed the file in a way that was not asked for. {kept}"
    " Give the address of another copy.",
    "redirects": "The address leads on to other addresses too many times. {kept}"
    " Give the last of them.",
    "status": "The server has no such file for us: it answered {status}. {kept}"
    " Open the address in a browser and copy the picture's own address.",
    "wrong_type": "The server sent {media_type}, not what was asked for. {kept}"
    " Open the address in a browser and copy the picture's own address.",
    "incomplete": "The server ended before the file was whole. {kept} Try again later.",
}


class FetchError(Exception):
    """Say why an address gave no file. code: a key of MESSAGES. message: for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Fetched:
    """A file as its server sent it.

    content_type: the media type in lower case without parameters, "" where the server named none;
    a claim, not a fact. final_url: after redirects.
    """

    data: bytes
    content_type: str
    final_url: str


def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout: float,
    allow_private: bool = False,
    accept: str = "image/*",
    max_redirects: int = 3,
    user_agent: str = USER_AGENT,
    resolver: Resolver | None = None,
) -> Fetched:
    """Get one file over http or https.

    max_bytes: of the file. timeout: seconds for everything together, redirects and name look-ups
    too. allow_private: also private addresses and other ports than 80 and 443, for a shop's server
    on the same network or a test. accept: media types, separated by commas; others are refused.
    resolver: takes the place of the system's. Raises FetchError.
    """
    deadline = time.monotonic() + timeout
    request = _Request(max_bytes, deadline, allow_private, accept, user_agent, resolver or resolve)
    target = read_address(url)
    for _ in range(max_redirects + 1):
        answer = request.get(target)
        if isinstance(answer, Fetched):
            return answer
        target = answer
    raise _error("redirects")


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    IPv4 inside IPv6 counts as the IPv4 address: mapped (RFC 4291, 2.5.5.2), 6to4 (RFC 3056), NAT64
    (RFC 6052). Raises ValueError for text that is no address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None or ip.is_site_local:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    closed = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local
    return ip.is_global and not closed


def _error(code: str, **facts: object) -> FetchError:
    return FetchError(code, MESSAGES[code].format(kept=_NOTHING_KEPT, **facts))


def read_address(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read an address, relative to base where there is one, down to what a request needs.

    Raise FetchError for what is no http(s) address of a host, or holds a user name or password.
    """
    try:
        target = httpx.URL(url) if base is None else base.join(url)
        host = target.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError) as error:
        raise _error("address") from error
    if target.userinfo:
        raise _error("credentials")
    is_host = _NAME.fullmatch(host) or _literal(host)
    is_port = target.port is None or 0 < target.port < 2**16
    if target.scheme not in PORTS or not is_host or not is_port or "\\" in url:
        raise _error("address")
    return target


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def resolve(host: str, port: int) -> list[str]:
    """Return a host name's addresses, each once; raise OSError or ValueError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class _Request:
    """What stays the same from one redirect to the next."""

    max_bytes: int
    deadline: float
    allow_private: bool
    accept: str
    user_agent: str
    resolver: Resolver

    def get(self, target: httpx.URL) -> Fetched | httpx.URL:
        """Ask for one address; gives the file, or where a redirect leads."""
        port = target.port or PORTS[target.scheme]
        if port not in PORTS.values() and not self.allow_private:
            raise _error("port")
        backend = _PinnedBackend(
            self._addresses(target.raw_host.decode("ascii"), port), self.deadline
        )
        tls = _tls() if target.scheme == "https" else None
        try:
            with (
                httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as pool,
                pool.stream(
                    "GET", self._url(target, port), headers=self._headers(target)
                ) as answer,
            ):
                return self._read(answer, target)
        except httpcore.TimeoutException as error:
            raise _error("slow") from error
        except httpcore.ConnectError as error:
            raise _error("unreachable") from error
        except httpcore.LocalProtocolError as error:
            raise _error("address") from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise _error("incomplete") from error

    def _addresses(self, host: str, port: int) -> list[str]:
        """Resolve once, and refuse a name that has one address too many."""
        addresses = [host] if _literal(host) else self._resolved(host, port)
        if not addresses:
            raise _error("unresolved")
        if not self.allow_private and not all(is_public(address) for address in addresses):
            raise _error("private")
        return addresses

    def _resolved(self, host: str, port: int) -> list[str]:
        """Ask the resolver in a thread: the system's takes no time limit."""
        answer: Future[list[str]] = Future()

        def ask() -> None:
            try:
                answer.set_result(list(self.resolver(host, port)))
            except (OSError, ValueError) as error:
                answer.set_exception(error)

        threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
        try:
            return answer.result(max(0.0, self.deadline - time.monotonic()))
        except TimeoutError as error:
            raise _error("slow") from error
        except (OSError, ValueError) as error:
            raise _error("unresolved") from error

    def _url(self, target: httpx.URL, port: int) -> httpcore.URL:
        return httpcore.URL(
            scheme=target.raw_scheme, host=target.raw_host, port=port, target=target.raw_path
        )

    def _headers(self, target: httpx.URL) -> list[tuple[bytes, bytes]]:
        return [
            (b"Host", target.netloc),
            (b"User-Agent", self.user_agent.encode("latin-1")),
            (b"Accept", self.accept.encode("latin-1")),
            # Packed answers could unpack to any size.
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]

    def _read(self, answer: httpcore.Response, target: httpx.URL) -> Fetched | httpx.URL:
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in answer.headers
        }
        if answer.status in _REDIRECTS and "location" in headers:
            return read_address(headers["location"], base=target)
        if answer.status != 200:
            raise _error("status", status=answer.status)
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _error("encoded")
        media_type = headers.get("content-type", "").split(";")[0].strip().lower()
        if not _is_accepted(media_type, self.accept):
            raise _error("wrong_type", media_type=media_type[:60])
        too_large = _error("too_large", megabytes=self.max_bytes / 1024**2)
        if int(headers.get("content-length", "0")) > self.max_bytes:
            raise too_large
        data = bytearray()
        for block in answer.iter_stream():
            data += block
            if len(data) > self.max_bytes:
                raise too_large
        return Fetched(bytes(data), media_type, str(target.copy_with(fragment=None)))


def _is_accepted(media_type: str, accept: str) -> bool:
    wanted = (part.split(";")[0].strip().lower() for part in accept.split(","))
    return media_type in _UNTYPED or any(fnmatchcase(media_type, part) for part in wanted)


class _PinnedBackend(httpcore.NetworkBackend):
    """Connect to the given addresses, whatever the name; everything ends at the deadline."""

    def __init__(self, addresses: Sequence[str], deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | None = None
        for number, address in enumerate(self._addresses):
            # Each address gets its share, so that one that drops packets leaves time for the next.
            share = _remaining(self._deadline) / (len(self._addresses) - number)
            try:
                stream = self._backend.connect_tcp(address, port, share)
            except httpcore.ConnectTimeout as error:
                failure = httpcore.ConnectError(str(error))
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"no address for {host}")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends at the deadline: slow drips add up to no more than it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            stream = self._stream.start_tls(
                ssl_context, server_hostname, _remaining(self._deadline)
            )
        except httpcore.ConnectError as error:
            # Told apart here: httpcore's pool drops the cause on the way out.
            if isinstance(error.__cause__, ssl.SSLError):
                raise _error("tls") from error
            raise
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise httpcore.ReadTimeout("the time for this file is over")
    return remaining
