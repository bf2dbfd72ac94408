"""Move a webhook to another address. X knows no such thing: a new address is a new webhook without subscriptions.

So: register the new one, subscribe every account again whose token we hold, compare with X, delete the old one. While
it lasts, X delivers to both, and what comes twice is stored once. Each step can be done again, so that a move that was
broken off anywhere is gone on with. One that X has no more is moved as well, as long as tokens are held
for it. Source: X, “Enterprise Account Activity API” (managing webhooks and subscriptions).
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.deleting import delete
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.webhooks.owed import Owed, owed_to
from aaa_dashboard.webhooks.registering import register
from aaa_dashboard.x_api import errors

from .claims import claimed
from .comparing import check_all
from .ending import end
from .models import Account, Move, Subscription
from .reconciling.repairing import MOST_REPAIRS
from .subscribing import ask_x, subscribe_as_before

State, Step = Subscription.State, Move.Step

# Well within the claim; what is left is done by the next call.
BUDGET_SECONDS = 20.0
ABANDON_PATIENCE_SECONDS = 5.0


class SameAddress(ValueError):
    """The webhook has this address already."""


class AlreadyGone(ValueError):
    """The webhook is deleted, perhaps by a move that was finished meanwhile, and nobody can be moved."""


class StillMissing(Exception):
    """X does not list everybody who was subscribed just now; comparing again in a while may be enough."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who comes along, and what would not."""

    moved: int
    """How many have arrived."""
    waiting: Sequence[int]
    """Ids of the old webhook's subscriptions that are next."""
    left_behind: Sequence[Account]
    """Without a token of their owners that X takes: they would have to sign in again."""
    owed: Sequence[Owed]
    """What X has still to send again to the old webhook."""

    @property
    def total(self) -> int:
        return self.moved + len(self.waiting)

    @property
    def loses_nothing(self) -> bool:
        """Whether the old webhook may go without anybody's word."""
        return not self.left_behind and not self.owed


def begin(webhook: Webhook, url: str, *, by: Actor) -> Move:
    """Begin a move; one that is under way is returned as it is, whatever address it leads to.

    Raises:
        SameAddress: There is nothing to move.
        AlreadyGone: X has the webhook no more, and no token is held for it.
    """
    with transaction.atomic():
        # Whoever holds the row has it, so that nobody begins to move what another move has just deleted.
        is_current = Webhook.objects.select_for_update().filter(pk=webhook.pk, deleted_at=None).exists()
        if is_current and url == webhook.url:
            raise SameAddress(url)
        if not is_current and not can_be_moved().filter(pk=webhook.pk).exists():
            raise AlreadyGone(webhook.url)
        started_by = by.person.pk if by.person else None
        move, is_new = Move.objects.select_related("source__app").get_or_create(
            source=webhook, finished_at=None, defaults={"url": url, "started_by_id": started_by}
        )
        if is_new:
            record(by, "began to move a webhook", webhook, before={"address": webhook.url}, after={"address": url})
    return move


def can_be_moved() -> QuerySet[Webhook]:
    """Webhooks that X has, and those it has no more for which tokens are held."""
    held = Subscription.objects.filter(webhook=OuterRef("pk")).exclude(access_token="")
    return Webhook.objects.filter(Q(deleted_at=None) | Exists(held))


def plan(move: Move) -> Plan:
    """Who has come along, who is waiting, who cannot, and what would be lost. Asks the database alone.

    Whom X has lost comes along as well, since nobody repairs what is being moved: where the consent stands, and X has
    not refused it as often as it would be tried otherwise.

    Optimization: no row is made, since that decrypts its token and its app's keys: 2.6 s for 5,000 accounts, of a page
    that looks every two seconds.
    """
    is_begun = Q(state=State.NEW) & ~Q(access_token="")
    is_current = Q(state__in=[State.ACTIVE, State.UNKNOWN, State.MISSING]) | is_begun
    rows = Subscription.objects.filter(is_current, webhook=move.source)
    arrived = Subscription.objects.filter(webhook=move.target_id, account=OuterRef("account"), state=State.ACTIVE)
    left = rows.exclude(Exists(arrived))
    is_lost = Q(state=State.MISSING) & (Q(consented_at=None) | Q(repairs__gte=MOST_REPAIRS))
    cannot = is_lost | Q(access_token="")
    return Plan(
        moved=rows.filter(Exists(arrived)).count(),
        waiting=list(left.exclude(cannot).order_by("repairs", "pk").values_list("pk", flat=True)),
        left_behind=list(Account.objects.filter(subscriptions__in=left.filter(cannot)).order_by("pk")),
        owed=owed_to(move.source),
    )


def go_on(
    move: Move,
    *,
    by: Actor,
    may_leave_behind: bool = False,
    budget_seconds: float = BUDGET_SECONDS,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Move:
    """Do what is left of a move, as far as the time allows. Safe to repeat, and whoever comes second is told so.

    Args:
        move: As `begin` gave it.
        by: Who wants it.
        may_leave_behind: Whether the old webhook may go although somebody cannot come along, or X has still to send
            something again to it.
        budget_seconds: When to stop, after the call that is under way.
        is_wanted: Whether it is still to go on; asked before each account, and before the old webhook is deleted.

    Raises:
        Busy: Somebody else is at it.
        StillMissing: X does not list everybody yet.
        XError: X refused. Everything before it is done.
    """
    ends_at = time.monotonic() + budget_seconds

    def has_time() -> bool:
        return time.monotonic() < ends_at and is_wanted()

    with claimed(move, patience_seconds=0):
        if move.step == Step.DELETE and plan(move).waiting:
            _save(move, step=Step.SUBSCRIBE)  # somebody came to the old webhook while it waited to be deleted
        if move.step == Step.REGISTER:
            _register(move, by)
        if move.step == Step.SUBSCRIBE:
            _subscribe(move, by, has_time)
        if move.step == Step.COMPARE:
            _compare(move)
        if move.step == Step.DELETE and is_wanted() and (may_leave_behind or plan(move).loses_nothing):
            _delete(move, by)
    return move


def abandon(move: Move, *, by: Actor) -> bool:
    """Stop a move where it is: the old webhook stays, and so does the new one where it is registered.

    Returns:
        Whether it was still under way.

    Raises:
        Busy: Somebody is at it.
    """
    with claimed(move, patience_seconds=ABANDON_PATIENCE_SECONDS), transaction.atomic():
        if move.finished_at:
            return False
        _save(move, step=Step.ABANDONED)
        record(by, "abandoned the move of a webhook", move.source, after={"address": move.url})
    return True


def _register(move: Move, by: Actor) -> None:
    move.target = register(move.source.app, move.url, by=by)
    if not move.source.deleted_at:
        # Whom X has and we do not know of would be lost unseen.
        check_all(move.source)
    _save(move, step=Step.SUBSCRIBE)


def _subscribe(move: Move, by: Actor, has_time: Callable[[], bool]) -> None:
    assert move.target is not None
    for pk in plan(move).waiting:
        if not has_time():
            return
        row = Subscription.objects.select_related("account", "webhook__app").get(pk=pk)
        try:
            subscribe_as_before(row, move.target, by=by)
        except errors.TokenRevoked:
            end(row, State.REVOKED, "found a sign-in revoked", by=by)
        except errors.LimitReached:
            _take_its_place(row, move.target, by)
        except (errors.TemporarilyUnavailable, errors.RateLimited):
            raise
        except errors.XError:
            # Counted as one more repair that failed, so that what X does not take back is left to a person at last.
            Subscription.objects.filter(pk=pk, state=State.MISSING).update(repairs=F("repairs") + 1)
            raise
    _save(move, step=Step.COMPARE)


def _take_its_place(row: Subscription, target: Webhook, by: Actor) -> None:
    """The contract has no place for both: give up the old subscription first, and take it back if the new one fails."""
    token = row.user_token
    assert token is not None
    with suppress(errors.NotSubscribed):
        api_of(target.app).unsubscribe(row.webhook.x_id, row.account.x_user_id)
    try:
        subscribe_as_before(row, target, by=by)
    except errors.XError:
        ask_x(row.webhook, token)
        raise


def _compare(move: Move) -> None:
    assert move.target is not None
    compared = check_all(move.target)
    if compared.doubt or plan(move).waiting:
        _save(move, step=Step.SUBSCRIBE)
        raise StillMissing
    _save(move, step=Step.DELETE)


def _delete(move: Move, by: Actor) -> None:
    is_back = move.target_id == move.source_id  # the address was registered anew, and X gave it its old id
    if not is_back and not move.source.deleted_at:
        delete(move.source, by=by)
    with transaction.atomic():
        if not is_back:
            close(move.source)
        _save(move, step=Step.DONE)
        record(by, "moved a webhook", move.source, before={"address": move.source.url}, after={"address": move.url})


def close(webhook: Webhook) -> int:
    """Note that a deleted webhook has no subscriptions any more, and wipe the tokens that were held for them."""
    return (
        Subscription.objects.filter(webhook=webhook)
        .exclude(state__in=[State.REMOVED, State.REVOKED], access_token="")
        .update(state=State.REMOVED, state_since=timezone.now(), access_token="", access_token_secret="")
    )


def _save(move: Move, *, step: Move.Step) -> None:
    move.step = step
    if step in {Step.DONE, Step.ABANDONED}:
        move.finished_at = timezone.now()
    move.save(update_fields=["step", "target", "finished_at"])
