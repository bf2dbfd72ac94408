"""Windows and spans in words."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


FORMAT = "%-d %b %H:%M"


@register.simple_tag
def window(begin: datetime, end: datetime, *, both: bool = False) -> SafeString:
    """Say from when to when in UTC; a script says it in the reader's zone, with UTC on hover, or beside (`both`)."""
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    return format_html(
        '<span class="window" data-begin="{}" data-end="{}"{}>{} – {} UTC</span>',
        begin.isoformat(),
        end.isoformat(),
        mark_safe(" data-both") if both else "",
        f"{begin:{FORMAT}}",
        f"{end:%H:%M}" if begin.date() == end.date() else f"{end:{FORMAT}}",
    )


@register.simple_tag
def moment(at: datetime) -> SafeString:
    """Say a time of day in UTC; a script says it in the reader's zone."""
    at = at.astimezone(UTC)
    return format_html('<span class="window" data-begin="{}">{} UTC</span>', at.isoformat(), f"{at:{FORMAT}}")


@register.filter
def span(length: timedelta) -> str:
    """Say a stretch of time: `2 h 10 min`, `45 s`."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    days, minutes = divmod(seconds // 60, 1440)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return " ".join(parts)


@register.filter
def grouped(number: int) -> str:
    """Say a number with a comma for every three digits."""
    return f"{number:,}"


@register.filter
def utc(at: datetime) -> str:
    """Write a time for an address."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
