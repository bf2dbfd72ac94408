"""Words for the page that a throttled sign-in shows."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def minutes(span: timedelta) -> str:
    """Say a stretch of time in whole minutes."""
    count = max(1, round(span.total_seconds() / 60))
    return "a minute" if count == 1 else f"{count} minutes"


@register.filter
def from_now(span: timedelta) -> datetime:
    """Return the moment that lies a stretch of time ahead, rounded up to the minute."""
    moment = timezone.now() + span
    return moment if not moment.second else moment + timedelta(seconds=60 - moment.second)
