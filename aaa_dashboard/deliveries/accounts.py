"""Accounts are learnt from what arrives for them, with their name where a payload tells it: no call to X is needed."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections

from aaa_dashboard.subscriptions.models import Account

from .kinds import id_of, text_of
from .split import parse
from .store import Delivery

log = structlog.get_logger(__name__)

# Payloads looked through for the name of an account that is known by its id alone.
ATTEMPTS = 20


class AccountLearner:
    """Remembers which accounts need no further look, so that it costs one set look-up a row. One thread's own."""

    def __init__(self) -> None:
        self._settled: set[str] | None = None
        self._attempts: Counter[str] = Counter()

    def learn(self, deliveries: Sequence[Delivery]) -> None:
        """Add the accounts that these deliveries are for. A failure is logged: the next delivery tries again."""
        seen = {row.for_user_id: row.payload for delivery in deliveries for row in delivery.rows if row.for_user_id}
        if self._settled is not None and seen.keys() <= self._settled:
            return
        try:
            if self._settled is None:
                self._settled = set(Account.objects.exclude(screen_name="").values_list("x_user_id", flat=True))
            for x_user_id in seen.keys() - self._settled:
                if self._learn(x_user_id, seen[x_user_id]):
                    self._settled.add(x_user_id)
        except DatabaseError as error:
            log.warning("learning an account failed", error=type(error).__name__)
        finally:
            close_old_connections()

    def _learn(self, x_user_id: str, payload: str) -> bool:
        """Add an account, and its name where the payload has it; True when it needs no further look."""
        account, _ = Account.objects.get_or_create(x_user_id=x_user_id)
        self._attempts[x_user_id] += 1
        if not account.screen_name and (user := _user_in(payload, x_user_id)):
            account.screen_name = text_of(user.get("screen_name"))[:64]
            account.name = text_of(user.get("name"))[:200]
            account.protected = user.get("protected") is True
            account.save(update_fields=["screen_name", "name", "protected"])
        return bool(account.screen_name) or self._attempts[x_user_id] >= ATTEMPTS


def _user_in(payload: str, x_user_id: str) -> dict[str, Any] | None:
    """Find the User object with this id anywhere in a payload."""
    waiting: list[Any] = [parse(payload.encode())]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if text_of(value.get("screen_name")) and id_of(value) == x_user_id:
                return value
            waiting += value.values()
    return None
