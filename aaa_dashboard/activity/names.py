"""Screen names of our accounts, for rows that mention them."""

import time
from collections.abc import Iterable

from aaa_dashboard.subscriptions.models import Account

ACCOUNTS_OFFERED = 500
"""So many accounts fit a choice; who has more narrows by the address."""


def accounts_offered() -> list[Account]:
    """Return the accounts to choose from, by name."""
    accounts = Account.objects.only("x_user_id", "screen_name").order_by("screen_name", "x_user_id")
    return list(accounts[:ACCOUNTS_OFFERED])


def names_of(accounts: Iterable[Account]) -> dict[str, str]:
    """Return screen names by X user id."""
    return {account.x_user_id: account.screen_name for account in accounts}


class NameCache:
    """Screen names kept for a minute, for a reader that renders rows all day. Not for several threads at once."""

    SECONDS = 60.0

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._fresh_until = 0.0

    def lookup(self, ids: Iterable[str]) -> dict[str, str]:
        """Return what is known of the given X user ids: at most one query, none when all were seen this minute."""
        now = time.monotonic()
        if now > self._fresh_until:
            self._names, self._fresh_until = {}, now + self.SECONDS
        if missing := {id_ for id_ in ids if id_} - self._names.keys():
            self._names |= dict.fromkeys(missing, "")
            found = Account.objects.filter(x_user_id__in=missing)
            self._names |= dict(found.values_list("x_user_id", "screen_name"))
        return self._names
