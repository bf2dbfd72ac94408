"""Recording who did what, to what, from where.

Beside the layers rather than in `staff`, so that webhooks and subscriptions can write down a change together with
making it, whoever asked for it: a page, the admin, the command line, the owner of an account. The table is
`staff.AuditEntry`, found by its name because those layers must not import `staff`.
"""

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import Model
from django.http import HttpRequest

Facts = Mapping[str, str | int | bool | None]
"""What was so before or after, by name. Secrets go in as fingerprints alone."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and from where."""

    name: str
    """In words, for the time when the sign-in is gone or where there was none: `ada`, `command line (root)`."""
    person: AbstractBaseUser | None = None
    address: str | None = None

    @classmethod
    def of_request(cls, request: HttpRequest, *, otherwise: str = "somebody without a sign-in") -> "Actor":
        """Who sends a request; `otherwise` names those who have no sign-in, as owners of accounts."""
        person = request.user if isinstance(request.user, AbstractBaseUser) else None
        return cls(person.get_username() if person else otherwise, person, _address(request))

    @classmethod
    def of_command(cls) -> "Actor":
        """Who runs a management command, by the name the machine knows."""
        try:
            return cls(f"command line ({getpass.getuser()})")
        except (KeyError, OSError):  # a container's user may have no name
            return cls("command line")


def record(
    by: HttpRequest | Actor, action: str, target: Model, *, before: Facts | None = None, after: Facts | None = None
) -> None:
    """Write down what somebody does to an object: in the transaction of a change, or before a secret is shown.

    Args:
        by: Who; a request names the signed-in person and where they are.
        action: A verb with its object, in the past: `read a direct message`.
        target: What it was done to; kept by type, id and name, so that the entry outlives it.
        before: What was so before, as far as it changed. Never a secret.
        after: What is so now, likewise.
    """
    actor = Actor.of_request(by) if isinstance(by, HttpRequest) else by
    entries: Any = apps.get_model("staff", "AuditEntry")._default_manager
    entries.create(
        person=actor.person,
        by=actor.name[:150],
        action=action,
        object_type=target._meta.label_lower,  # noqa: SLF001 - documented for use from outside
        object_id=str(target.pk),
        object_name=str(target)[:200],
        before=dict(before or {}),
        after=dict(after or {}),
        address=actor.address,
    )


def _address(request: HttpRequest) -> str | None:
    """Return where a request came from; None for what is no address, as over a Unix socket."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return None
    return str(address)
