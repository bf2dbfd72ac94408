"""Keep what X said, so that a page can show it long after: as plain JSON, without what only a program needs."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from aaa_dashboard.x_api.errors import Failure


def json_of(failure: Failure) -> dict[str, Any]:
    """What is kept of a failure. It holds no token, secret or signature, as no `Failure` does."""
    kept = asdict(failure)
    kept["resets_at"] = failure.resets_at.isoformat() if failure.resets_at else None
    return kept


def failure_of(kept: dict[str, Any] | None) -> Failure | None:
    """The failure again."""
    if not kept:
        return None
    resets_at = kept.get("resets_at")
    return Failure(**{**kept, "resets_at": datetime.fromisoformat(resets_at) if resets_at else None})
