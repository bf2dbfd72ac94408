"""Accounts are learnt from what arrives for them, with their name where a payload tells it: no call to X is needed.

In a thread of its own, because it may wait for the database as long as it likes: the writer only drops what it has
committed into a short queue, and what does not fit is learnt from a later delivery.
"""

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.db.models import Q

from aaa_dashboard.subscriptions.models import Account

from .kinds import id_of, text_of
from .split import CannotSplit, parse, storable
from .store import Delivery

log = structlog.get_logger(__name__)

# Payloads looked through for the name of an account that is known by its id alone.
ATTEMPTS = 20
QUEUED = 100
STOP_SECONDS = 2.0

Seen = dict[str, str]
"""A payload by the X user id that it is for."""


class User(NamedTuple):
    """A person, as a payload of v1.1 embeds them."""

    x_user_id: str
    screen_name: str
    fields: dict[str, Any]


class AccountLearner:
    """Remembers which accounts need no further look, so that it costs one set look-up a row."""

    def __init__(self) -> None:
        self._settled: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._queue: queue.Queue[Seen | None] = queue.Queue(QUEUED)
        self._thread = threading.Thread(target=self._run, name="accounts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Learn what is queued, for as long as it takes at the most."""
        try:
            self._queue.put(None, timeout=STOP_SECONDS)
        except queue.Full:
            return
        self._thread.join(STOP_SECONDS)

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Take note of the accounts that these deliveries are for. Never waits."""
        seen = {
            row.for_user_id: row.payload
            for delivery in deliveries
            for row in delivery.rows
            if row.for_user_id and row.for_user_id not in self._settled
        }
        if seen:
            try:
                self._queue.put_nowait(seen)
            except queue.Full:
                return

    def learn(self, seen: Seen) -> None:
        """Add accounts. A failure is logged: a later delivery tries again."""
        try:
            self._learn_all(seen)
        except (DatabaseError, CannotSplit) as error:
            log.warning("learning an account failed", error=type(error).__name__)
        finally:
            close_old_connections()

    def _run(self) -> None:
        while (seen := self._queue.get()) is not None:
            try:
                self.learn(seen)
            except Exception:  # the thread must live on
                log.exception("learning an account failed")

    def _learn_all(self, seen: Seen) -> None:
        unsettled = seen.keys() - self._settled
        known = Account.objects.filter(~Q(screen_name="") | Q(forgotten_at__isnull=False), x_user_id__in=unsettled)
        self._settled.update(known.values_list("x_user_id", flat=True))
        for x_user_id in unsettled - self._settled:
            if self._learn(x_user_id, seen[x_user_id]):
                self._settled.add(x_user_id)

    def _learn(self, x_user_id: str, payload: str) -> bool:
        """Add an account, and its name where the payload has it; True when it needs no further look."""
        account, _ = Account.objects.get_or_create(x_user_id=x_user_id)
        self._attempts[x_user_id] += 1
        if not account.screen_name and (user := _user_in(payload, x_user_id)):
            # Unless it was erased meanwhile: what X sends again brings no name back.
            return bool(
                Account.objects.filter(pk=account.pk, forgotten_at=None).update(
                    screen_name=storable(text_of(user.get("screen_name")))[:64],
                    name=storable(text_of(user.get("name")))[:200],
                    protected=user.get("protected") is True,
                )
            )
        return bool(account.screen_name) or self._attempts[x_user_id] >= ATTEMPTS


def users_in(payload: str) -> Iterator[User]:
    """Yield the User objects with a name that are anywhere in a payload.

    Raises:
        CannotSplit: It is no JSON.
    """
    waiting: list[Any] = [parse(payload.encode())]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if (screen_name := text_of(value.get("screen_name"))) and (id_ := id_of(value)):
                yield User(id_, screen_name, value)
            waiting += value.values()


def _user_in(payload: str, x_user_id: str) -> dict[str, Any] | None:
    """Find the User object with this id anywhere in a payload."""
    return next((user.fields for user in users_in(payload) if user.x_user_id == x_user_id), None)
