"""What there is to tell: one row for each kind. A new kind is a row, a function that finds it, and a test.

What is above `staff`, and may not be imported here, registers its kinds when the apps are ready.
"""

from aaa_dashboard.subscriptions.models import Finding as Difference

from ..health.processes import START_BEAT, START_RECEIVER, START_WORKER
from .conditions import accounts, background, comparisons, erasure, gaps, reception
from .finding import Kind
from .models import Severity
from .outbox import CHANNEL_FAILING

INFO, WARNING, URGENT = Severity.INFO, Severity.WARNING, Severity.URGENT

_TABLE = [
    Kind(
        "webhook-invalid", "Webhook invalid", URGENT, reception.webhook_invalid,
        remedy="It is tried again by itself. “Validate now” has X ask at once; when that fails, the webhook's page "
        "says which step of the way from X to here is broken.",
        action="Validate now",
    ),
    Kind(
        "webhook-gone", "Webhook gone", URGENT, accounts.webhook_gone,
        remedy="Its page leads to subscribing its accounts again.",
        action="See the webhook",
    ),
    Kind(
        "receiver-silent", "Receiver silent", URGENT, reception.receiver_silent,
        remedy=f"{START_RECEIVER} If it runs, see that it can reach the database.",
        action="See the receivers",
    ),
    Kind(
        "not-stored", "Deliveries not stored", URGENT, reception.not_stored,
        remedy="See that the database runs, answers, and has room on its disk.",
        action="See the app",
    ),
    Kind(
        "webhook-not-kept", "Webhook not kept valid", WARNING, reception.webhook_not_kept,
        remedy="Mend what is said above; it is tried again by itself, and X finds the same within a day.",
        action="See the webhook",
    ),
    Kind(
        "keys-refused", "X cannot be asked", WARNING, reception.keys_refused,
        remedy="“Test these keys” on the app's page says which of them X refuses, and why.",
        action="See the app",
    ),
    Kind(
        "challenge-slow", "Challenge slow", WARNING, reception.challenge_slow,
        remedy="See what keeps the receiver or the proxy in front of it busy: a cold start, a tunnel, a processor that "
        "has too much to do.",
        action="See the webhook",
    ),
    Kind(
        "refusals-rising", "Refusals rising", WARNING, reception.refusals_rising,
        remedy="See the list of refusals.",
        action="See the app",
    ),
    Kind(
        "silence", "Silence", WARNING, gaps.silence,
        remedy="See whether the accounts are quiet at X as well. If not, “Validate now” on the webhook's page, and "
        "“Compare now” under Comparisons with X, on Accounts.",
        action="Look at it",
    ),
    Kind(
        "gap", "Gap", WARNING, gaps.gap,
        remedy=gaps.ASK,
        action="See the gap", ended=gaps.gap_ended,
    ),
    Kind(
        "gap-lost", "Gap not recovered", WARNING, gaps.gap_lost,
        remedy="Try again if the reason is gone and X still has them, or dismiss the gap.",
        action="See the gap", ended=gaps.gap_ended, tells_end=False,
    ),
    Kind(
        "subscription-missing", "Subscription missing", WARNING, accounts.subscription_missing,
        remedy="“Check now” on the account's page. If it stays missing, send its owner an invite.",
        action="See the account",
    ),
    Kind(
        "subscription-revoked", "Subscription revoked", WARNING, accounts.subscription_revoked,
        remedy="It was the owner's decision. If they want it back, send them an invite.",
        action="See the account", tells_end=False,
    ),
    Kind(
        "list-not-believed", "List not believed", WARNING, comparisons.list_not_believed,
        remedy=comparisons.remedy(Difference.Kind.DOUBTED), action="See the comparison",
    ),
    Kind(
        "list-not-read", "List not read", WARNING, comparisons.list_not_read,
        remedy=comparisons.remedy(Difference.Kind.UNREAD), action="See the comparison",
    ),
    Kind(
        "sign-ins-refused", "Sign-ins refused", WARNING, comparisons.sign_ins_refused,
        remedy=comparisons.remedy(Difference.Kind.REFUSED), action="See the comparison",
    ),
    Kind(
        "ended-not-at-x", "Ended here, not at X", WARNING, comparisons.ended_not_at_x,
        remedy=comparisons.remedy(Difference.Kind.ENDED), action="See the comparison",
    ),
    Kind(
        "left-to-a-person", "Left to a person", INFO, comparisons.left_to_a_person,
        remedy="The page of comparisons says of each what it means and what can be done.",
        action="See the differences", tells_end=False,
    ),
    Kind(
        "move-stopped", "Move stopped", WARNING, accounts.move_stopped,
        remedy="Its page says what stands in the way. When that is mended, “Go on”.",
        action="See the move",
    ),
    Kind(
        "takedown-late", "Takedown late", URGENT, erasure.takedown_late,
        remedy="See on Health whether the workers run and whether the task of takedowns fails.",
        action="See the takedown",
    ),
    Kind(
        "subscriptions-limit", "Subscriptions running out", WARNING, accounts.subscriptions_limit,
        remedy="Remove accounts that nobody needs, or have your account manager at X raise the number.",
        action="See the accounts",
    ),
    Kind(
        "rate-limit", "Rate limit near", INFO, accounts.rate_limit,
        remedy="Wait until then. If it comes back every quarter of an hour, see who else asks with the same keys.",
        action="See the limits", tells_end=False,
    ),
    Kind(
        "unsplit", "Not understood", INFO, reception.unsplit,
        remedy="Tell the developers; nothing is lost.",
        action="See them", tells_end=False,
    ),
    Kind(
        "task-failing", "Task failing", WARNING, background.task_failing,
        remedy="The reason above says what is missing; the worker's log says more.",
        action="See the tasks",
    ),
    Kind(
        "beat-silent", "Beat silent", URGENT, background.beat_silent,
        remedy=START_BEAT,
        action="See the processes",
    ),
    Kind(
        "worker-silent", "Worker silent", URGENT, background.worker_silent,
        remedy=START_WORKER,
        action="See the processes",
    ),
    Kind(
        "queue-trouble", "Queue trouble", WARNING, background.queue_trouble,
        remedy="See that Redis runs and that workers do.",
        action="See the queues",
    ),
    Kind(
        CHANNEL_FAILING, "Channel failing", WARNING, background.channel_failing,
        remedy="Mend it, and press “Send a test”. What waits for it is sent then.",
        action="See the channels",
    ),
]  # fmt: skip
_BY_KEY = {kind.key: kind for kind in _TABLE}


def register(kind: Kind) -> None:
    """Add a row. For the `AppConfig.ready` of what is above `staff`; registering twice changes nothing."""
    if kind.key not in _BY_KEY:
        _TABLE.append(kind)
        _BY_KEY[kind.key] = kind


def table() -> tuple[Kind, ...]:
    """Every kind, in the order in which it is looked for."""
    return tuple(_TABLE)


def get(key: str) -> Kind | None:
    """Return a kind by its key; None for one that was removed since."""
    return _BY_KEY.get(key)
