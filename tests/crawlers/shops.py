"""Shops on loopback: real HTTP servers that answer as the replicas tell them to.

Run as ``python -m tests.crawlers.shops FORMAT COUNT`` one prints the address to crawl, and serves a
catalogue until it is stopped.
"""

import io
import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from PIL import Image


@dataclass(frozen=True)
class Asked:
    """One request as it came; at: seconds of the monotonic clock."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def number(self, name: str, default: int) -> int:
        return int(self.query.get(name, default))

    @cached_property
    def root(self) -> str:
        """Return the address under which the client asked, without a slash at its end."""
        return f"{self.headers.get('x-scheme', 'http')}://{self.headers['host']}"


@dataclass
class Answer:
    """What a shop answers: a body, or blocks that are sent one by one, without a length.

    wait: seconds before it. cut: bytes that are promised but not sent.
    """

    body: bytes | str = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    blocks: Iterable[bytes] | None = None
    wait: float = 0.0
    cut: int = 0

    @classmethod
    def of(cls, value: Any, **options: Any) -> "Answer":
        """Return an answer of JSON."""
        return cls(json.dumps(value, default=str), **options)

    @classmethod
    def page(cls, html: str, **options: Any) -> "Answer":
        return cls(html, kind="text/html; charset=utf-8", **options)


# What a shop speaks: gives None for what it does not know.
Speaker = Callable[[Asked], Answer | None]


class Shop:
    """A server on 127.0.0.1. instead: answers, or speakers, that go before all others, by path.

    asked: every request in the order of coming. robots: the text of its robots.txt, None for none.
    """

    def __init__(self, *speakers: Speaker, tls: ssl.SSLContext | None = None) -> None:
        self.speakers = speakers
        self.instead: dict[str, Answer | Speaker] = {}
        self.robots: str | None = None
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self._server.request_queue_size = 128
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.shop = self  # type: ignore[attr-defined]  # what its handlers answer for
        self._server.server_bind()
        self._server.server_activate()
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def at(self, host: str) -> str:
        """Return the shop's address under another name."""
        return self.url.replace("127.0.0.1", host)

    def targets(self) -> list[str]:
        """Return what was asked for, without robots.txt."""
        return [asked.target for asked in self.asked if asked.path != "/robots.txt"]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        instead = self.instead.get(asked.path)
        if instead is not None:
            answer = instead if isinstance(instead, Answer) else instead(asked)
            if answer is not None:
                return answer
        if asked.path == "/robots.txt" and self.robots is not None:
            return Answer(self.robots.replace("{root}", asked.root), kind="text/plain")
        answers = (speaker(asked) for speaker in self.speakers)
        found = next((answer for answer in answers if answer is not None), None)
        return found or Answer.page("<h1>Not found</h1>", status=404)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@contextmanager
def open_shop(*speakers: Speaker, tls: ssl.SSLContext | None = None) -> Iterator[Shop]:
    """Serve what these speak until the end of the block."""
    shop = Shop(*speakers, tls=tls)
    try:
        yield shop
    finally:
        shop.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are small and apart: the second would wait for the first to be confirmed.
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        shop: Shop = self.server.shop  # type: ignore[attr-defined]  # set by Shop
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if shop.url.startswith("https"):
            headers["x-scheme"] = "https"
        answer = shop.answer(Asked(self.command, self.path, headers, body, time.monotonic()))
        time.sleep(answer.wait)
        # A client that refuses hangs up in the middle.
        with suppress(OSError):
            self._send(answer)

    do_POST = do_GET  # noqa: N815 - the base class's name

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
            self.send_header(name, value)
        if answer.blocks is None:
            self.send_header("Content-Length", str(len(body) + answer.cut))
        self.end_headers()
        self.wfile.write(body)
        for block in answer.blocks or ():
            self.wfile.write(block)
        self.close_connection = self.close_connection or bool(answer.cut or answer.blocks)

    def log_message(self, *_: object) -> None:
        pass


@lru_cache(maxsize=20_000)
def draw(number: int) -> bytes:
    """Return a small JPEG that differs with its number, to the eye too."""
    random = Random(number)
    tiles = Image.frombytes("RGB", (5, 4), random.randbytes(60))
    data = io.BytesIO()
    tiles.resize((100, 80), Image.Resampling.NEAREST).save(data, "JPEG", quality=80)
    return data.getvalue()


def main() -> None:
    from tests.crawlers.pieces import catalogue, pictures
    from tests.crawlers.replicas import ENTRANCES, SPEAKERS

    name, count = sys.argv[1], int(sys.argv[2])
    with open_shop(SPEAKERS[name](catalogue(count)), pictures) as shop:
        print(f"{shop.url}{ENTRANCES.get(name, '')}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
