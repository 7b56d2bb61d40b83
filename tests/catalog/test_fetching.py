"""What the guarded client takes from real, often hostile, servers on loopback."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import fetching
from catalog.fetching import Fetched, FetchError
from tests.catalog.servers import BODY, OK, WHOLE, Server, get, redirect, refusal, serving

# Signed by its own key, which lies beside it.
CERTIFICATE = Path(__file__).with_name("shop.example.pem")


def test_it_works() -> None:
    with serving(WHOLE) as server:
        fetched = get(f"http://127.0.0.1:{server.port}/a%20b.png?size=2#part")
    assert fetched == Fetched(BODY, "image/png", f"http://127.0.0.1:{server.port}/a%20b.png?size=2")
    lines = server.requests[0].split(b"\r\n")
    assert lines[0] == b"GET /a%20b.png?size=2 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert b"Accept-Encoding: identity" in lines
    assert b"Accept: image/*" in lines


def test_redirects_are_followed_three_times() -> None:
    def answer(to: socket.socket, request: bytes) -> None:
        number = int(request.split(b" ")[1].rsplit(b"/", 1)[1])
        to.sendall(redirect(f"../deep/{number - 1}") if number else WHOLE)

    with serving(answer) as server:
        base = f"http://127.0.0.1:{server.port}/deep"
        assert get(f"{base}/3").final_url == f"{base}/0"
        assert refusal(f"{base}/4") == "redirects"
        assert refusal(f"{base}/1", max_redirects=0) == "redirects"


def test_an_endless_stream_ends_at_the_cap() -> None:
    sent = 0

    def answer(to: socket.socket, request: bytes) -> None:
        nonlocal sent
        to.sendall(OK + b"\r\n")
        while True:
            to.sendall(bytes(10_000))
            sent += 10_000

    with serving(answer) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/", timeout=20.0) == "too_large"
    # What lies in the sockets' buffers was sent in vain; no more.
    assert sent < 20_000_000


def test_an_endless_chunked_stream_ends_at_the_cap() -> None:
    def answer(to: socket.socket, request: bytes) -> None:
        to.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            to.sendall(b"2710\r\n" + bytes(10_000) + b"\r\n")

    with serving(answer) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/", timeout=20.0) == "too_large"


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-", OK, OK + b"\r\n"])
def test_a_slow_drip_ends_with_the_time(start: bytes) -> None:
    stop = threading.Event()

    def answer(to: socket.socket, request: bytes) -> None:
        to.sendall(start)
        while not stop.wait(0.05):
            to.sendall(b"H" if not start else b"a")

    with serving(answer) as server:
        began = time.monotonic()
        assert refusal(f"http://127.0.0.1:{server.port}/", timeout=0.6) == "slow"
        assert time.monotonic() - began < 8
        stop.set()


def test_a_claimed_length_over_the_cap_is_not_read() -> None:
    with serving(OK + b"Content-Length: 100001\r\n\r\n") as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == "too_large"


def test_a_file_of_just_the_cap_passes() -> None:
    with serving(WHOLE) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert get(url, max_bytes=len(BODY)).data == BODY
        assert refusal(url, max_bytes=len(BODY) - 1) == "too_large"


def test_an_understated_length_gives_no_more_than_stated() -> None:
    with serving(OK + b"Content-Length: 100\r\n\r\n" + BODY) as server:
        assert get(f"http://127.0.0.1:{server.port}/").data == BODY[:100]


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 50000\r\n\r\n" + BODY,
        OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc",
        OK + b"Content-Length: -1\r\n\r\n" + BODY,
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
    ids=["overstated", "chunk cut", "negative", "two lengths", "no http", "nothing"],
)
def test_a_broken_answer(answer: bytes) -> None:
    with serving(answer) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == "incomplete"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
def test_packed_answers_are_refused(encoding: str) -> None:
    with serving(OK + f"Content-Encoding: {encoding}\r\n\r\n".encode() + BODY) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == "encoded"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "206 Partial", "302 No place"])
def test_other_answers_than_200(status: str) -> None:
    with serving(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nhi".encode()) as server:
        with pytest.raises(FetchError, match=status[:3]) as caught:
            get(f"http://127.0.0.1:{server.port}/")
        assert caught.value.code == "status"


def test_the_media_type_is_checked_where_it_is_known() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=utf-8\r\n\r\nhello"
    with serving(page) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert refusal(url) == "wrong_type"
        fetched = get(url, accept="application/json, text/html;q=0.9")
        assert (fetched.data, fetched.content_type) == (b"hello", "text/html")
    for line in (b"", b"Content-Type: application/octet-stream\r\n"):
        with serving(b"HTTP/1.1 200 OK\r\n" + line + b"\r\nhello") as server:
            assert get(f"http://127.0.0.1:{server.port}/").data == b"hello"


def test_no_proxy_and_no_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    cookie = redirect("/then").replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n")

    def answer(to: socket.socket, request: bytes) -> None:
        to.sendall(cookie if request.startswith(b"GET /first") else WHOLE)

    with serving(answer) as server:
        assert get(f"http://127.0.0.1:{server.port}/first").data == BODY
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


@pytest.fixture
def https() -> Iterator[tuple[Server, list[str | None]]]:
    """A server with the certificate, and the names that clients said they want."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    fetching._tls.cache_clear()
    with serving(WHOLE, context) as server:
        yield server, names
    fetching._tls.cache_clear()


def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_certificate_is_checked_for_the_name_not_the_address(
    https: tuple[Server, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, names = https
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert get(f"https://shop.example:{server.port}/", resolver=local).data == BODY
    assert names == ["shop.example"]
    assert refusal(f"https://other.example:{server.port}/", resolver=local) == "tls"
    assert refusal(f"https://127.0.0.1:{server.port}/") == "tls"


def test_an_unknown_certificate_is_refused(https: tuple[Server, list[str | None]]) -> None:
    server, _ = https
    assert refusal(f"https://shop.example:{server.port}/", resolver=local) == "tls"
    assert server.requests == []


def test_a_server_without_tls() -> None:
    with serving(WHOLE) as server:
        assert refusal(f"https://127.0.0.1:{server.port}/") == "tls"
