"""How often X may still be asked, for people: by X's last answers to any of our processes."""

from collections.abc import Iterable

from django.utils import timezone

from aaa_dashboard.x_api.credentials import fingerprint

from .credentials import credentials_of
from .models import Allowance, App


def of(app: App) -> list[Allowance]:
    """What X lets an app and its owner ask, in windows that are still open; the scarcest first."""
    return of_each([app])[app.pk]


def of_each(apps: Iterable[App]) -> dict[int, list[Allowance]]:
    """The same for several apps with one query, by their primary keys."""
    subjects = {app.pk: _subjects(app) for app in apps}
    rows = Allowance.objects.filter(subject__in=set().union(*subjects.values()), resets_at__gt=timezone.now()).order_by(
        "remaining", "intent", "subject"
    )
    known = list(rows)
    return {pk: [row for row in known if row.subject in some] for pk, some in subjects.items()}


def _subjects(app: App) -> set[str]:
    """Whom X counts for: the app, and its owner."""
    credentials = credentials_of(app)
    tokens = [credentials.consumer_key, credentials.owner.token if credentials.owner else ""]
    return {fingerprint(token) for token in tokens if token}
