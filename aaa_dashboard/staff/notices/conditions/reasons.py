"""Why the receiver refused: its words, what each means, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What a reason means, and what to do about it; both are sentences."""

    means: str
    remedy: str


_COMPARE_KEYS = (
    "Compare the consumer secret with the one in X's developer portal (“Test these keys”). While keys change at X, "
    "keep the old one as the previous secret. If the keys are right, somebody else is trying the door: nothing to do."
)
_SENDER = "Nothing, unless the proxy in front of the receiver was changed: these are not requests of X."

_REASONS = {
    "wrong signature": Reason("the signature was not made with the app's consumer secret.", _COMPARE_KEYS),
    "wrong signature of a challenge": Reason(
        "a challenge was not signed with the app's consumer secret.", _COMPARE_KEYS
    ),
    "no signature": Reason("nothing was signed, so it was not sent by X.", _SENDER),
    "crc_token could be a body": Reason("a challenge that would have had us sign a forged delivery.", _SENDER),
    "compressed body": Reason(
        "the body came compressed, which X does not do.", "Have the proxy in front hand bodies on as they come."
    ),
    "too large": Reason(
        "the body was larger than is read.", "If it was X, raise RECEIVER_MAX_BODY_BYTES and start the receivers anew."
    ),
    "body too slow": Reason(
        "the body came too slowly.", "Have the proxy in front read bodies whole before it hands them on."
    ),
    "not stored": Reason(
        "the database did not take them.", "See that the database runs, answers, and has room on its disk."
    ),
    "database away": Reason(
        "the database was away.", "See that the database runs and that the receivers can reach it."
    ),
    "queue full": Reason(
        "more came than the database took.",
        "See what else keeps the database busy. If it is only much traffic, start another receiver.",
    ),
    "no usable secret": Reason(
        "the app has no consumer secret that can be read.",
        "Enter the consumer secret again, and see that SECRET_ENCRYPTION_KEYS has the key it was stored with.",
    ),
}

NOT_STORED = frozenset({"not stored", "database away", "queue full", "no usable secret"})
"""Reasons for which the answer was 503: X's own deliveries, which we could not keep."""
FORGED = frozenset(_REASONS) - NOT_STORED
"""Reasons for which it was refused for good."""


def reason_said(reason: str) -> Reason:
    """Explain a reason; one that is not known is told as it is."""
    return _REASONS.get(reason, Reason(f"{reason}.", "The log of the receiver says more."))
