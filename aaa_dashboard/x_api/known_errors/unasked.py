"""Rows for what goes wrong without a word of X: before it is asked, on the way, or in what cannot be read."""

from dataclasses import dataclass
from enum import Enum

from .. import errors
from ..errors import XError


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    meaning: str
    remedy: str
    raises: type[XError]


_NETWORK = "Check name resolution, firewall and proxy of this machine, X_API_BASE_URL, and X’s status page."


class Unasked(Enum):
    """What happened instead of an answer."""

    NO_CONSUMER_KEYS = Row(
        "no-consumer-keys",
        "The app has no consumer key or no consumer secret.",
        "Enter both; X’s developer portal shows them under “Keys and tokens”.",
        errors.MissingCredentials,
    )
    NO_OWNER_TOKEN = Row(
        "no-owner-token",
        "The app has no access token of its owner, and X takes nothing else here.",
        "Enter access token and secret; X’s developer portal makes them under “Keys and tokens”.",
        errors.MissingCredentials,
    )
    LIMIT_REACHED = Row(
        "rate-limit-known",
        "X has said before that this may not be asked again yet.",
        "Wait until the limit is reset.",
        errors.RateLimited,
    )
    UNREACHABLE = Row(
        "unreachable", "There is no connection to X; the request was not sent.", _NETWORK, errors.Unreachable
    )
    CERTIFICATE = Row(
        "certificate",
        "Who answers at X’s address shows a certificate that cannot be verified. Nothing was sent.",
        "Check the clock of this machine, its list of authorities, and whether a proxy opens TLS connections.",
        errors.CertificateRefused,
    )
    NO_ANSWER = Row(
        "no-answer",
        "The connection ended before X had answered, several times.",
        f"Try again in a few minutes. If it lasts: {_NETWORK[0].lower()}{_NETWORK[1:]}",
        errors.NoAnswer,
    )
    NO_ANSWER_ONCE = Row(
        "no-answer-once",
        "The connection ended before X had answered. X may have done it all the same.",
        "Look at what X has, then decide whether to try again.",
        errors.NoAnswer,
    )
    UNREADABLE = Row(
        "unreadable",
        "The answer says that it worked, but it is not what X documents; something on the way may have written it.",
        "Look at what X has before trying again, and check X_API_BASE_URL and proxies.",
        errors.UnreadableAnswer,
    )
    REDIRECTED = Row(
        "redirected",
        "The answer sends us elsewhere, which X’s API never does. It was not followed.",
        "Check X_API_BASE_URL (https://api.twitter.com or https://api.x.com) and proxies.",
        errors.WrongAddress,
    )
