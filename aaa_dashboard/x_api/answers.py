"""Read what comes back from X: bounded in size and time, liberal in form."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import requests

MAX_BYTES = 32 * 1024 * 1024
MAX_SECONDS = 30.0
LONGEST_MESSAGE = 300
LONGEST_PAGE = 8 * 1024


class TooMuch(Exception):
    """The answer is longer, or takes longer, than anything X says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of X."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body.

        Raises:
            ValueError: It is no JSON.
        """
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    def form(self) -> dict[str, str]:
        """The body as OAuth 1.0a writes it, whatever type it says it has."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def errors(self) -> list[tuple[int | None, str]]:
        """Code and message of each error, in X's order and words; at least one, however strange the body.

        v1.1 says `{"errors": [{"code", "message"}]}`, v2 `{"title", "detail", …}`; the ways to a token know further
        forms, and what stands between us and X may answer a page.
        """
        try:
            body = self.json()
        except ValueError:
            return [(None, _text_of_page(self.body))]
        return _errors_of(body) or [(None, "")]


def read(response: requests.Response) -> Answer:
    """Read a response that was begun with `stream=True`.

    Raises:
        TooMuch: It does not end.
        urllib3.exceptions.HTTPError: The connection broke.
    """
    ends_at = time.monotonic() + MAX_SECONDS
    body = bytearray()
    # Whatever has come: to wait for a full chunk is to wait as long as a slow sender likes.
    while chunk := response.raw.read1(64 * 1024, decode_content=True):
        body += chunk
        if len(body) > MAX_BYTES or time.monotonic() > ends_at:
            raise TooMuch
    return Answer(response.status_code, response.headers, bytes(body))


def _errors_of(body: Any) -> list[tuple[int | None, str]]:
    if not isinstance(body, dict):
        return []
    listed = body.get("errors", body.get("error"))
    if isinstance(listed, str):
        return [(None, listed)]
    if isinstance(listed, dict):
        listed = [listed]
    found = [_error_of(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return found or ([_error_of(body)] if {"title", "detail", "message"} & set(body) else [])


def _error_of(body: Mapping[str, Any]) -> tuple[int | None, str]:
    code = body.get("code")
    if isinstance(code, str) and code.isdecimal() and len(code) < 10:
        code = int(code)
    message = next((body[name] for name in ("message", "detail", "title") if isinstance(body.get(name), str)), "")
    return (code if isinstance(code, int) and not isinstance(code, bool) else None), message


def _text_of_page(body: bytes) -> str:
    """What a person would read of a page: its title if there is one, else its words."""
    text = body[:LONGEST_PAGE].decode("utf-8", "replace")
    if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
        return title[1]
    return re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.IGNORECASE | re.DOTALL)


def line(text: str) -> str:
    """One line of printable text, not too long: fit for a log, a table, a page."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 1]}…"


def text_in(answer: Answer, name: str) -> str:
    """A text of a JSON object, empty when there is none by that name."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
