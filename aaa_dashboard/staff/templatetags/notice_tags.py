"""What the row of a notice asks."""

from typing import Any

from django import template

from aaa_dashboard.staff.notices.doors import is_open_to

register = template.Library()


@register.filter
def may_open(user: Any, path: str) -> bool:
    """Whether the page that a notice leads to is open to who reads it."""
    return is_open_to(user, path)
