"""Which version of this program runs, however it came here: as a checkout, an image or a package."""

import hashlib
import sys
from datetime import datetime, timedelta
from functools import cache
from importlib import metadata
from pathlib import Path

from django.db import transaction

from .models import Version

PACKAGE = Path(__file__).resolve().parent.parent
# While one version takes over from another both are seen, again and again, and neither is new each time.
FORGOTTEN_AFTER = timedelta(minutes=15)


@cache
def fingerprint() -> str:
    """Fingerprint of what runs: our code, the libraries it runs with, and Python. Numbers of versions get forgotten."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes() + b"\0")
    for library in sorted({f"{one.name} {one.version}" for one in metadata.distributions()}):
        digest.update(f"{library}\0".encode())
    return digest.hexdigest()


def see(running: str, now: datetime) -> None:
    """Keep that a version runs. One that was not seen for a while began just now."""
    with transaction.atomic():
        version, is_new = Version.objects.select_for_update().get_or_create(
            fingerprint=running, defaults={"began_at": now, "seen_at": now}
        )
        if not is_new:
            if now - version.seen_at > FORGOTTEN_AFTER:
                version.began_at = now
            version.seen_at = max(now, version.seen_at)
            version.save(update_fields=["began_at", "seen_at"])


def began_at(by: datetime) -> datetime | None:
    """When the newest version began that had begun by then."""
    newest = Version.objects.filter(began_at__lte=by).order_by("-began_at").first()
    return newest.began_at if newest else None
