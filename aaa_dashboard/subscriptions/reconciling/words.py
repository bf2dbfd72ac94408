"""What each kind of difference means, how it comes about, and what to do: for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..models import Finding, Subscription

Kind = Finding.Kind


@dataclass(frozen=True, slots=True)
class Words:
    """One row of the table of kinds."""

    means: str
    remedy: str


WORDS: Mapping[Finding.Kind, Words] = MappingProxyType(
    {
        Kind.MISSING: Words(
            "X does not send its activity. It may have been ended with another program, or by X itself.",
            "What we hold a sign-in for is subscribed again by itself, up to three times within a day. Otherwise send "
            "its owner an invite; or remove it, if nobody needs it.",
        ),
        Kind.UNKNOWN: Words(
            "X sends its activity here, but it was subscribed with another program: nobody’s consent is on record, and "
            "it cannot come along when the webhook moves.",
            "Send its owner an invite, or remove it.",
        ),
        Kind.ENDED: Words(
            "It was removed here, or its owner revoked it, and X sends its activity all the same.",
            "Remove it; or send its owner an invite, if they want it after all.",
        ),
        Kind.REVOKED: Words(
            "X had ended the subscription, and the sign-in is refused: its owner has taken the app’s access away.",
            "Only they can give it again: send them an invite, if they want it.",
        ),
        Kind.DEAD: Words(
            "The sign-in that its owner gave is refused, although X still lists the account: access was taken away "
            "just now, or the app’s permissions or keys were changed.",
            "Send its owner an invite, so that they sign in again.",
        ),
        Kind.REFUSED: Words(
            "When X refuses many sign-ins at once, it is more likely about the app: new keys, another permission, a "
            "suspension.",
            "Test the app’s keys under Webhooks. If owners did leave, check each account: that wipes its sign-in.",
        ),
        Kind.LIMIT: Words(
            "When all places of the contract are used, X takes no account more.",
            "Remove what nobody needs, or ask your account manager at X for more.",
        ),
        Kind.COUNT: Words(
            "X’s count is of the whole contract, its lists are of one webhook each.",
            "Look under Webhooks for apps and webhooks that are not here. If it stays and you have no others, ask X.",
        ),
        Kind.DOUBTED: Words(
            "A list that suddenly lacks so much is more often X’s mistake than the truth. Nothing was marked missing.",
            "Look at one or two of the accounts (“Check now”). It is asked again at every comparison; if you know that "
            "they are gone, take the list as it is.",
        ),
        Kind.UNREAD: Words(
            "Nothing is known of this webhook’s subscriptions until X tells; nothing was changed.",
            "It is asked again at every comparison. If it stays, do what X’s answer asks for.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with its words, and what can be done about it now."""

    finding: Finding
    words: Words
    row: Subscription | None
    """The subscription that it is about, as it is now."""

    @property
    def may_be_subscribed_again(self) -> bool:
        row = self.row
        return row is not None and row.state == Subscription.State.MISSING and bool(row.user_token and row.consented_at)

    @property
    def needs_its_owner(self) -> bool:
        """Whether only the owner can bring it back, or in."""
        if self.row is None or self.row.state == Subscription.State.ACTIVE:
            return False
        return not self.may_be_subscribed_again

    @property
    def may_be_removed(self) -> bool:
        return self.row is not None and (self.row.is_at_x or self.row.user_token is not None)

    @property
    def is_standing(self) -> bool:
        return self.finding.settled_at is None


def shown(finding: Finding, row: Subscription | None) -> Shown:
    """A finding, as pages show it."""
    return Shown(finding, WORDS[Kind(finding.kind)], row)
