"""Looking round when nobody else does: beat cannot tell that beat is silent, so a process that serves pages does.

A thread of each web process looks every half minute whether somebody has looked round lately. When not, one of them
takes the turn, looks, and tells. A process that only receives has no such thread.
"""

import threading

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from django.utils import timezone

from . import outbox, round  # noqa: A004 - a look round
from .conditions.background import SILENT
from .models import Turn

log = structlog.get_logger(__name__)

EVERY_SECONDS = 30.0


class Keeper:
    """The thread of one web process."""

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="notices", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it; a look that is under way may finish, for a second."""
        self._stopped.set()
        self._thread.join(timeout=1)

    def _keep(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            close_old_connections()
            try:
                look_if_nobody_does()
            finally:
                connections.close_all()


def look_if_nobody_does() -> bool:
    """Look round and tell, when nobody has for minutes. Never raises.

    Returns:
        Whether it was done here.
    """
    try:
        now = timezone.now()
        # Who has taken over goes on as often as the worker would, until the worker is back.
        has_taken_over = Turn.objects.filter(by=Turn.WEB).exists()
        looked = round.look(now, by=Turn.WEB, not_within=round.NOT_WITHIN if has_taken_over else SILENT)
        if looked is None:
            return False
        log.warning("looked round in place of a worker", raised=looked.raised, cleared=looked.cleared)
        outbox.send_due(now)
    except DatabaseError as error:
        log.warning("looking round failed", because=type(error).__name__)
        return False
    except Exception:
        log.exception("looking round failed")
        return False
    return True
