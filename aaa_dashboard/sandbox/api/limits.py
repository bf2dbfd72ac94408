"""How often may be asked: so many requests of each kind in a quarter of an hour, by each user's token or by each app.

Source: X, “Rate limits”. In memory: a restart is a new quarter of an hour.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.http import HttpResponse

from .. import clock

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Allowance:
    """How it stands after a request."""

    limit: int
    remaining: int
    resets_at: datetime
    is_exceeded: bool = False

    def write_on(self, response: HttpResponse) -> None:
        response["x-rate-limit-limit"] = str(self.limit)
        response["x-rate-limit-remaining"] = str(self.remaining)
        # Our clock may be ahead; who reads this waits by the machine's.
        response["x-rate-limit-reset"] = str(math.ceil((self.resets_at - clock.ahead()).timestamp()))


@dataclass
class _Window:
    resets_at: datetime
    used: int = 0


class Limits:
    """The windows that are open."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, int], _Window] = {}
        self._lock = Lock()

    def take(self, endpoint: str, caller: tuple[str, int], limit: int) -> Allowance:
        """Count a request; one that comes over the limit does not count.

        Args:
            endpoint: What is limited by itself.
            caller: Kind (token or app) and primary key.
            limit: Requests in a window, before the scale of the settings (0: there are no limits).
        """
        if settings.RATE_LIMIT_SCALE <= 0:
            return untouched(limit)
        limit, now = _scaled(limit), clock.now()
        with self._lock:
            window = self._windows.get((endpoint, *caller))
            if window is None or window.resets_at <= now:
                self._windows = {key: kept for key, kept in self._windows.items() if kept.resets_at > now}
                window = self._windows[endpoint, *caller] = _Window(now + WINDOW)
            is_exceeded = window.used >= limit
            window.used += not is_exceeded
            return Allowance(limit, limit - window.used, window.resets_at, is_exceeded)

    def reset(self) -> None:
        """Forget what was used."""
        with self._lock:
            self._windows.clear()


def untouched(limit: int) -> Allowance:
    """How it stands for somebody who has not asked yet, or is not known."""
    limit = _scaled(limit)
    return Allowance(limit, limit, clock.now() + WINDOW)


def _scaled(limit: int) -> int:
    return max(1, round(limit * settings.RATE_LIMIT_SCALE)) if settings.RATE_LIMIT_SCALE > 0 else limit


current = Limits()
"""The limits of this process."""
