"""Each kind of notice is raised when it is so, says what to do, and is over by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client

from aaa_dashboard.deliveries.models import Gap, TrafficMinute, Unsplit
from aaa_dashboard.deliveries.takedown.models import Takedown
from aaa_dashboard.staff.health import Problem, Queues
from aaa_dashboard.staff.models import BackgroundProcess, TaskRun
from aaa_dashboard.staff.notices import kinds, round  # noqa: A004 - a look round
from aaa_dashboard.staff.notices.conditions import background
from aaa_dashboard.staff.notices.models import Channel, Notice, Severity
from aaa_dashboard.subscriptions.models import Account, Move, Subscription, Usage
from aaa_dashboard.subscriptions.models import Finding as Difference
from aaa_dashboard.webhooks.models import Allowance, App, Webhook, WebhookChange
from aaa_dashboard.x_api.credentials import fingerprint

from .conftest import MINUTE, NOW, traffic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_queues_answer")]
LATER = NOW + 2 * MINUTE


@dataclass
class Case:
    """How something becomes so, and how it is well again."""

    webhook: Webhook
    monkeypatch: pytest.MonkeyPatch

    def webhook_invalid(self) -> Callable[[], object]:
        rows = Webhook.objects.filter(pk=self.webhook.pk)
        rows.update(valid=False, invalid_since=NOW)
        return lambda: rows.update(valid=True)

    def webhook_gone(self) -> Callable[[], object]:
        row = self._subscription("missing")
        Webhook.objects.filter(pk=self.webhook.pk).update(valid=False, deleted_at=NOW)
        WebhookChange.objects.create(webhook=self.webhook, at=NOW, kind="gone")
        new = Webhook.objects.create(app=self.webhook.app, x_id="2", url=self.webhook.url, valid=True)
        return lambda: Subscription.objects.create(webhook=new, account=row.account, state="active", state_since=NOW)

    def receiver_silent(self) -> Callable[[], object]:
        TrafficMinute.objects.update(minute=NOW - 5 * MINUTE, until=NOW - 4 * MINUTE)
        return lambda: traffic(self.webhook.app, LATER)

    def not_stored(self) -> Callable[[], object]:
        traffic(self.webhook.app, NOW - MINUTE, refusals={"not stored": 3})
        return lambda: TrafficMinute.objects.update(refusals={})

    def challenge_slow(self) -> Callable[[], object]:
        rows = Webhook.objects.filter(pk=self.webhook.pk)
        rows.update(last_crc_at=NOW, last_crc_ms=1_400)
        return lambda: rows.update(last_crc_ms=4)

    def refusals_rising(self) -> Callable[[], object]:
        traffic(self.webhook.app, NOW - MINUTE, refusals={"wrong signature": 40})
        return lambda: TrafficMinute.objects.update(refusals={"wrong signature": 2})

    def silence(self) -> Callable[[], object]:
        gap = self._gap(cause="silence", state="open", ended_at=None)
        return lambda: Gap.objects.filter(pk=gap.pk).update(state="dismissed")

    def gap(self) -> Callable[[], object]:
        gap = self._gap(state="found")
        return lambda: Gap.objects.filter(pk=gap.pk).update(state="recovered", detail="1,204 events came again.")

    def gap_lost(self) -> Callable[[], object]:
        gap = self._gap(state="lost", detail="X keeps five days.")
        return lambda: Gap.objects.filter(pk=gap.pk).update(state="dismissed")

    def subscription_missing(self) -> Callable[[], object]:
        row = self._subscription("missing")
        return lambda: Subscription.objects.filter(pk=row.pk).update(state="active")

    def subscription_revoked(self) -> Callable[[], object]:
        row = self._subscription("revoked")
        return lambda: Subscription.objects.filter(pk=row.pk).update(state_since=NOW - timedelta(days=4))

    def webhook_not_kept(self) -> Callable[[], object]:
        rows = Webhook.objects.filter(pk=self.webhook.pk)
        rows.update(failures=4, finding="Challenge: it was answered wrongly. Compare the consumer secret.")
        return lambda: rows.update(failures=0, finding="")

    def keys_refused(self) -> Callable[[], object]:
        apps = App.objects.filter(pk=self.webhook.app_id)
        apps.update(ask_failure="credentials-rejected")
        WebhookChange.objects.create(webhook=self.webhook, at=NOW, kind="unasked", detail="X does not take our keys.")
        return lambda: apps.update(ask_failure="")

    def list_not_believed(self) -> Callable[[], object]:
        return self._difference("doubted")

    def list_not_read(self) -> Callable[[], object]:
        return self._difference("unread", found_at=NOW - timedelta(hours=2))

    def sign_ins_refused(self) -> Callable[[], object]:
        return self._difference("refused", webhook=None)

    def ended_not_at_x(self) -> Callable[[], object]:
        return self._difference("ended", account=self._account())

    def left_to_a_person(self) -> Callable[[], object]:
        return self._difference("unknown", account=self._account())

    def move_stopped(self) -> Callable[[], object]:
        move = Move.objects.create(source=self.webhook, url="https://new.example/", trouble={"said_by_us": "Missing."})
        return lambda: Move.objects.filter(pk=move.pk).update(under_way=True, trouble=None)

    def takedown_late(self) -> Callable[[], object]:
        row = Takedown.objects.create(
            what="post", x_id="20", until=NOW, last_event_id=0, by="olga",
            asked_at=NOW - timedelta(hours=25), due_at=NOW - timedelta(hours=1),
        )  # fmt: skip
        return lambda: Takedown.objects.filter(pk=row.pk).update(done_at=LATER)

    def subscriptions_limit(self) -> Callable[[], object]:
        usage = Usage.objects.create(app=self.webhook.app, used=41, provisioned=50, read_at=NOW)
        return lambda: Usage.objects.filter(pk=usage.pk).update(used=39)

    def rate_limit(self) -> Callable[[], object]:
        self.monkeypatch.setattr("django.conf.settings.X_CONSUMER_KEY", "the key")
        row = Allowance.objects.create(
            subject=fingerprint("the key"), intent="list webhooks", limit=15, remaining=2,
            resets_at=NOW + timedelta(days=9000),
        )  # fmt: skip
        return lambda: Allowance.objects.filter(pk=row.pk).update(remaining=12)

    def unsplit(self) -> Callable[[], object]:
        row = Unsplit.objects.create(
            app=self.webhook.app, digest="0" * 64, received_at=NOW, reason="not JSON", body=b"{"
        )
        return row.delete

    def task_failing(self) -> Callable[[], object]:
        run = TaskRun.objects.create(
            task="webhooks.keep_valid", failures_in_a_row=3, error="X did not answer.", started_at=NOW
        )
        return lambda: TaskRun.objects.filter(pk=run.pk).update(failures_in_a_row=0)

    def beat_silent(self) -> Callable[[], object]:
        return self._process("beat")

    def worker_silent(self) -> Callable[[], object]:
        return self._process("worker")

    def queue_trouble(self) -> Callable[[], object]:
        away = Queues([], Problem("Redis does not answer.", "See that it runs."))
        self.monkeypatch.setattr(background, "queues", lambda: away)
        return lambda: self.monkeypatch.setattr(background, "queues", lambda: Queues([]))

    def channel_failing(self) -> Callable[[], object]:
        row = Channel.objects.create(
            kind="email", name="Duty", address="duty@example.org", failing_since=NOW - 5 * MINUTE, error="Refused."
        )
        return lambda: Channel.objects.filter(pk=row.pk).update(failing_since=None)

    def _process(self, kind: str) -> Callable[[], object]:
        rows = BackgroundProcess.objects.filter(kind=kind)
        rows.update(seen_at=NOW - 4 * MINUTE)
        return lambda: rows.update(seen_at=LATER)

    def _gap(self, **fields: object) -> Gap:
        given = {"cause": "no receiver", "began_at": NOW - 30 * MINUTE, "ended_at": NOW - 20 * MINUTE, **fields}
        return Gap.objects.create(webhook=self.webhook, missing=40, state_since=NOW, **given)

    def _subscription(self, state: str) -> Subscription:
        return Subscription.objects.create(webhook=self.webhook, account=self._account(), state=state, state_since=NOW)

    def _account(self) -> Account:
        return Account.objects.create(x_user_id="613278910244360193", screen_name="acme")

    def _difference(self, kind: str, **fields: object) -> Callable[[], object]:
        given = {"webhook": self.webhook, "found_at": NOW, "detail": "X says so.", "subject": "1", **fields}
        row = Difference.objects.create(kind=kind, app=self.webhook.app, **given)
        return lambda: Difference.objects.filter(pk=row.pk).update(settled_at=LATER)


OF_STAFF = [kind.key for kind in kinds.table() if kind.find.__module__.startswith("aaa_dashboard.staff.")]


@pytest.mark.parametrize("key", OF_STAFF)
def test_a_kind_is_raised_and_cleared(webhook: Webhook, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    assert round.compare(NOW).raised == 0, "an installation that is well has no notice"
    mend = getattr(Case(webhook, monkeypatch), key.replace("-", "_"))()
    round.compare(NOW)
    notice = Notice.objects.get(kind=key, cleared_at=None)
    assert notice.raised_at == NOW
    for words in (notice.title, notice.text, notice.remedy, notice.action, notice.url):
        assert words
    mend()
    BackgroundProcess.objects.exclude(seen_at=NOW - 4 * MINUTE).update(seen_at=LATER)
    if key != "receiver-silent":
        traffic(webhook.app, LATER)
    round.compare(LATER)
    notice.refresh_from_db()
    assert notice.cleared_at == LATER
    assert not Notice.objects.filter(cleared_at=None).exists()


@pytest.mark.parametrize("key", OF_STAFF)
def test_its_page_exists_and_shows_it(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch, admin_client: Client, key: str
) -> None:
    getattr(Case(webhook, monkeypatch), key.replace("-", "_"))()
    round.compare(NOW)
    notice = Notice.objects.get(kind=key)
    assert admin_client.get(notice.url).status_code == 200
    page = admin_client.get("/notices/").content.decode()
    for words in (notice.action, "I am on it", kinds.get(key).label):  # type: ignore[union-attr]
        assert words in page


def test_a_webhook_that_was_deleted_at_x_is_told_with_what_is_left_of_it(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    Case(webhook, monkeypatch).webhook_gone()
    round.compare(NOW)
    notice = Notice.objects.get()
    assert notice.severity == Severity.URGENT
    assert "1 account was subscribed on it" in notice.text
    assert "We hold none" in notice.text
    assert "invite" in notice.remedy
    Subscription.objects.update(access_token="a token", access_token_secret="a secret")
    round.compare(NOW)
    notice.refresh_from_db()
    assert "We hold 1 of their sign-ins" in notice.text
    assert "leads to subscribing them again" in notice.remedy


def test_a_webhook_that_was_deleted_from_here_is_no_news(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    Case(webhook, monkeypatch).webhook_gone()
    WebhookChange.objects.update(kind="deleted")
    assert round.compare(NOW).raised == 0


def test_accounts_that_only_their_owners_can_bring_back_are_told_for_a_week(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    Case(webhook, monkeypatch).webhook_gone()
    Subscription.objects.update(state_since=NOW - timedelta(days=8))
    assert round.compare(NOW).raised == 0


def test_what_comparisons_leave_to_a_person_is_one_notice_of_an_app(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(webhook, monkeypatch)
    for number, kind in enumerate(("unknown", "dead", "unknown")):
        case._difference(kind, subject=str(number))
    round.compare(NOW)
    notice = Notice.objects.get()
    assert "3 differences with X left to a person" in notice.title
    assert notice.text == "Not subscribed through us: 2; The sign-in does not work any more: 1."


def test_a_gap_says_how_it_ended(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    mend = Case(webhook, monkeypatch).gap()
    round.compare(NOW)
    mend()
    round.compare(NOW)
    assert Notice.objects.get().ending == "Recovered. 1,204 events came again."


def test_a_gap_in_which_nothing_is_missing_is_only_to_know(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    Case(webhook, monkeypatch).gap()
    Gap.objects.update(missing=0)
    round.compare(NOW)
    assert Notice.objects.get().severity == Severity.INFO


def test_a_limit_that_is_nearly_reached_is_worse_than_one_that_is_near(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    Case(webhook, monkeypatch).subscriptions_limit()
    round.compare(NOW)
    assert Notice.objects.get().severity == Severity.WARNING
    Usage.objects.update(used=48)
    assert round.compare(NOW).worse == 1
    notice = Notice.objects.get()
    assert notice.severity == Severity.URGENT
    assert "96 %" in notice.title


def test_what_x_does_not_tell_once_is_no_news(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    Case(webhook, monkeypatch).list_not_read()
    Difference.objects.update(found_at=NOW - 30 * MINUTE)
    assert round.compare(NOW).raised == 0


def test_keys_that_x_refuses_are_one_notice(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(webhook, monkeypatch)
    case.keys_refused()
    case.list_not_read()
    round.compare(NOW)
    assert Notice.objects.get().kind == "keys-refused"


def test_a_comparison_that_finds_the_same_again_raises_it_once(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(webhook, monkeypatch)
    settle = case.list_not_believed()
    round.compare(NOW)
    settle()
    case.list_not_believed()
    round.compare(NOW)
    assert Notice.objects.count() == 1


def test_a_move_that_goes_on_by_itself_is_nobodys_trouble(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    Case(webhook, monkeypatch).move_stopped()
    Move.objects.update(under_way=True)
    assert round.compare(NOW).raised == 0


def test_refusals_that_are_usual_are_no_news(webhook: Webhook) -> None:
    for hours in range(1, 24):
        traffic(webhook.app, NOW - timedelta(hours=hours), refusals={"no signature": 300})
    traffic(webhook.app, NOW - MINUTE, refusals={"no signature": 200})
    assert round.compare(NOW).raised == 0


def test_refusals_of_several_receivers_are_added_up_and_their_reason_is_explained(webhook: Webhook) -> None:
    for receiver in ("two", "three"):
        traffic(webhook.app, NOW - MINUTE, receiver, refusals={"wrong signature": 12, "no signature": 2})
    round.compare(NOW)
    notice = Notice.objects.get()
    assert "28 requests" in notice.text
    assert "consumer secret" in notice.text
    assert "Test these keys" in notice.remedy


def test_a_queue_on_which_no_worker_is_is_told_by_name(webhook: Webhook) -> None:
    BackgroundProcess.objects.filter(kind="worker").update(queues="urgent, normal")
    round.compare(NOW)
    assert Notice.objects.get().title == "No worker takes from the queue “long”"


def test_a_fresh_installation_waits_for_its_first_worker_a_while(webhook: Webhook) -> None:
    BackgroundProcess.objects.all().delete()
    webhook.app.__class__.objects.update(created_at=NOW - MINUTE)
    assert round.compare(NOW).raised == 0
    webhook.app.__class__.objects.update(created_at=NOW - 10 * MINUTE)
    round.compare(NOW)
    assert {notice.kind for notice in Notice.objects.all()} == {"beat-silent", "worker-silent"}


def test_a_webhook_that_is_deleted_is_nobodys_trouble(webhook: Webhook) -> None:
    Webhook.objects.update(valid=False, deleted_at=NOW)
    assert round.compare(NOW).raised == 0


def test_a_gap_that_is_lost_says_how_many_are(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    Case(webhook, monkeypatch).gap_lost()
    Gap.objects.update(missing=1_629)
    round.compare(NOW)
    assert "About 1,629 are lost. X keeps five days." in Notice.objects.get().text
