"""Keys and tokens of an app: they go in, and come out as fingerprints alone."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.x_api.credentials import fingerprint

from .models import App

SECRETS = (
    "consumer_key",
    "consumer_secret",
    "consumer_secret_previous",
    "access_token",
    "access_token_secret",
    "bearer_token",
)
PLAIN = ("name", "slug", "environment", "x_app_id", "api_version")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person may know of a secret."""

    name: str
    fingerprint: str
    """Empty: not set."""
    from_environment: bool


def shown(app: App) -> list[Shown]:
    """The secrets of an app that are in force; of the first app, those of the environment win."""
    listed = []
    for field in SECRETS:
        given = _from_environment(app, field)
        label = field.replace("_", " ").capitalize()
        listed.append(Shown(label, fingerprint(given or getattr(app, field)), bool(given)))
    return listed


def save(app: App, *, by: Actor) -> None:
    """Store an app, new or changed, and write down what changed: of secrets, the fingerprints."""
    with transaction.atomic():
        before = _facts(App.objects.get(pk=app.pk)) if app.pk else {}
        app.save()
        after = _facts(app)
        changed = [name for name in after if after[name] != before.get(name, "")]
        if changed:
            record(
                by,
                "changed an app" if before else "added an app",
                app,
                before={name: before.get(name, "") for name in changed} if before else None,
                after={name: after[name] for name in changed},
            )


def _facts(app: App) -> dict[str, str]:
    facts = {name: str(getattr(app, name)) for name in PLAIN}
    return facts | {f"{name} (fingerprint)": fingerprint(getattr(app, name)) for name in SECRETS}


def _from_environment(app: App, field: str) -> str:
    """The value of the environment; a pair counts when it is whole, as in `credentials_of`."""
    if not app.is_default:
        return ""
    given = str(getattr(settings, f"X_{field.upper()}"))
    pair = {"consumer_key": "X_CONSUMER_SECRET", "access_token": "X_ACCESS_TOKEN_SECRET",
            "access_token_secret": "X_ACCESS_TOKEN"}  # fmt: skip
    return given if field not in pair or getattr(settings, pair[field]) else ""
