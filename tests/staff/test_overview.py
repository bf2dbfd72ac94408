"""The overview: is it flowing, since when, and what needs a person?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client

from aaa_dashboard.deliveries.models import Event, Gap, GapSearch, TrafficMinute
from aaa_dashboard.staff.notices.models import Channel, Notice, Severity
from aaa_dashboard.staff.overview import panels
from aaa_dashboard.staff.overview.panels import Line, Panel
from aaa_dashboard.subscriptions.models import Account, Subscription, Usage
from aaa_dashboard.webhooks.models import App, Webhook
from tests.activity.factory import Store
from tests.notices.conftest import MINUTE, traffic

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _no_panel_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_draws", [])


@pytest.fixture
def app() -> App:
    return App.objects.get_or_create(slug="twitter", defaults={"name": "Acme Care"})[0]


@pytest.fixture
def webhook(app: App) -> Webhook:
    return Webhook.objects.create(
        app=app, x_id="1", url="https://acme.example/webhook/twitter", valid=True, valid_since=NOW - timedelta(days=1),
        last_crc_at=NOW - timedelta(hours=1), last_crc_ms=3.4,
    )  # fmt: skip


@pytest.fixture
def subscribed(webhook: Webhook) -> Subscription:
    account = Account.objects.create(x_user_id="7", screen_name="acme")
    return Subscription.objects.create(webhook=webhook, account=account, state="active", state_since=NOW)


def gone(webhook: Webhook, kind: str = "gone") -> None:
    """Somebody deleted it: at X, or here."""
    Webhook.objects.filter(pk=webhook.pk).update(deleted_at=NOW - MINUTE, valid=False)
    Subscription.objects.update(state="missing", state_since=NOW - MINUTE)
    webhook.changes.create(kind=kind, at=NOW - MINUTE)


def signed_in(role: str) -> Client:
    user = User.objects.create_user(role.lower())
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator() -> Client:
    return signed_in("Operator")


def words(page: str) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def look(client: Client, query: str = "") -> str:
    return words(client.get(f"/overview/{query}").content.decode())


def event(at: datetime) -> Event:
    stored: Event = Store()()
    Event.objects.filter(pk=stored.pk).update(received_at=at)
    return stored


def test_events_that_flow_are_counted_over_all_receivers(operator: Client, app: App, webhook: Webhook) -> None:
    for receiver, events in (("one", 100), ("two", 24)):
        traffic(app, NOW - MINUTE, receiver, events=events)
        traffic(app, NOW, receiver)
    event(NOW - timedelta(seconds=2))
    page = operator.get("/overview/").content.decode()
    assert "Events are flowing: 124 in the last full minute, last one" in words(page)
    assert f'datetime="{(NOW - timedelta(seconds=2)).isoformat()}"' in page
    assert 'data-state="flowing"' in page


@pytest.mark.usefixtures("subscribed")
def test_quiet_is_not_broken(operator: Client, app: App) -> None:
    traffic(app, NOW)
    event(NOW - timedelta(hours=2))
    said = look(operator)
    assert "It is quiet, the last event came 1 March 10:00:30 UTC" in said
    assert "A receiver is running and X may deliver" in said


def test_without_a_receiver_it_says_so(operator: Client, app: App, webhook: Webhook) -> None:
    traffic(app, NOW - MINUTE, events=9)
    said = look(operator)
    assert "No receiver is running: what X sends is not taken" in said


def test_when_every_webhook_is_invalid_nothing_can_come(operator: Client, app: App, webhook: Webhook) -> None:
    traffic(app, NOW)
    Webhook.objects.update(valid=False)
    assert "X delivers nothing: the webhook is invalid" in look(operator)


def test_events_through_a_webhook_that_is_not_ours_are_events_all_the_same(operator: Client, app: App) -> None:
    traffic(app, NOW, events=3)
    event(NOW)
    said = look(operator)
    assert "Events are flowing: 3 in this minute" in said
    assert "X has not been asked yet" in said
    App.objects.update(asked_at=NOW, strangers=[{"id": "9", "url": "https://acme.example/old", "valid": True}])
    said = look(operator)
    assert "Events are flowing: 3 in this minute" in said
    assert "Adopt it" in said


@pytest.mark.usefixtures("subscribed")
def test_a_webhook_that_is_gone_from_x_is_no_flow_though_events_came_just_before(
    operator: Client, app: App, webhook: Webhook
) -> None:
    App.objects.update(asked_at=NOW)
    traffic(app, NOW - MINUTE, events=100)
    traffic(app, NOW, events=9)
    event(NOW)
    gone(webhook)
    page = operator.get("/overview/").content.decode()
    assert "X delivers nothing: the webhook is gone from X, last one" in words(page)
    assert 'data-state="stopped"' in page
    for wrong in ("Adopt it", "What to do first", "Nothing can come yet"):
        assert wrong not in words(page)


@pytest.mark.usefixtures("subscribed")
def test_a_webhook_that_was_deleted_from_here_is_not_said_to_be_gone(
    operator: Client, app: App, webhook: Webhook
) -> None:
    App.objects.update(asked_at=NOW)
    traffic(app, NOW, events=9)
    gone(webhook, "deleted")
    assert "X delivers nothing: the webhook was deleted" in look(operator)


@pytest.mark.usefixtures("subscribed")
def test_a_webhook_without_its_accounts_is_not_called_quiet(operator: Client, app: App, webhook: Webhook) -> None:
    traffic(app, NOW)
    gone(webhook)
    Webhook.objects.create(app=app, x_id="2", url=webhook.url, valid=True)
    said = look(operator)
    assert "X delivers nothing: no account is subscribed" in said
    assert "It is quiet" not in said


def test_before_the_first_account_nothing_can_come_yet(operator: Client, app: App, webhook: Webhook) -> None:
    traffic(app, NOW)
    assert "Nothing can come yet: no account is subscribed" in look(operator)


def test_since_when_there_was_no_gap(operator: Client, app: App, webhook: Webhook) -> None:
    traffic(app, NOW, events=1)
    event(NOW)
    said = look(operator)
    assert "Gaps have not been looked for yet" in said
    assert "No gap since" not in said
    GapSearch.objects.create(webhook=webhook, looked_until=NOW)
    assert "No gap since 1 March 2026 12:00 UTC" in look(operator)
    gap = Gap.objects.create(
        webhook=webhook, cause="no receiver", began_at=NOW - timedelta(hours=3), ended_at=NOW - timedelta(hours=2),
        state="found", state_since=NOW,
    )  # fmt: skip
    said = look(operator)
    assert "No gap since 1 March 2026 10:00 UTC" in said
    assert "To be recovered No receiver ran from 1 March 09:00 UTC" in said
    Gap.objects.filter(pk=gap.pk).update(ended_at=None, state="open")
    assert "A gap has been going on since 1 March 09:00 UTC" in look(operator)


def test_a_gap_that_goes_on_is_said_though_a_later_one_is_over(operator: Client, app: App, webhook: Webhook) -> None:
    other = Webhook.objects.create(app=app, x_id="2", url="https://two.example/webhook/twitter", valid=True)
    for hook, hours, lasted, state in (
        (webhook, 6, None, "open"), (other, 3, 1, "recovered"), (other, 5, 4, "recovered"), (webhook, 2, 1, "lost"),
    ):  # fmt: skip
        began_at = NOW - timedelta(hours=hours)
        ended_at = began_at + timedelta(hours=lasted) if lasted else None
        Gap.objects.create(
            webhook=hook, cause="invalid", began_at=began_at, ended_at=ended_at, state=state, state_since=NOW
        )
    assert "A gap has been going on since 1 March 06:00 UTC" in look(operator)
    Gap.objects.filter(ended_at=None).update(state="dismissed")
    assert "No gap since 1 March 2026 11:00 UTC" in look(operator)


def test_beside_a_gap_that_is_lost_it_is_not_said_that_nothing_is_missing(operator: Client, webhook: Webhook) -> None:
    Gap.objects.create(
        webhook=webhook, cause="invalid", state="lost", began_at=NOW - timedelta(hours=2), missing=629,
        ended_at=NOW - timedelta(hours=1), state_since=NOW,
    )  # fmt: skip
    page = look(operator)
    assert "No gap is open." in page
    assert "nothing is known to be missing" not in page


def test_a_fresh_installation_is_led_through_its_first_steps(operator: Client) -> None:
    done = re.compile(r'<li data-done="(yes|no)"')

    def ticks() -> list[str]:
        return done.findall(operator.get("/overview/").content.decode())

    assert ticks() == ["no"] * 4
    app = App.objects.create(slug="twitter", name="Acme Care")
    webhook = Webhook.objects.create(app=app, x_id="1", url="https://acme.example/webhook/twitter")
    assert ticks() == ["yes", "no", "no", "no"]
    Webhook.objects.update(valid=True)
    account = Account.objects.create(x_user_id="1", screen_name="acme")
    Subscription.objects.create(webhook=webhook, account=account, state="active")
    assert ticks() == ["yes", "yes", "yes", "no"]
    event(NOW)
    assert ticks() == [], "it needs no leading any more"


def test_administrators_are_asked_who_is_told(app: App) -> None:
    ada = signed_in("Administrator")
    assert "Say who is told of trouble" in look(ada)
    assert "say where to send it" in look(ada)
    Channel.objects.create(kind="webhook", name="Duty", address="https://chat.example/1")
    assert "When something does, people are told." in look(ada)


def test_what_needs_a_person_has_cause_remedy_and_one_button(operator: Client, webhook: Webhook) -> None:
    Webhook.objects.update(valid=False)
    notice = Notice.objects.create(
        kind="webhook-invalid", subject=f"webhook:{webhook.pk}", severity=Severity.URGENT, title="It is invalid",
        text="X delivers nothing.", remedy="Have X ask again.", url=f"/webhooks/{webhook.pk}/", action="Validate now",
        posts=f"/webhooks/{webhook.pk}/validate/", raised_at=NOW,
    )  # fmt: skip
    page = operator.get("/overview/").content.decode()
    for said in ("Look now", "It is invalid", "X delivers nothing.", "Have X ask again.", "I am on it"):
        assert said in words(page)
    assert f'<form method="post" action="{notice.posts}">' in page
    agent = signed_in("Agent").get("/overview/").content.decode()
    assert "Have X ask again." in agent
    assert notice.posts not in agent


def test_what_is_over_is_left_out_before_the_next_look(operator: Client, app: App, webhook: Webhook) -> None:
    Webhook.objects.update(valid=False)
    for kind, subject in (("webhook-invalid", f"webhook:{webhook.pk}"), ("receiver-silent", "receivers")):
        Notice.objects.create(
            kind=kind, subject=subject, severity=Severity.URGENT, title=f"Told: {kind}", text="So it is.",
            remedy="Wait.", url="/", action="See", raised_at=NOW,
        )  # fmt: skip
    traffic(app, NOW - 10 * MINUTE)
    page = look(operator)
    assert "Told: webhook-invalid" in page
    assert "Told: receiver-silent" in page
    traffic(app, NOW)
    Webhook.objects.update(valid=True)
    page = look(operator)
    assert "Told:" not in page
    assert "Nothing" in page


def test_each_webhook_with_its_challenge_and_its_accounts(operator: Client, app: App, webhook: Webhook) -> None:
    account = Account.objects.create(x_user_id="1")
    Subscription.objects.create(webhook=webhook, account=account, state="active")
    gone = Account.objects.create(x_user_id="2")
    Subscription.objects.create(webhook=webhook, account=gone, state="revoked")
    Usage.objects.create(app=app, used=1, provisioned=50, read_at=NOW)
    said = look(operator)
    assert "Valid https://acme.example/webhook/twitter valid since 28 February 12:00 UTC" in said
    assert "answered in 3.4 ms 1 account" in said
    assert "1 of 50 subscriptions of the contract are used, by X’s word 1 March 12:00 UTC" in said


def test_the_chart_draws_what_the_table_says(operator: Client, app: App) -> None:
    for ago in range(1, 60):
        if ago in {20, 21}:
            continue
        traffic(app, NOW - ago * MINUTE, events=1_200, duplicates=300 if ago == 5 else 0, deliveries=1_000)
    page = operator.get("/overview/?hours=1").content.decode()
    kinds = re.findall(r'<rect class="bar" data-kind="(\w+)"', page)
    assert (kinds.count("new"), kinds.count("again"), kinds.count("missing")) == (57, 1, 2)
    assert "1,500 a minute" in words(page)
    assert "11:40 UTC: no receiver for 1 min" in words(page)
    assert "68,400 in all" in page
    rows = re.findall(r"<tr><td>.*?</tr>", page)
    assert len(rows) == 12
    assert sum(int(re.findall(r"<td>([\d,]+)</td>", row)[0].replace(",", "")) for row in rows) == 68_400


def test_a_bar_that_lacks_a_minute_shows_what_came_in_the_others(operator: Client, app: App) -> None:
    for ago in range(10, 40):
        if ago != 20:
            traffic(app, NOW - ago * MINUTE, events=60)
    page = operator.get("/overview/?hours=24").content.decode()
    both = re.findall(r'data-kind="(?:missing|new)" x="([\d.]+)"', page)
    assert len(both) > len(set(both)), "hatched, and a bar upon it"


def test_before_the_first_receiver_nobody_is_missing(operator: Client, app: App) -> None:
    traffic(app, NOW - 3 * MINUTE, events=1)
    assert 'data-kind="missing"' in operator.get("/overview/?hours=1").content.decode()
    TrafficMinute.objects.all().delete()
    traffic(app, NOW, events=1)
    assert 'class="bar" data-kind="missing"' not in operator.get("/overview/?hours=1").content.decode()


@pytest.mark.parametrize("query", ["", "?hours=6", "?hours=24", "?hours=99", "?hours=x"])
def test_any_span_can_be_asked_for(operator: Client, app: App, query: str) -> None:
    traffic(app, NOW, events=1)
    assert operator.get(f"/overview/{query}").status_code == 200


def test_the_queries_do_not_grow_and_nothing_is_counted(
    operator: Client, app: App, webhook: Webhook, django_assert_max_num_queries: Any
) -> None:
    for n in range(10):
        other = App.objects.create(slug=f"app-{n}", name=f"App {n}")
        Webhook.objects.create(app=other, x_id=str(n), url=f"https://acme.example/{n}", valid=True)
        traffic(other, NOW, events=n)
    event(NOW)
    with django_assert_max_num_queries(18) as captured:
        operator.get("/overview/?hours=24")
    for query in captured.captured_queries:
        assert not ("deliveries_event" in query["sql"] and "COUNT(" in query["sql"].upper())


def test_a_part_for_htmx_is_a_part(operator: Client, app: App) -> None:
    response = operator.get("/overview/", headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "<h1>Overview</h1>" in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_what_is_above_adds_a_panel(operator: Client) -> None:
    panels.register(lambda _now: Panel("Replays", "/live/", (Line("Replay 4 runs", "/live/", "Running"),)))
    panels.register(lambda _now: None)
    assert "Replays All Running Replay 4 runs" in look(operator)


@pytest.mark.parametrize(
    ("role", "page"), [("Agent", "/live/"), ("Operator", "/overview/"), ("Administrator", "/overview/")]
)
def test_people_land_where_their_work_is(role: str, page: str) -> None:
    client = signed_in(role)
    assert client.get("/")["Location"] == page
    user = User.objects.get(username=role.lower())
    user.set_password("correct horse battery")
    user.save()
    answer = Client().post("/sign-in/", {"username": role.lower(), "password": "correct horse battery"})
    assert answer["Location"] == page
