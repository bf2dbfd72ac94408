"""Owners without a login here, known for half an hour by having signed in with X."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api.results import SignedIn

from .models import Subscription, Visit
from .subscribing import account_of

SESSION_KEY = "x_visit"
LASTS = timedelta(minutes=30)


def begin(session: SessionBase, app: App, signed_in: SignedIn) -> Visit:
    """Remember who signed in. A token that X has renewed is renewed where it is held."""
    prune()
    account, token = account_of(signed_in), signed_in.token
    tokens: dict[str, Any] = {"access_token": token.token, "access_token_secret": token.secret}
    Subscription.objects.filter(account=account, webhook__app=app).exclude(access_token="").update(**tokens)
    visit = Visit.objects.create(app=app, account=account, **tokens)
    session.cycle_key()  # nobody who knew the session before shall share what it is now
    session[SESSION_KEY] = visit.pk
    return visit


def prune() -> None:
    """Forget visits that are over, and the tokens they brought."""
    Visit.objects.filter(created_at__lt=timezone.now() - LASTS).delete()


def current(session: SessionBase, app: App) -> Visit | None:
    """Who is here, if anybody."""
    recent = Visit.objects.select_related("account", "app").filter(created_at__gt=timezone.now() - LASTS, app=app)
    return recent.filter(pk=session.get(SESSION_KEY, 0)).first()


def end(session: SessionBase) -> None:
    """Forget who was here."""
    Visit.objects.filter(pk=session.pop(SESSION_KEY, 0)).delete()
