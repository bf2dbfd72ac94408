"""Words for the overview."""

from django import template

register = template.Library()


@register.filter
def thousands(number: int) -> str:
    """Write a number so that it is read at a glance: 12,345."""
    return f"{number:,}"
