"""Who receives what owners share, in words for owners."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Organisation:
    """As the settings name it."""

    name: str
    contact: str
    """An e-mail address, a web address, or nothing."""

    @property
    def contact_link(self) -> str:
        """Where a link to the contact leads."""
        return self.contact if "://" in self.contact else f"mailto:{self.contact}"


def organisation() -> Organisation:
    """Return whose installation this is."""
    return Organisation(settings.ORGANISATION_NAME, settings.ORGANISATION_CONTACT)
