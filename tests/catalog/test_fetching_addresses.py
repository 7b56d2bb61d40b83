"""Whom the guarded client asks: names and addresses, given or redirected to."""

import socket
import threading

import pytest

from catalog.fetching import is_public
from tests.catalog.servers import BODY, WHOLE, get, redirect, refusal, serving


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
