"""The three legs of a sign-in with X: begun in one browser session, finished in the same one or not at all.

Source: X, “Log in with X”, “3-legged OAuth flow”; RFC 5849, section 4.
"""

import hmac
from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils import timezone

from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api.results import RequestToken, SignedIn

from .models import Invite, SignIn

SESSION_KEY = "x_sign_in"
LIFE = timedelta(minutes=15)
KEPT = timedelta(hours=1)

Session = MutableMapping[str, Any]


class NotFinished(Exception):
    """The browser came back without a sign-in that could be finished."""

    def __init__(self, sign_in: SignIn | None = None) -> None:
        super().__init__()
        self.sign_in = sign_in


class Cancelled(NotFinished):
    """The person said no at X."""


class Expired(NotFinished):
    """It took longer than X waits."""


class NotOurs(NotFinished):
    """This browser has not begun it, or has begun another since."""


def callback_url() -> str:
    """Where X sends people back to; the app at X has to name it, letter by letter."""
    return settings.PUBLIC_URL + reverse("subscriptions:callback")


def begin(
    session: Session,
    app: App,
    purpose: SignIn.Purpose,
    *,
    webhook: Webhook | None = None,
    invite: Invite | None = None,
    person: AbstractBaseUser | None = None,
) -> str:
    """The first leg.

    Returns:
        Where to send the browser.

    Raises:
        XError: X refused; `CallbackRefused` and `DesktopApp` are particular to it.
    """
    prune()
    api = api_of(app)
    begun = api.begin_sign_in(callback_url())
    sign_in = SignIn.objects.create(
        purpose=purpose,
        app=app,
        webhook=webhook,
        invite=invite,
        person_id=person.pk if person else None,
        request_token=begun.token,
        request_token_secret=begun.secret,
    )
    session[SESSION_KEY] = sign_in.pk
    # Asked anew each time: whoever is signed in at X in this browser need not be who was invited.
    return api.sign_in_url(begun, force_login=True)


def prune() -> None:
    """Forget sign-ins from which nobody came back."""
    SignIn.objects.filter(created_at__lt=timezone.now() - KEPT).delete()


def take(session: Session, query: Mapping[str, str]) -> SignIn:
    """Recognise who comes back from X, by what X put into the address. A sign-in is taken once.

    Raises:
        Cancelled: The person refused.
        Expired: It took too long.
        NotOurs: The token is not the one that this session was given.
    """
    sign_in = _begun_in(session)
    returned = query.get("oauth_token") or query.get("denied") or ""
    if sign_in is None or not hmac.compare_digest(sign_in.request_token.encode(), returned.encode()):
        raise NotOurs(sign_in)
    del session[SESSION_KEY]
    if not SignIn.objects.filter(pk=sign_in.pk).delete()[0]:
        raise NotOurs(sign_in)  # two requests at once: the other one has it
    if "denied" in query:
        raise Cancelled(sign_in)
    if sign_in.created_at < timezone.now() - LIFE:
        raise Expired(sign_in)
    return sign_in


def finish(sign_in: SignIn, verifier: str) -> SignedIn:
    """The last leg.

    Args:
        sign_in: As `take` gave it.
        verifier: `oauth_verifier` of the address.

    Raises:
        XError: X refused; `SignInFailed` when the verifier is wrong, used or too old.
    """
    begun = RequestToken(sign_in.request_token, sign_in.request_token_secret)
    return api_of(sign_in.app).finish_sign_in(begun, verifier)


def _begun_in(session: Session) -> SignIn | None:
    known = SignIn.objects.select_related("app", "webhook__app", "invite", "person")
    return known.filter(pk=session.get(SESSION_KEY, 0)).first()
