"""Names of our accounts, for rows that mention them."""

import time
from collections.abc import Iterable

from aaa_dashboard.subscriptions.models import Account

from .cards import NOBODY, Person

ACCOUNTS_OFFERED = 500
"""So many accounts fit a choice; who has more narrows by the address."""


def accounts_offered() -> list[Account]:
    """Return the accounts to choose from, by name."""
    accounts = Account.objects.only("x_user_id", "screen_name", "name").order_by("screen_name", "x_user_id")
    return list(accounts[:ACCOUNTS_OFFERED])


def names_of(accounts: Iterable[Account]) -> dict[str, Person]:
    """Return what we know of accounts, by X user id."""
    return {each.x_user_id: Person(each.x_user_id, each.name, each.screen_name) for each in accounts}


class NameCache:
    """Names kept for a minute, for a reader that renders rows all day. Not for several threads at once."""

    SECONDS = 60.0

    def __init__(self) -> None:
        self._names: dict[str, Person] = {}
        self._fresh_until = 0.0

    def lookup(self, ids: Iterable[str]) -> dict[str, Person]:
        """Return what is known of the given X user ids: at most one query, none when all were seen this minute."""
        now = time.monotonic()
        if now > self._fresh_until:
            self._names, self._fresh_until = {}, now + self.SECONDS
        if missing := {id_ for id_ in ids if id_} - self._names.keys():
            self._names |= dict.fromkeys(missing, NOBODY)
            found = Account.objects.filter(x_user_id__in=missing)
            self._names |= names_of(found.only("x_user_id", "screen_name", "name"))
        return self._names
