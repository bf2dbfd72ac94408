"""X's v1.1 Enterprise Account Activity API, and the profiles that go with it.

One method for each endpoint, named by what is wanted. Each may raise any `XError`; those listed are particular to it.
Source, unless a method names another: X, “Enterprise Account Activity API” (reference).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from . import endpoints, errors, results
from .asking import read
from .credentials import UserToken
from .endpoints import ID
from .oauth import Tokens
from .results import Profile, ReplayJob, SubscriptionCount, Subscriptions, Webhook

LOOK_UP_MOST = 100
MINUTE = "%Y%m%d%H%M"


class Client(Tokens):
    """Asks for one app. See `interface.XApi`, which it fulfils."""

    # --- Webhooks

    def register_webhook(self, url: str) -> Webhook:
        """Register an address; X asks it the challenge before it answers.

        Raises:
            WebhookUrlRefused: The address is none that X takes.
            ChallengeFailed: The webhook did not answer rightly.
            LimitReached: All webhooks of the contract are used, or the app has this one.
            NoAnswer: It may be registered all the same: list the webhooks before trying again.
        """
        answer = self.as_owner(endpoints.REGISTER_WEBHOOK, query={"url": url})
        return read(endpoints.REGISTER_WEBHOOK, answer, Webhook.read)

    def webhooks(self) -> tuple[Webhook, ...]:
        """The app's webhooks, with X's word on whether they are valid."""
        return read(endpoints.LIST_WEBHOOKS, self.as_app(endpoints.LIST_WEBHOOKS), results.read_webhooks)

    def validate_webhook(self, webhook_id: str) -> None:
        """Have X ask the challenge now; a webhook that answers rightly is valid again.

        Raises:
            WebhookNotFound: The app has no such webhook.
            ChallengeFailed: It did not answer rightly.
        """
        self.as_owner(endpoints.VALIDATE_WEBHOOK, webhook_id=webhook_id)

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook, and with it all of its subscriptions.

        Raises:
            WebhookNotFound: The app has no such webhook.
        """
        try:
            self.as_owner(endpoints.DELETE_WEBHOOK, webhook_id=webhook_id)
        except errors.WebhookNotFound as error:
            if not error.follows_unsure:
                raise

    # --- Subscriptions

    def subscribe(self, webhook_id: str, user: UserToken) -> None:
        """Have a user's activity sent to a webhook.

        Raises:
            AlreadySubscribed: Nothing was to be done.
            TokenRevoked: The user has to sign in again.
            LimitReached: All subscriptions of the contract are used.
            WebhookNotFound: The app has no such webhook.
        """
        try:
            self.as_user(endpoints.SUBSCRIBE, user, webhook_id=webhook_id)
        except errors.AlreadySubscribed as error:
            if not error.follows_unsure:
                raise

    def is_subscribed(self, webhook_id: str, user: UserToken) -> bool:
        """Whether a user's activity is sent to a webhook: X answers 204, and anything else when not.

        What says nothing about the subscription (limits, outages, tokens, another app's webhook) is raised.
        """
        try:
            return self.as_user(endpoints.CHECK_SUBSCRIPTION, user, webhook_id=webhook_id).status == 204
        except errors.NotSubscribed:
            return False

    def subscriptions(self, webhook_id: str) -> Subscriptions:
        """Who is subscribed to a webhook.

        Raises:
            WebhookNotFound: The app has no such webhook.
        """
        endpoint = endpoints.LIST_SUBSCRIPTIONS
        return read(endpoint, self.as_app(endpoint, webhook_id=webhook_id), Subscriptions.read)

    def count_subscriptions(self) -> SubscriptionCount:
        """How many subscriptions are used and allowed, over all apps of the contract."""
        endpoint = endpoints.COUNT_SUBSCRIPTIONS
        return read(endpoint, self.as_app(endpoint), SubscriptionCount.read)

    def unsubscribe(self, webhook_id: str, user_id: str) -> None:
        """End a subscription, without a token of the user.

        Raises:
            NotSubscribed: There was none.
            WebhookNotFound: The app has no such webhook.
        """
        try:
            self.as_app(endpoints.UNSUBSCRIBE, webhook_id=webhook_id, user_id=user_id)
        except errors.NotSubscribed as error:
            if not error.follows_unsure:
                raise

    def unsubscribe_as_user(self, webhook_id: str, user: UserToken) -> None:
        """End a subscription by the user's own token: deprecated by X, for when only that works.

        Raises:
            NotSubscribed: There was none.
            TokenRevoked: The token is of no use any more.
        """
        try:
            self.as_user(endpoints.UNSUBSCRIBE_AS_USER, user, webhook_id=webhook_id)
        except errors.NotSubscribed as error:
            if not error.follows_unsure:
                raise

    # --- Replays

    def request_replay(self, webhook_id: str, from_date: datetime, to_date: datetime) -> ReplayJob:
        """Have the deliveries of `[from_date, to_date)` made once more. Source: X, “Replay API” (reference).

        Args:
            webhook_id: X's id of the webhook.
            from_date: With a zone; the minute in which it lies is the first.
            to_date: With a zone; the minute in which it lies is the first that is left out. A begun minute counts as
                whole, so that nothing asked for is missing.

        Raises:
            ReplayInProgress: Another job has to end first.
            WebhookInvalid: Validate the webhook first.
            ParametersRefused: The window is too old, too young or reversed.
            NotEntitled: The app is not enabled for replays.
            NoAnswer: The job may run all the same.
        """
        window = {"from_date": _minute(from_date), "to_date": _minute(to_date, up=True)}
        return read(
            endpoints.REPLAY, self.as_app(endpoints.REPLAY, query=window, webhook_id=webhook_id), ReplayJob.read
        )

    # --- Profiles. Source: X, “Users” (v1.1 reference).

    def profiles(self, user_ids: Iterable[str]) -> tuple[Profile, ...]:
        """The profiles of up to 100 users, in any order; those who do not exist any more are left out.

        Raises:
            ValueError: More than 100, or something that is no id.
        """
        wanted = list(dict.fromkeys(user_ids))
        if len(wanted) > LOOK_UP_MOST or not all(ID.fullmatch(user_id) for user_id in wanted):
            raise ValueError(f"at most {LOOK_UP_MOST} ids of X at once")
        if not wanted:
            return ()
        endpoint = endpoints.LOOK_UP_USERS
        try:
            answer = self.as_app(endpoint, query={"user_id": ",".join(wanted)})
        except errors.NoSuchUser:
            return ()
        return read(endpoint, answer, results.read_profiles)


def _minute(at: datetime, *, up: bool = False) -> str:
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    at = at.astimezone(UTC)
    if up and (at.second or at.microsecond):
        at += timedelta(minutes=1)
    return at.strftime(MINUTE)
