"""The receiver: an ASGI callable for the webhook paths, and nothing else.

What a request gets, and what the sender should do next:

    200 stored · 400 not a delivery, or a challenge we will not sign · 401 not signed by X · 404 no such path
    405 neither GET nor POST · 408 body too slow · 413 too large · 415 compressed · 503 send it again

Never a redirect and never a compressed answer: X marks the webhook invalid for either, at once
(X's FAQ, "Is there anything that would immediately invalidate my webhook URL?").
"""

import asyncio
import contextlib
import itertools
import os
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex
from urllib.parse import parse_qsl

import orjson
import structlog
from django.conf import settings
from django.db import Error as DatabaseError

from aaa_dashboard.webhooks.challenges import keep as keep_challenges

from .accounts import AccountLearner
from .http import CLOSE, RETRY_AFTER, BodyReader, Headers, Receive, Refused, Scope, Send, answer, printable
from .registry import RegisteredApp, Registry
from .signature import crc_answer, is_safe_token, is_signed, is_signed_challenge
from .split import CannotSplit, NotAnObject, split
from .store import Delivery, RefusalRow, TrafficRow, open_store
from .traffic import Traffic
from .waking import Waker
from .writer import NotStored, QueueFull, Writer

log = structlog.get_logger(__name__)

PREFIX = "/webhook/"
REGISTRY_SECONDS = 10
# How often the minute that runs is written down: after a crash, so much of what was there is not known.
PULSE_SECONDS = 5
START_SECONDS = 3
LARGEST_SIZE = 2**31 - 1
"""What the column of a refusal holds. Content-Length is whatever the sender says."""


class Receiver:
    """One process's receiver: the apps it serves, its writer and its counters."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.traffic = Traffic(
            receiver=f"{socket.gethostname()[:40]}:{os.getpid()}:{token_hex(4)}",
            refusals_per_minute=settings.RECEIVER_REFUSALS_PER_MINUTE,
        )
        self._learner = AccountLearner()
        self._waker = Waker()
        self.writer = Writer(
            open_store,
            on_stored=self.traffic.stored,
            after_commit=self._follow_up,
            max_deliveries=settings.RECEIVER_QUEUE_DELIVERIES,
            max_bytes=settings.RECEIVER_QUEUE_BYTES,
        )
        self._body_reader = BodyReader(settings.RECEIVER_MAX_BODY_BYTES, settings.RECEIVER_QUEUE_BYTES)
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start the writer and read the apps. A database that is away delays this by seconds: see `Registry`."""
        self.writer.start()
        self._learner.start()
        self._waker.start()
        read_once = asyncio.Event()
        # Two tasks: a database that is slow to answer must not make a minute late.
        self._keepers = [
            asyncio.create_task(self._keep_count(), name="count"),
            asyncio.create_task(self._keep_registry(read_once), name="registry"),
        ]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(read_once.wait(), START_SECONDS)

    async def stop(self) -> None:
        """Commit what was accepted and the counts of the minute that is cut short."""
        for keeper in self._keepers:
            keeper.cancel()
        self._hand_over_refusals()
        self._hand_over_minute()
        await self.writer.stop()
        await asyncio.to_thread(self._learner.stop)
        await asyncio.to_thread(self._waker.stop)

    # --- Requests ---

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        app: RegisteredApp | None = None
        try:
            app = self._find_app(scope)
            if scope["method"] == "POST":
                await self._take_delivery(app, scope, receive)
                await answer(send, 200)
                assert app.id is not None
                self.traffic.answered(app.id, time.perf_counter() - started)
            elif scope["method"] == "GET":
                await answer(send, 200, self._answer_challenge(app, scope), b"application/json")
                # A signature that is there has been found to be X's.
                is_signed = bool(Headers(scope).signature)
                self.traffic.challenged(app.id, time.perf_counter() - started, is_signed=is_signed)
            else:
                raise Refused(405, "method", headers=((b"allow", b"GET, POST"),))
        except Refused as refused:
            self._note(refused, app, scope)
            await answer(send, refused.status, refused.reason.encode(), headers=refused.headers)

    def _find_app(self, scope: Scope) -> RegisteredApp:
        path: str = scope["path"]
        # X posts to the address as it was registered, with or without the slash, and takes no redirect to the other.
        app = self.registry.get(path.removeprefix(PREFIX).removesuffix("/")) if path.startswith(PREFIX) else None
        if app is None:
            raise Refused(404, "unknown path")
        return app

    async def _take_delivery(self, app: RegisteredApp, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope)
        if headers.content_encoding not in (b"", b"identity"):
            raise Refused(415, "compressed body", headers.content_length)
        if not app.secrets:
            raise Refused(503, "no usable secret", headers.content_length, RETRY_AFTER)
        if not headers.signature:
            raise Refused(401, "no signature", headers.content_length, CLOSE)
        body = await self._body_reader.read(receive, headers.content_length)
        if not is_signed(body, headers.signature, app.secrets):
            raise Refused(401, "wrong signature", len(body))
        if app.id is None:
            raise Refused(503, "database away", len(body), RETRY_AFTER)
        try:
            await self.writer.submit(_delivery(app.id, body))
        except NotAnObject:
            raise Refused(400, "not an object", len(body)) from None
        except QueueFull:
            raise Refused(503, "queue full", len(body), RETRY_AFTER) from None
        except NotStored:
            raise Refused(503, "not stored", len(body), RETRY_AFTER) from None

    def _answer_challenge(self, app: RegisteredApp, scope: Scope) -> bytes:
        query: bytes = scope["query_string"]
        parameters = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
        tokens = [value for name, value in parameters if name == "crc_token"]
        if len(tokens) != 1:
            raise Refused(400, "no crc_token" if not tokens else "several crc_tokens")
        token = tokens[0]
        if not is_safe_token(token):
            raise Refused(400, "crc_token could be a body")
        if not app.secrets:
            raise Refused(503, "no usable secret", headers=RETRY_AFTER)
        if signature := Headers(scope).signature:
            nonce = next((value for name, value in parameters if name == "nonce"), "")
            decoded = f"crc_token={token}&nonce={nonce}".encode()
            if not is_signed_challenge((decoded, query), signature, app.secrets):
                raise Refused(401, "wrong signature of a challenge")
        return orjson.dumps({"response_token": crc_answer(token, app.secrets[0])})

    def _note(self, refused: Refused, app: RegisteredApp | None, scope: Scope) -> None:
        self.traffic.refused(
            RefusalRow(
                at=datetime.now(UTC),
                app_id=app.id if app else None,
                method=scope["method"][:16],
                path=printable(scope["path"])[:200],
                status=refused.status,
                reason=refused.reason,
                sender=(scope.get("client") or ("unknown",))[0][:64],
                size=refused.size if refused.size is None else min(refused.size, LARGEST_SIZE),
            )
        )

    # --- Keeping ---

    async def _keep_count(self) -> None:
        """Once a second: hand over refusals, give up slow bodies, close the minute when it is over."""
        for second in itertools.count(1):
            await asyncio.sleep(1)
            self._hand_over_refusals()
            self.writer.retry()
            self._body_reader.give_up_slow()
            if self.traffic.is_over(datetime.now(UTC)):
                self._hand_over_minute()
            elif second % PULSE_SECONDS == 0 and not self.writer.last_error:
                self._hand_over_traffic(self.traffic.running_minute(self._app_ids(), datetime.now(UTC)))

    async def _keep_registry(self, read_once: asyncio.Event) -> None:
        """Read the apps anew every few seconds, whatever came of the last time, and write down X's challenges."""
        while True:
            try:
                await asyncio.to_thread(self.registry.load)
                if challenges := self.traffic.take_challenges():
                    await asyncio.to_thread(keep_challenges, challenges)
            except DatabaseError as error:
                log.warning("the apps could not be read", error=type(error).__name__)
            except Exception:
                log.exception("the apps could not be read")
            read_once.set()
            await asyncio.sleep(REGISTRY_SECONDS)

    def _follow_up(self, deliveries: Sequence[Delivery]) -> None:
        self._learner.offer(deliveries)
        self._waker.offer(deliveries)

    def _hand_over_refusals(self) -> None:
        if refusals := self.traffic.take_refusals():
            self.writer.submit_chore(lambda store: store.save_refusals(refusals))

    def _hand_over_minute(self) -> None:
        self._hand_over_traffic(self.traffic.take_minute(self._app_ids()))

    def _hand_over_traffic(self, minute: list[TrafficRow]) -> None:
        if minute:
            self.writer.submit_chore(lambda store: store.save_traffic(minute))

    def _app_ids(self) -> list[int]:
        return [app.id for app in self.registry if app.id is not None]


def _delivery(app_id: int, body: bytes) -> Delivery:
    """Split a body, or keep it whole where it cannot be split. Raises `NotAnObject`."""
    received_at = datetime.now(UTC)
    try:
        return Delivery(app_id, body, received_at, split(body, received_at))
    except CannotSplit as error:
        return Delivery(app_id, body, received_at, (), str(error))
