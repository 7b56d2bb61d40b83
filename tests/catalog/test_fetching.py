"""The guarded client against a real, often hostile, server on loopback."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from catalog import fetching
from catalog.fetching import Fetched, FetchError, fetch, is_public

BODY = bytes(range(256)) * 40
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
WHOLE = OK + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY

Answer = Callable[[socket.socket, bytes], None]


class Server:
    """One listening socket; every connection's request is kept and answered by a function."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            # A client that refuses hangs up in the middle.
            with suppress(OSError), connection:
                connection.settimeout(10)
                stream = self.tls.wrap_socket(connection, True) if self.tls else connection
                with stream:
                    request = b""
                    # 22 begins a TLS handshake, which has no empty line to wait for.
                    while b"\r\n\r\n" not in request and not request.startswith(b"\x16"):
                        if not (block := stream.recv(4096)):
                            break
                        request += block
                    self.requests.append(request)
                    self.answer(stream, request)

    def close(self) -> None:
        # Closing alone does not wake a thread that waits in accept().
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


@contextmanager
def serving(answer: bytes | Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(answer if callable(answer) else lambda to, _: to.sendall(answer), tls)
    try:
        yield server
    finally:
        server.close()


def get(url: str, **options: object) -> Fetched:
    given = {"max_bytes": 100_000, "timeout": 5.0, "allow_private": True, **options}
    return fetch(url, **given)  # type: ignore[arg-type]  # each test gives the right kinds


def refusal(url: str, **options: object) -> str:
    with pytest.raises(FetchError) as caught:
        get(url, **options)
    assert "Nothing was kept." in caught.value.message
    assert caught.value.code in fetching.MESSAGES
    return caught.value.code


def redirect(place: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()


def test_it_works() -> None:
    with serving(WHOLE) as server:
        fetched = get(f"http://127.0.0.1:{server.port}/a%20b.png?size=2#part")
    assert fetched == Fetched(BODY, "image/png", f"http://127.0.0.1:{server.port}/a%20b.png?size=2")
    lines = server.requests[0].split(b"\r\n")
    assert lines[0] == b"GET /a%20b.png?size=2 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert b"Accept-Encoding: identity" in lines
    assert b"Accept: image/*" in lines


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "localhost", "LOCALHOST.", "[::1]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::]",
        "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]", "169.254.169.254", "10.0.0.1",
        "172.16.9.9", "192.168.0.1", "100.64.0.1", "0", "0.0.0.0", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1",
        "127。0。0。1",
    ],
)  # fmt: skip
def test_private_addresses_are_never_asked(host: str) -> None:
    def refuse_to_connect(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", refuse_to_connect)
        code = refusal(f"http://{host}/x.png", allow_private=False)
    # Other spellings of IPv4 may mean nothing at all to the system.
    assert code in ("private", "unresolved", "address")
    if host in ("127.0.0.1", "127.1", "localhost", "[::1]", "0", "2130706433", "0x7f000001"):
        assert code == "private"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("::ffff:93.184.216.34", True),
        ("64:ff9b::5db8:d822", True), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False), ("fe80::1%eth0", False),
        ("203.0.113.9", False), ("198.18.0.1", False), ("2001:db8::1", False), ("224.0.1.1", False),
        ("::ffff:10.1.2.3", False), ("64:ff9b:1::1", False), ("ff0e::1", False),
    ],
)  # fmt: skip
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    answers = ["93.184.216.34", "127.0.0.1"]
    url = "http://shop.example/x.png"
    assert refusal(url, allow_private=False, resolver=lambda *_: answers) == "private"


def test_a_name_that_rebinds_is_asked_once_and_connected_to_as_checked() -> None:
    asked: list[tuple[str, int]] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    with serving(WHOLE) as server:
        assert get(f"http://shop.example:{server.port}/", resolver=rebinding).data == BODY
    assert asked == [("shop.example", server.port)]
    assert f"\r\nHost: shop.example:{server.port}\r\n".encode() in server.requests[0]


def test_the_next_address_is_tried_where_one_refuses() -> None:
    with serving(WHOLE) as server:
        url = f"http://shop.example:{server.port}/"
        assert get(url, resolver=lambda *_: ["127.0.0.2", "127.0.0.1"]).data == BODY
    # Nobody listens there any more.
    assert refusal(url, resolver=lambda *_: ["127.0.0.2", "127.0.0.1"]) == "unreachable"


def test_names_beyond_ascii_are_resolved_as_idna() -> None:
    asked = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with serving(WHOLE) as server:
        get(f"http://bücher.example:{server.port}/ü", resolver=resolver)
    assert asked == ["xn--bcher-kva.example"]
    assert server.requests[0].startswith(b"GET /%C3%BC HTTP/1.1\r\nHost: xn--bcher-kva.example:")


def test_a_name_without_a_server() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    assert refusal("http://nowhere.example/", resolver=nothing) == "unresolved"
    assert refusal("http://nowhere.example/", resolver=lambda *_: []) == "unresolved"


def test_a_slow_name_server_is_not_waited_for() -> None:
    done = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        done.wait(20)
        return ["127.0.0.1"]

    try:
        assert refusal("http://shop.example/", timeout=0.2, resolver=slow) == "slow"
    finally:
        done.set()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "address"),
        ("ftp://shop.example/x.png", "address"),
        ("gopher://shop.example/", "address"),
        ("javascript:alert(1)", "address"),
        ("data:image/png;base64,AAAA", "address"),
        ("//shop.example/x.png", "address"),
        ("shop.example/x.png", "address"),
        ("", "address"),
        ("http://", "address"),
        ("http:///x.png", "address"),
        ("http://ex ample.com/", "address"),
        ("http://shop.example\r\nX: y/", "address"),
        ("http://shop.example:99999/", "address"),
        ("http://shop.example:0/", "address"),
        ("http://[fe80::1%25eth0]/", "private"),
        ("http://shop.example\\@127.0.0.1/", "credentials"),
        ("http://shop.example/\\127.0.0.1", "address"),
        ("http://user:secret@shop.example/", "credentials"),
        ("http://shop.example:80@127.0.0.1/", "credentials"),
        ("http://@127.0.0.1/", "private"),
        ("http://shop.example:22/", "port"),
        ("http://shop.example:6379/", "port"),
        ("https://shop.example:8443/", "port"),
    ],
)
def test_addresses_that_are_not_asked(url: str, code: str) -> None:
    asked = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"]

    assert refusal(url, allow_private=False, resolver=resolver) == code
    assert asked == []


def test_redirects_are_followed_three_times() -> None:
    def answer(to: socket.socket, request: bytes) -> None:
        number = int(request.split(b" ")[1].rsplit(b"/", 1)[1])
        to.sendall(redirect(f"../deep/{number - 1}") if number else WHOLE)

    with serving(answer) as server:
        base = f"http://127.0.0.1:{server.port}/deep"
        assert get(f"{base}/3").final_url == f"{base}/0"
        assert refusal(f"{base}/4") == "redirects"
        assert refusal(f"{base}/1", max_redirects=0) == "redirects"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("file:///etc/passwd", "address"),
        ("http://u:p@127.0.0.1/", "credentials"),
        ("//[/", "address"),
    ],
)
def test_a_redirect_is_checked_like_an_address(place: str, code: str) -> None:
    with serving(redirect(place)) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == code


def test_a_public_server_is_asked_but_its_redirect_to_loopback_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The outside world is played by a server here: connections to its address end there."""
    connect, tried = socket.create_connection, []

    def detour(address: tuple[str, int], *rest: object, **options: object) -> socket.socket:
        tried.append(address)
        assert address == ("93.184.216.34", 80)
        return connect(("127.0.0.1", outside.port))

    def resolver(host: str, port: int) -> list[str]:
        return {"shop.example": ["93.184.216.34"], "inside.example": ["127.0.0.1"]}[host]

    def answer(to: socket.socket, request: bytes) -> None:
        place = request.split(b" ")[1].decode().lstrip("/")
        to.sendall(redirect(f"http://{place}/") if place else WHOLE)

    with serving(answer) as outside:
        monkeypatch.setattr(socket, "create_connection", detour)
        options = {"allow_private": False, "resolver": resolver}
        assert get("http://shop.example/", **options).data == BODY
        assert get("http://shop.example/shop.example", **options).data == BODY
        assert len(tried) == 3
        for place in ("127.0.0.1", "inside.example", "[::1]", "169.254.169.254"):
            asked = len(tried)
            assert refusal(f"http://shop.example/{place}", **options) == "private"
            assert len(tried) == asked + 1


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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of shop.example that signs itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the test's certificate and is not installed")
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    subprocess.run([*command, "-keyout", path, "-out", path], check=True, capture_output=True)
    return path


@pytest.fixture
def https(certificate: Path) -> Iterator[tuple[Server, list[str | None]]]:
    """A server with the certificate, and the names that clients said they want."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    fetching._tls.cache_clear()
    with serving(WHOLE, context) as server:
        yield server, names
    fetching._tls.cache_clear()


def local(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_certificate_is_checked_for_the_name_not_the_address(
    https: tuple[Server, list[str | None]], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, names = https
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
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
