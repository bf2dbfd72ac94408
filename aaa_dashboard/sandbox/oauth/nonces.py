"""Remember nonces, so that no signed request counts twice. In memory: older ones fail by their timestamp anyway."""

import time
from threading import Lock

WINDOW_SECONDS = 300
"""How far a timestamp may be off, in either direction. Source: X, “Authorizing a request”: 5 minutes."""


class Nonces:
    """Those of the last ten minutes."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str, str, str], float] = {}
        self._lock = Lock()
        self._swept = 0.0

    def use(self, key: str, token: str, timestamp: str, nonce: str) -> bool:
        """Note one.

        Returns:
            Whether it is new. The same nonce of another app, token or second is another one (RFC 5849, 3.3).
        """
        now = time.monotonic()
        with self._lock:
            if now - self._swept > WINDOW_SECONDS:
                self._used = {used: at for used, at in self._used.items() if now - at < 2 * WINDOW_SECONDS}
                self._swept = now
            seen = (key, token, timestamp, nonce)
            if seen in self._used:
                return False
            self._used[seen] = now
            return True
