"""What came of telling somebody."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether it was taken, and what was said. Never an address, a secret or what a server wrote at length."""

    is_delivered: bool
    said: str
    """`200 in 140 ms`, or the cause."""
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """Cause and remedy in one."""
        return f"{self.said} {self.remedy}".strip()
