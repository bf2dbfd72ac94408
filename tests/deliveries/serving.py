"""A real server on a free port, in a thread of the test, and a client that signs as X does."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import uvicorn

SECRET = "first secret"
PREVIOUS_SECRET = "second secret"


class _Server(uvicorn.Server):
    """Ends as uvicorn does, without its steps of 0.1 s: hundreds of tests have a server each."""

    async def main_loop(self) -> None:
        while not self.should_exit:  # noqa: ASYNC110 - set in another thread
            await asyncio.sleep(0.005)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()  # when it has answered
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - plain sets
            await asyncio.sleep(0.005)
        await self.lifespan.shutdown()


@contextlib.contextmanager
def serving(application: Any, **options: Any) -> Iterator[str]:
    """Serve an ASGI application with its lifespan; yield its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(application, log_level="warning", access_log=False, lifespan="on", **options)
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=60)
            assert not thread.is_alive(), "the server did not stop"


def signature(body: bytes, secret: str = SECRET) -> str:
    """What X puts into the header; `test_signature` holds this form to literal values."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass
class Sender:
    """X, as seen from one webhook address."""

    url: str
    secret: str = SECRET
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, body: bytes, **headers: str) -> requests.Response:
        """Send a signed delivery; headers are given with underscores and replace the usual ones."""
        usual = {
            "content-type": "application/json",
            "x-twitter-webhooks-signature": signature(body, self.secret),
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", data=body, headers=usual | given)

    def request(self, method: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url, allow_redirects=False, timeout=30, **options)
