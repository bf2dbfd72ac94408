"""Recording who did what."""

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import Model
from django.http import HttpRequest

from .models import AuditEntry


def record(request: HttpRequest, action: str, target: Model) -> AuditEntry:
    """Write down what the signed-in person does to an object, before they are shown it.

    Args:
        request: Names the person and where they are.
        action: A verb with its object, in the past: `read a direct message`.
        target: What it was done to; kept by type and id, so that the entry outlives it.
    """
    person = request.user if isinstance(request.user, AbstractBaseUser) else None
    return AuditEntry.objects.create(
        person=person,
        action=action,
        object_type=target._meta.label_lower,  # noqa: SLF001 - documented for use from outside
        object_id=str(target.pk),
        address=_address(request),
    )


def _address(request: HttpRequest) -> str | None:
    """Return where a request came from; None for what is no address, as over a Unix socket."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return None
    return str(address)
