"""What a row of the table is."""

from dataclasses import dataclass

from ..endpoints import Endpoint
from ..errors import XError


@dataclass(frozen=True, slots=True)
class KnownError:
    """What X says, what it means, what to do, and which exception the dashboard's own code gets."""

    key: str
    code: int | None
    """X's code; None for rows found by the HTTP status alone, which come last."""
    status: int
    """The status it usually comes with."""
    said: str
    """How X words it."""
    meaning: str
    remedy: str
    raises: type[XError]
    fragment: str = ""
    """Words of the message that tell it from others of the same code; in small letters."""
    endpoints: frozenset[Endpoint] = frozenset()
    """Where it has this meaning; empty: everywhere."""
    statuses: frozenset[int] = frozenset()
    """For rows without a code: the statuses that are enough."""

    def fits(self, endpoint: Endpoint, status: int, code: int | None, said: str) -> bool:
        if self.endpoints and endpoint not in self.endpoints:
            return False
        found = status in self.statuses if self.code is None else code == self.code
        return found and self.fragment in said.lower()
