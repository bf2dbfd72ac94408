"""As many deliveries leave the sandbox as leave X in a replay, while live ones go on beside them."""

import multiprocessing
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

import pytest

from tests.sandbox.client import AAA, X
from tests.sandbox.control import Control
from tests.sandbox.wire import StartSandbox, eventually, free_port, signature

pytestmark = [pytest.mark.any_database, pytest.mark.slow]

REPLAYED = 12_000
LIVE_PER_SECOND = 100


def do_nothing(port: int, ready: Connection) -> None:
    """Answer every POST 200 and every challenge rightly, and do no more than that."""
    import asyncio
    import json
    from urllib.parse import parse_qs, urlsplit

    class Answer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.received = transport, b""

        def data_received(self, data: bytes) -> None:
            self.received += data
            head, blank, rest = self.received.partition(b"\r\n\r\n")
            length = int((head.partition(b"Content-Length: ")[2] or b"0").split(b"\r")[0])
            if not blank or len(rest) < length:
                return
            self.received, body = rest[length:], b""
            if head.startswith(b"GET"):
                [token] = parse_qs(urlsplit(head.split(b" ")[1].decode()).query)["crc_token"]
                body = json.dumps({"response_token": signature(token.encode())}).encode()
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", port, backlog=256)
        ready.send(True)
        await server.serve_forever()

    asyncio.run(serve())


def test_2500_a_second_beside_live_traffic(start_sandbox: StartSandbox) -> None:
    port = free_port()
    ready, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=do_nothing, args=(port, theirs), daemon=True)
    server.start()
    ready.recv()
    control = Control(
        start_sandbox(
            WEBHOOK_URL=f"http://127.0.0.1:{port}/", WARM_UP_SECONDS=0, BACKLOG=REPLAYED, TRAFFIC_PER_SECOND=0.001
        )
    )
    eventually(lambda: control.state()["deliveries"]["delivered"] >= REPLAYED, seconds=60)
    control.advance(minutes=40)
    control.json("PUT", "traffic", {"per_second": LIVE_PER_SECOND})
    before = control.state()
    now = datetime.fromisoformat(before["now"]).astimezone(UTC)
    path = f"{AAA}/replay/webhooks/{before['webhooks'][0]['id']}/subscriptions/all.json"
    window = {
        "from_date": f"{now - timedelta(minutes=60):%Y%m%d%H%M}",
        "to_date": f"{now - timedelta(minutes=15):%Y%m%d%H%M}",
    }
    app = X(control.sandbox).with_bearer(before["apps"][0]["bearer_token"])

    began = datetime.now(UTC)
    assert app.post(path, params=window).status_code == 202
    eventually(lambda: control.state()["replays"][0]["state"] != "Running", seconds=60)
    seconds = (datetime.now(UTC) - began).total_seconds()

    after = control.state()
    [replay] = after["replays"]
    live = after["deliveries"]["delivered"] - before["deliveries"]["delivered"]
    print(f"{replay['delivered'] / seconds:,.0f} replayed deliveries/s beside {live / seconds:,.0f} live ones")
    assert replay["state"] == "Complete"
    assert replay["delivered"] >= REPLAYED
    assert replay["delivered"] / seconds > 2_300  # the last answer and the question for the state included
    assert live / seconds > LIVE_PER_SECOND / 2
    server.terminate()
    server.join()
