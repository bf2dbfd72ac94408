"""Words for stretches of time on the page Health."""

from datetime import datetime, timedelta

from django import template

from aaa_dashboard.staff.health.findings import span

register = template.Library()


@register.filter
def until(moment: datetime, now: datetime) -> str:
    """Say how far ahead a moment is: “in 4 min”."""
    return f"in {span(moment - now)}" if moment - now >= timedelta(seconds=1) else "now"


@register.filter
def took(seconds: float) -> str:
    """Say how long something took, in the unit that people read fastest."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
