"""A real server on loopback that answers as a test wishes, and the guarded client's calls to it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from catalog import fetching
from catalog.fetching import Fetched, FetchError, fetch

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
