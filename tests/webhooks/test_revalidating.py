"""Webhooks are kept valid without a hand."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from aaa_dashboard.webhooks import asking, credentials, revalidating, validating
from aaa_dashboard.webhooks.models import App, Version, Webhook
from aaa_dashboard.webhooks.revalidating import Attempt, Reason, keep_valid, retry_after
from aaa_dashboard.webhooks.timeline import set_valid
from aaa_dashboard.webhooks.validating import validate
from aaa_dashboard.x_api import errors
from tests.sandbox.client import X
from tests.sandbox.control import Control
from tests.sandbox.wire import Receiver
from tests.webhooks.conftest import BY, timeline

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
VERSION = "one version"


@pytest.fixture
def now(webhook: Webhook) -> datetime:
    """A moment after the version that runs has been seen, and the webhook validated."""
    now = datetime.now(UTC)
    Version.objects.create(fingerprint=VERSION, began_at=now - HOUR, seen_at=now)
    return now


def keep(now: datetime, running: str = VERSION) -> list[Attempt]:
    return keep_valid(now, running=running)


def invalidate(x: X) -> None:
    x.change("UPDATE sandbox_webhook SET valid = 0")


def puts(x: X) -> int:
    """How often X was asked to validate, ever."""
    with closing(sqlite3.connect(x.sandbox.database, timeout=20)) as database:
        return int(database.execute("SELECT count(*) FROM sandbox_apirequest WHERE method = 'PUT'").fetchone()[0])


def test_what_turned_invalid_at_x_is_valid_again(x: X, webhook: Webhook, now: datetime) -> None:
    invalidate(x)
    [attempt] = keep(now + 5 * MINUTE)
    assert (attempt.reason, attempt.failure) == (Reason.INVALID, "")
    webhook.refresh_from_db()
    assert webhook.valid
    assert timeline(webhook) == ["registered", "invalid", "validated", "valid"]
    assert "because the webhook was invalid" in webhook.changes.get(kind="validated").detail


def test_x_is_believed_though_a_clock_that_was_ahead_wrote_when_it_was_validated(
    x: X, webhook: Webhook, now: datetime
) -> None:
    Webhook.objects.update(validated_at=now + 3 * HOUR)
    invalidate(x)
    [attempt] = keep(now + 5 * MINUTE)
    assert (attempt.reason, attempt.failure) == (Reason.INVALID, "")


def test_a_challenge_that_was_answered_by_such_a_clock_is_no_good_one_of_the_last_hours(
    webhook: Webhook, now: datetime
) -> None:
    Webhook.objects.update(validated_at=now - 23 * HOUR, last_crc_at=now + timedelta(days=300))
    [attempt] = keep(now)
    assert attempt.reason == Reason.STALE


def test_what_is_as_it_should_be_is_left_alone(x: X, webhook: Webhook, now: datetime) -> None:
    before = puts(x)
    assert [keep(now + minute * MINUTE) for minute in range(5)] == [[]] * 5
    assert puts(x) == before
    assert timeline(webhook) == ["registered"]


def test_x_is_asked_for_its_list_every_few_minutes_and_not_at_every_run(x: X, webhook: Webhook, now: datetime) -> None:
    def asked() -> datetime | None:
        return App.objects.get().asked_at

    keep(now)
    first = asked()
    keep(now + MINUTE)
    keep(now + 2 * MINUTE)
    assert asked() == first
    keep(now + 3 * MINUTE)
    assert asked() == now + 3 * MINUTE


def test_failures_are_tried_again_at_growing_intervals(
    x: X, webhook: Webhook, receiver: Receiver, now: datetime
) -> None:
    receiver.secret = "another-secret"
    invalidate(x)
    tried = [minute for minute in range(130) if keep(now + minute * MINUTE)]
    assert tried == [0, 1, 3, 7, 15, 31, 61, 91, 121]
    webhook.refresh_from_db()
    assert (webhook.valid, webhook.failures) == (False, 9)
    assert [retry_after(n) // MINUTE for n in (1, 2, 3, 5, 6, 500)] == [1, 2, 4, 16, 30, 30]

    receiver.secret = "the-consumer-secret"
    assert not keep(now + 150 * MINUTE)
    assert keep(now + 151 * MINUTE)[0].failure == ""
    webhook.refresh_from_db()
    assert (webhook.valid, webhook.failures, webhook.finding) == (True, 0, "")


def test_the_timeline_says_what_was_found_what_x_said_and_when_it_is_tried_again(
    x: X, webhook: Webhook, receiver: Receiver, now: datetime
) -> None:
    receiver.secret = "another-secret"
    invalidate(x)
    keep(now)
    looked, refused = webhook.changes.filter(kind__in=["looked", "refused"]).order_by("pk")
    assert looked.detail.startswith("Challenge: The answer is signed with another secret, or is not ours. Restart the")
    assert "X answered 403 with code 214" in refused.detail
    assert f"Tried again at {now + MINUTE:%H:%M} UTC" in refused.detail
    assert (looked.by, refused.by) == ("", "")


def test_the_same_trouble_is_told_once(x: X, webhook: Webhook, receiver: Receiver, now: datetime) -> None:
    receiver.secret = "another-secret"
    invalidate(x)
    for minute in range(40):
        keep(now + minute * MINUTE)
    assert timeline(webhook) == ["registered", "invalid", "looked", "refused"]


def test_when_all_is_right_from_here_it_says_where_else_to_look(x: X, webhook: Webhook, now: datetime) -> None:
    Control(x.sandbox).fault("webhook_invalid")
    invalidate(x)
    keep(now)
    assert "what stands between X and us" in webhook.changes.get(kind="looked").detail


def test_one_whose_challenge_is_nearly_a_day_old_is_validated_before_x_finds_out(
    x: X, webhook: Webhook, now: datetime
) -> None:
    assert not keep(now + 21 * HOUR)
    [attempt] = keep(now + 22 * HOUR + MINUTE)
    assert attempt.reason is Reason.STALE
    assert timeline(webhook) == ["registered", "validated"], "it was valid all the time"
    assert not keep(now + 23 * HOUR)


def test_a_challenge_of_x_counts_as_well(x: X, webhook: Webhook, now: datetime) -> None:
    Webhook.objects.update(last_crc_at=now + 20 * HOUR)
    assert not keep(now + 23 * HOUR)
    assert keep(now + 42 * HOUR + MINUTE)


def test_a_valid_one_that_answers_wrongly_is_not_put_before_x(
    x: X, webhook: Webhook, receiver: Receiver, now: datetime
) -> None:
    receiver.secret = "another-secret"
    before, later = puts(x), now + 22 * HOUR + MINUTE
    [attempt] = keep(later)
    assert "X was not asked" in attempt.failure
    assert puts(x) == before, "X would take it for invalid at once"
    assert keep(later + MINUTE)
    receiver.secret = "the-consumer-secret"
    assert keep(later + 3 * MINUTE)[0].failure == ""


def test_a_valid_one_that_cannot_be_reached_from_here_is_put_before_x(
    x: X, webhook: Webhook, now: datetime, settings: Settings
) -> None:
    """The way back to ourselves may be closed where X's is open."""
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    Webhook.objects.update(url="http://127.0.0.1:9/webhook/twitter")
    assert keep(now + 22 * HOUR + MINUTE)[0].failure == ""


def test_after_a_deployment_each_is_checked_once(x: X, webhook: Webhook, now: datetime) -> None:
    assert not keep(now, "another version"), "its receivers may still be starting"
    [attempt] = keep(now + MINUTE, "another version")
    assert attempt.reason is Reason.NEW_VERSION
    assert not [keep(now + minute * MINUTE, "another version") for minute in range(2, 20)][-1]
    assert timeline(webhook) == ["registered", "validated"]


def test_two_versions_beside_each_other_are_each_new_once(x: X, webhook: Webhook, now: datetime) -> None:
    runs = [keep(now + n * MINUTE, VERSION if n % 2 else "another version") for n in range(20)]
    assert sum(map(len, runs)) == 1


def test_going_back_to_an_older_version_is_a_deployment(x: X, webhook: Webhook, now: datetime) -> None:
    for minute in range(30):
        keep(now + minute * MINUTE, "another version")
    later = now + 31 * MINUTE
    keep(later)
    assert keep(later + MINUTE)[0].reason is Reason.NEW_VERSION


def test_what_is_deleted_is_left_alone(x: X, webhook: Webhook, now: datetime) -> None:
    Webhook.objects.update(deleted_at=now, valid=False)
    before = puts(x)
    assert not keep(now + 23 * HOUR)
    assert puts(x) == before


def test_what_x_has_no_more_is_found_gone(x: X, webhook: Webhook, now: datetime) -> None:
    x.change("DELETE FROM sandbox_webhook")
    assert not keep(now)
    assert timeline(webhook) == ["registered", "gone"]


@pytest.fixture
def x_away(settings: Settings) -> None:
    settings.X_API_BASE_URL = "http://127.0.0.1:9"


def test_x_away_changes_nothing_and_is_tried_again(
    x: X, webhook: Webhook, now: datetime, x_away: None, settings: Settings
) -> None:
    later = now + 22 * HOUR + MINUTE
    assert keep(later)[0].failure
    webhook.refresh_from_db()
    assert (webhook.valid, webhook.failures, timeline(webhook)) == (True, 0, ["registered"])
    settings.X_API_BASE_URL = x.sandbox.url
    assert not keep(later + MINUTE)
    assert keep(later + 2 * MINUTE)[0].failure == ""


def test_missing_keys_are_said_once(x: X, webhook: Webhook, now: datetime, settings: Settings) -> None:
    settings.X_CONSUMER_KEY = settings.X_CONSUMER_SECRET = ""
    for minute in range(30):
        keep(now + minute * MINUTE)
    assert timeline(webhook) == ["registered", "unasked"]
    settings.X_CONSUMER_KEY, settings.X_CONSUMER_SECRET = "the-consumer-key", "the-consumer-secret"
    keep(now + 40 * MINUTE)
    assert App.objects.get().ask_failure == ""


def test_one_that_x_takes_back_at_once_is_not_asked_for_every_minute(x: X, webhook: Webhook, now: datetime) -> None:
    attempts = 0
    for minute in range(30):
        invalidate(x)
        attempts += len(keep(now + minute * MINUTE))
    assert attempts <= 6


def test_a_person_who_validates_ends_the_waiting(x: X, webhook: Webhook, receiver: Receiver, now: datetime) -> None:
    receiver.secret = "another-secret"
    invalidate(x)
    for minute in range(20):
        keep(now + minute * MINUTE)
    receiver.secret = "the-consumer-secret"
    validate(webhook, by=BY)
    webhook.refresh_from_db()
    assert (webhook.valid, webhook.failures, webhook.finding) == (True, 0, "")


def test_a_webhook_in_trouble_keeps_no_other_waiting(
    app: App, x: X, webhook: Webhook, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Webhook.objects.create(app=app, x_id="404", url="http://127.0.0.1:9/", valid=True, reviewed_at=now)
    invalidate(x)
    set_valid(webhook, False)
    real = validating.have_challenged

    def broken(which: Webhook, *args: object, **options: object) -> None:
        if which == webhook:
            raise ZeroDivisionError
        real(which, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(revalidating, "have_challenged", broken)
    App.objects.update(next_ask_at=now + HOUR)
    with pytest.raises(ZeroDivisionError):
        keep(now)
    other.refresh_from_db()
    assert other.deleted_at, "X does not know it, and was asked"
    webhook.refresh_from_db()
    assert webhook.claimed_until is None


def test_what_a_killed_worker_held_is_due_again_after_its_lease(x: X, webhook: Webhook, now: datetime) -> None:
    invalidate(x)
    Webhook.objects.update(claimed_until=now + 3 * MINUTE)
    assert not keep(now)
    assert keep(now + 3 * MINUTE + timedelta(seconds=1))


def test_an_old_answer_of_x_does_not_undo_a_validation(
    app: App, x: X, webhook: Webhook, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X answers with a list in which it is invalid; before the answer is read, it is validated."""
    invalidate(x)
    real = credentials.api_of

    class Slow:
        def __init__(self, *args: object, **options: object) -> None:
            self.api = real(*args, **options)  # type: ignore[arg-type]

        def webhooks(self) -> object:
            answer = self.api.webhooks()
            validate(webhook, by=BY)
            return answer

    monkeypatch.setattr(asking, "api_of", Slow)
    asking.ask(app)
    webhook.refresh_from_db()
    assert webhook.valid


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_x_once(x: X, webhook: Webhook, now: datetime) -> None:
    invalidate(x)
    set_valid(webhook, False, at=now)
    App.objects.update(next_ask_at=now + HOUR)
    before, start = puts(x), threading.Barrier(2)
    attempts: list[Attempt] = []

    def work() -> None:
        try:
            start.wait(60)
            attempts.extend(keep(now))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(attempts) == 1
    assert puts(x) == before + 1
    assert timeline(webhook) == ["registered", "invalid", "validated", "valid"]


def test_the_wait_is_as_long_as_x_wants_it(
    x: X, webhook: Webhook, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    invalidate(x)
    until = now + 11 * MINUTE
    failure = errors.Failure("limit", "validate a webhook", "", "", "", 429, 88, until)

    def limited(*_: object, **__: object) -> None:
        raise errors.RateLimited(failure)

    monkeypatch.setattr(revalidating, "have_challenged", limited)
    keep(now)
    webhook.refresh_from_db()
    assert (webhook.next_attempt_at, webhook.failures) == (until, 0)


def test_what_a_clock_that_was_ahead_put_off_is_done_all_the_same(x: X, webhook: Webhook, now: datetime) -> None:
    App.objects.update(next_ask_at=now + 24 * HOUR)
    Webhook.objects.update(next_attempt_at=now + 24 * HOUR, claimed_until=now + 24 * HOUR)
    invalidate(x)
    [attempt] = keep(now)
    assert (attempt.reason, attempt.failure) == (Reason.INVALID, "")
