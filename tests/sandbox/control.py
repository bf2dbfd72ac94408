"""The control API, as tests of other projects would use it."""

from dataclasses import dataclass
from typing import Any

import requests

from tests.sandbox.wire import Sandbox


@dataclass(frozen=True)
class Control:
    """Everything that can be done to a sandbox from outside."""

    sandbox: Sandbox

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        return requests.request(method, f"{self.sandbox.url}/control/{path}", json=body, timeout=30, **options)

    def json(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer = self.ask(method, path, body, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, deed: str, by: str, **needs: object) -> str:
        """Let somebody do something: the id of what was made."""
        return str(self.json("POST", "events", {"do": deed, "by": by, **needs}).get("id", ""))

    def impossible(self, deed: str, by: str, **needs: object) -> str:
        """Let somebody try what cannot be: why not."""
        answer = self.ask("POST", "events", {"do": deed, "by": by, **needs})
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    def state(self) -> Any:
        return self.json("GET", "")

    def deliveries(self, **filters: object) -> list[Any]:
        return list(self.json("GET", "deliveries", params=filters))

    def fault(self, key: str, **setting: float) -> None:
        self.json("PUT", f"faults/{key}", setting)

    def advance(self, **by: float) -> None:
        """Move the clock: `minutes=31`."""
        units = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
        self.json("POST", "clock", {"advance": sum(units[unit] * number for unit, number in by.items())})

    def reset(self) -> None:
        self.json("POST", "reset", {})
