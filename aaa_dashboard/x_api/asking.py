"""Turn an endpoint and its values into a call: who asks, and what is made of the answer."""

from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from . import known_errors, signing
from .answers import Answer
from .credentials import UserToken, fingerprint
from .endpoints import Endpoint
from .known_errors.unasked import Unasked
from .transport import Call, Transport

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Asking:
    """Base of the clients of all generations: asks for one app.

    Args:
        transport: The app's way to X.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.app = transport.app

    def as_app(self, endpoint: Endpoint, *, query: dict[str, str] | None = None, **ids: str) -> Answer:
        return self.transport.send_as_app(endpoint, endpoint.path_of(**ids), query)

    def as_owner(self, endpoint: Endpoint, *, query: dict[str, str] | None = None, **ids: str) -> Answer:
        return self.as_user(endpoint, self.owner(endpoint), query=query, **ids)

    def as_user(
        self,
        endpoint: Endpoint,
        user: UserToken,
        *,
        query: dict[str, str] | None = None,
        verifier: str | None = None,
        **ids: str,
    ) -> Answer:
        self.transport.require_consumer_keys(endpoint)
        return self.transport.send(
            Call(
                endpoint=endpoint,
                auth=signing.for_user(self.app, user, verifier=verifier),
                subject=fingerprint(user.token),
                path=endpoint.path_of(**ids),
                query=query or {},
                secrets=(*self.app.secrets(), *user.secrets(), verifier or ""),
            )
        )

    def owner(self, endpoint: Endpoint) -> UserToken:
        if self.app.owner is None:
            raise known_errors.explain_unasked(endpoint, Unasked.NO_OWNER_TOKEN)
        return self.app.owner


def read(
    endpoint: Endpoint, answer: Answer, make: Callable[[Any], T], *, body: Callable[[Answer], Any] = Answer.json
) -> T:
    """Make a result of an answer.

    Raises:
        UnreadableAnswer: It is not what X documents.
    """
    try:
        return make(body(answer))
    except ValueError as error:
        log.warning("cannot read X's answer", call=endpoint.intent, because=str(error))
    # Outside of the handler: a parser's error holds what it could not read.
    raise known_errors.explain_unasked(endpoint, Unasked.UNREADABLE, status=answer.status)
