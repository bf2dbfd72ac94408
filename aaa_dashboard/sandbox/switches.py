"""Set the sandbox while it runs, and keep what was set over a restart: faults and the clock."""

from datetime import timedelta

from django.db import transaction

from . import clock, faults, registration
from .models import Fault, Kept, Webhook

CLOCK = "clock_ahead_ms"


def restore() -> None:
    """Have what was set before the last stop. Called once, before anything is dated."""
    ahead = Kept.objects.filter(name=CLOCK).first()
    if ahead:
        # Never above the bound, which is younger than what an old database may hold.
        clock.advance(min(timedelta(milliseconds=ahead.value), clock.FURTHEST) - clock.ahead())
    _publish()


def advance(seconds: float) -> None:
    """Move the clock ahead.

    Raises:
        ValueError: That would move it back, or too far.
    """
    try:
        by = timedelta(seconds=seconds)
    except OverflowError:
        by = timedelta.max if seconds > 0 else timedelta.min
    clock.advance(by)
    _keep(CLOCK, clock.ahead() // timedelta(milliseconds=1))


def switch_on(key: str, percent: float = 100.0, seconds: float | None = None) -> None:
    """Switch a fault on, or change how it is on.

    Raises:
        LookupError: There is no such fault.
        ValueError: The numbers make no sense.
    """
    kind = faults.FAULTS.get(key)
    if kind is None:
        raise LookupError(f"There is no fault “{key}”. There are: {', '.join(faults.FAULTS)}.")
    if not 0 < percent <= 100:
        raise ValueError("percent lies above 0 and goes to 100.")
    seconds = (kind.seconds or 0.0) if seconds is None else seconds
    if not 0 <= seconds <= 86_400:
        raise ValueError("seconds go from 0 to 86400.")
    with transaction.atomic():
        Fault.objects.update_or_create(key=key, defaults={"percent": percent, "seconds": seconds})
    _publish()
    if key == "webhook_invalid":
        for hook in Webhook.objects.filter(valid=True):
            registration.set_valid(hook, False)
            hook.save(update_fields=["valid", "invalid_since"])


def switch_off(key: str | None = None) -> None:
    """Switch a fault off; without a key, all of them."""
    (Fault.objects.filter(key=key) if key else Fault.objects.all()).delete()
    _publish()


def invalidate(hook: Webhook) -> None:
    """Mark a webhook invalid, as X does when a challenge goes wrong; so it stays until its owner has it validated."""
    hook.valid, hook.invalid_since, hook.challenge_problem = False, clock.now(), registration.MARKED
    hook.save(update_fields=["valid", "invalid_since", "challenge_problem"])


def _publish() -> None:
    known = Fault.objects.filter(key__in=faults.FAULTS)
    faults.replace({fault.key: faults.Setting(fault.percent, fault.seconds) for fault in known})


def _keep(name: str, value: object) -> None:
    Kept.objects.update_or_create(name=name, defaults={"value": value})
