"""Ask for a window of deliveries once more: `/1.1/account_activity/replay/…`.

Source: X, “Replay API” (reference), with its errors in the order in which they are looked for.
"""

import re
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from .. import clock, registration
from ..delivery import replays
from ..models import App, Replay
from ..oauth.callers import Caller
from .door import Admits, by_method, door
from .errors import Error, Refused
from .webhooks import ERROR_OF_FAULT, found, written

REACHES_BACK = timedelta(days=5)


@door(5, Admits.APP, writes=True, not_app_only=Error.NEEDS_APP_ONLY)
def start(request: HttpRequest, caller: Caller, webhook_id: str) -> HttpResponse:
    """`POST replay/webhooks/:webhook_id/subscriptions/all.json?from_date=&to_date=`: 202 with the job."""
    _require_replay(caller.app)
    hook = found(caller.app, _whole_number("webhook_id", webhook_id))
    from_date, to_date = _window(request)
    if hook.replays.filter(state=Replay.State.RUNNING).exists():
        raise Refused(Error.ALREADY_REPLAYING)  # before it is challenged for nothing
    if not hook.valid:
        raise Refused(Error.WEBHOOK_INVALID)
    outcome = registration.validate(hook)
    if not hook.valid:
        raise Refused(Error.WEBHOOK_INVALID)
    if outcome.fault:  # one that X forgives for a while: no reason to deliver a window to it
        raise Refused(ERROR_OF_FAULT[outcome.fault])
    try:
        job = replays.start(hook, from_date, to_date)
    except replays.AlreadyRunning:
        raise Refused(Error.ALREADY_REPLAYING) from None
    return JsonResponse({"job_id": str(job.pk), "created_at": written(job.created_at)}, status=202)


of_webhook = by_method(POST=start)


def _require_replay(app: App) -> None:
    if app.contract is None:
        raise Refused(Error.CLIENT_NOT_PERMITTED)
    if not app.may_replay:
        raise Refused(Error.NO_REPLAY)


def _whole_number(name: str, value: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,20}", value):
        raise Refused(Error.PARAMETER_MALFORMED, name=name)
    if int(value) < 0:
        raise Refused(Error.PARAMETER_NEGATIVE, name=name, value=value)
    return value


def _window(request: HttpRequest) -> tuple[datetime, datetime]:
    """The minutes asked for: the first, and the first one after them."""
    now = clock.now()
    from_date, to_date = _minute(request, "from_date"), _minute(request, "to_date")
    for name, minute, age in (
        ("from_date", from_date, settings.REPLAY_FROM_MINUTES),
        ("to_date", to_date, settings.REPLAY_TO_MINUTES),
    ):
        if minute > now - timedelta(minutes=age):
            raise Refused(Error.PARAMETER_NOT_PAST, name=name, value=f"{minute:%Y%m%d%H%M}")
    if from_date < now - REACHES_BACK:
        raise Refused(Error.WINDOW_TOO_OLD)
    if from_date >= to_date:
        raise Refused(Error.WINDOW_REVERSED)
    return from_date, to_date


def _minute(request: HttpRequest, name: str) -> datetime:
    value = request.GET.get(name) or request.POST.get(name)
    if not value:
        raise Refused(Error.PARAMETER_MISSING, name=name)
    if not re.fullmatch(r"[0-9]{12}", value):
        raise Refused(Error.PARAMETER_MALFORMED, name=name)
    try:
        return datetime.strptime(value, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(Error.PARAMETER_MALFORMED, name=name) from error
