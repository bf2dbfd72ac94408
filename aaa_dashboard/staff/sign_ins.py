"""What is known of sign-ins, with address and browser, leaves after a while. The audit stays."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog

KEEP = timedelta(days=180)


def prune(now: datetime) -> int:
    """Forget sign-ins of half a year ago, and attempts.

    Returns:
        Number of rows removed.
    """
    old = [model.objects.filter(attempt_time__lt=now - KEEP) for model in (AccessAttempt, AccessFailureLog, AccessLog)]
    return sum(rows.delete()[0] for rows in old)
