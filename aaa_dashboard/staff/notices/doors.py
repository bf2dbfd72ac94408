"""Which of the pages that notices lead to are not for everybody who reads the notice."""

from typing import Any

from django.urls import reverse

from .views.channels import MANAGE

NEEDED = {"staff:channels": MANAGE, "admin:deliveries_unsplit_changelist": "deliveries.view_unsplit"}
"""Name of the page, and the permission without which it is refused; administrators have all of them."""


def is_open_to(user: Any, path: str) -> bool:
    """Whether somebody may open the page that a notice leads to."""
    for name, permission in NEEDED.items():
        if path == reverse(name):
            return user.has_perm(permission) and (user.is_staff or not name.startswith("admin:"))
    return True
