"""A real HTTP server that answers what it is told, word for word, and notes what it was asked."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    """Path and query, undecoded."""
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Says:
    """An answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Breaks = Callable[[BaseHTTPRequestHandler], None]


def error(status: int, code: int, message: str, **headers: str) -> Says:
    """As X's v1.1 endpoints refuse."""
    return as_json(status, {"errors": [{"code": code, "message": message}]}, **headers)


def as_json(status: int, body: Any, **headers: str) -> Says:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Says(status, json.dumps(body).encode(), {"content-type": "application/json", **named})


def resets(handler: BaseHTTPRequestHandler) -> None:
    """Break the connection as a crashing server does (RST)."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def never_answers(handler: BaseHTTPRequestHandler) -> None:
    """Hold the connection until the other side gives up."""
    handler.connection.settimeout(60)
    with contextlib.suppress(OSError):
        handler.connection.recv(1)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then, so that no single read takes long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(1500):
            handler.wfile.write(b" " * 8)
            handler.wfile.flush()
            time.sleep(0.02)


def promises_more(handler: BaseHTTPRequestHandler) -> None:
    """End in the middle of what was announced."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{"id": "1')
    handler.close_connection = True


def in_chunks(*chunks: bytes, ends: bool = True) -> Breaks:
    """Answer 200 with `Transfer-Encoding: chunked`, with its end or without."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in chunks:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            handler.wfile.flush()
        if ends:
            handler.wfile.write(b"0\r\n\r\n")

    return answer


@dataclass
class Literal:
    """What the server says next, in order; the last answer stays."""

    url: str = ""
    says: list[Says | Breaks] = field(default_factory=lambda: [Says(204)])
    asked: list[Asked] = field(default_factory=list)
    bearer: str = ""
    """What `/oauth2/token` gives, without counting as one of the answers."""
    echo: Callable[[Asked], Says] | None = None
    """Makes the answer of the request instead."""

    def will_say(self, *says: Says | Breaks) -> None:
        self.says = list(says)

    def next_answer(self, asked: Asked) -> Says | Breaks:
        if self.bearer and asked.target == "/oauth2/token":
            return as_json(200, {"token_type": "bearer", "access_token": self.bearer})
        if self.echo:
            return self.echo(asked)
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]

    def forget(self) -> None:
        """Begin anew."""
        self.says, self.asked, self.bearer, self.echo = [Says(204)], [], "", None

    @property
    def last(self) -> Asked:
        return self.asked[-1]


@contextlib.contextmanager
def serve() -> Iterator[Literal]:
    literal = Literal()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024  # headers and body in one packet: two would wait for each other

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            literal.asked.append(asked)
            says = literal.next_answer(asked)
            if not isinstance(says, Says):
                says(self)
                self.close_connection = True
                return
            self.send_response(says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            if says.status != 204:
                self.send_header("Content-Length", str(len(says.body)))
            self.end_headers()
            if says.status != 204:
                self.wfile.write(says.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Connections break on purpose here."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    literal.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield literal
    finally:
        server.shutdown()
        server.server_close()
