"""Pages about gaps: what was missed and why, what came around it, and operators who dismiss."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from aaa_dashboard.deliveries import gaps
from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.staff.gaps.drawing import MOST_BARS, draw
from aaa_dashboard.staff.gaps.shown import MOST_CURRENT, PAGE, shown
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import Webhook
from tests.recovery.history import HOUR, MINUTE, NOON, SECOND, History, make_gap

pytestmark = pytest.mark.django_db

State = Gap.State


def sign_in(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def agent(db: None) -> Client:
    return sign_in("sam")


@pytest.fixture
def operator(db: None) -> Client:
    return sign_in("olga", "manage_webhooks")


def words(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_nobody_looks_without_a_sign_in(client: Client, history: History) -> None:
    gap = make_gap(history.webhook)
    for address in ("/gaps/", f"/gaps/{gap.pk}/", f"/gaps/{gap.pk}/dismiss/"):
        assert client.get(address)["Location"].startswith("/sign-in/")


def test_without_gaps_it_says_since_when_nothing_was_missed(history: History, agent: Client) -> None:
    assert "No receiver has run yet" in words(agent, "/gaps/")
    history.receive(NOON - HOUR, NOON)
    assert "Not looked for yet" in words(agent, "/gaps/")
    gaps.find(NOON)
    page = words(agent, "/gaps/")
    assert "No gap" in page
    assert "2 March 2026 11:00 UTC" in page


def test_a_gap_stands_with_its_cause_length_number_and_state(history: History, agent: Client) -> None:
    Gap.objects.filter(pk=make_gap(history.webhook, minutes=80).pk).update(missing=1234, detail="Because.")
    page = words(agent, "/gaps/")
    for what in ("No receiver ran", "1 h 20 min", "about 1,234", "To be recovered", "Because.", history.webhook.url):
        assert what in page
    assert "2 Mar 2026 12:00:00 – 2 Mar 13:20:00 UTC" in page


def test_what_is_not_over_comes_first_and_the_latest_of_the_past_next(history: History, agent: Client) -> None:
    past = [make_gap(history.webhook, State.RECOVERED, began_at=NOON + number * HOUR) for number in range(3)]
    going_on = make_gap(history.webhook, State.OPEN, began_at=NOON - HOUR)
    page = words(agent, "/gaps/")
    places = [page.index(f"/gaps/{gap.pk}/") for gap in (going_on, *reversed(past))]
    assert places == sorted(places)


def test_older_ones_are_a_page_away(history: History, agent: Client) -> None:
    made = [make_gap(history.webhook, State.LOST, began_at=NOON + number * HOUR) for number in range(PAGE + 2)]
    first = words(agent, "/gaps/")
    assert f"?before={made[2].pk}" in first
    assert f"/gaps/{made[1].pk}/" not in first
    second = words(agent, f"/gaps/?before={made[2].pk}")
    assert f"/gaps/{made[1].pk}/" in second
    assert "Older gaps" not in second
    assert "No older gap" in words(agent, f"/gaps/?before={made[0].pk}")


def test_of_very_many_that_are_not_settled_the_oldest_are_shown(history: History, agent: Client) -> None:
    for number in range(MOST_CURRENT + 1):
        youngest = make_gap(history.webhook, began_at=NOON + number * HOUR)
    page = words(agent, "/gaps/")
    assert page.count('<li class="gap">') == MOST_CURRENT
    assert f"/gaps/{youngest.pk}/" not in page
    assert "There are more, younger ones" in page
    youngest.delete()
    assert "There are more" not in words(agent, "/gaps/")


@pytest.mark.parametrize("before", ["-1", "x", "²", "9" * 40, ""])
def test_a_page_that_does_not_exist_is_the_first(history: History, agent: Client, before: str) -> None:
    gap = make_gap(history.webhook)
    assert f"/gaps/{gap.pk}/" in words(agent, f"/gaps/?before={before}")


def test_many_gaps_cost_no_more_queries_than_one(
    history: History, agent: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_gap(history.webhook)
    agent.get("/gaps/")
    with django_assert_num_queries(8):  # session, person, two of permissions, current, past, receivers, looked
        agent.get("/gaps/")
    for number in range(1, 30):
        make_gap(history.webhook, State.values[number % 6], began_at=NOON + number * HOUR)
    with django_assert_num_queries(8):
        agent.get("/gaps/")


@time_machine.travel(NOON + 2 * HOUR)
@pytest.mark.parametrize(
    ("state", "recovered", "dismissed"),
    [
        (State.OPEN, False, True),
        (State.FOUND, True, True),
        (State.RECOVERING, False, False),
        (State.RECOVERED, False, False),
        (State.LOST, True, True),
        (State.DISMISSED, False, False),
    ],
)
def test_operators_are_offered_what_can_be_done(
    history: History, operator: Client, agent: Client, state: str, recovered: bool, dismissed: bool
) -> None:
    gap = make_gap(history.webhook, state)
    for address in ("/gaps/", f"/gaps/{gap.pk}/"):
        page = words(operator, address)
        assert ("Recover …" in page) is recovered
        assert ("Dismiss …" in page) is dismissed
        assert " …</a>" not in words(agent, address)


def test_recovering_begins_at_the_form_with_the_whole_gap_in_it(history: History, operator: Client) -> None:
    gap = make_gap(history.webhook, began_at=NOON + 30 * SECOND)
    url = shown(gap, NOON + HOUR).recover_url
    assert url == (
        f"/replays/new/?webhook={history.webhook.pk}&begin=2026-03-02T12%3A00Z&end=2026-03-02T12%3A21Z&gap={gap.pk}"
    )
    with time_machine.travel(NOON + 2 * HOUR):
        assert operator.get(url).status_code == 200


def test_only_what_x_still_has_of_a_gap_is_offered(history: History) -> None:
    gap = make_gap(history.webhook, minutes=8 * 24 * 60)
    assert "begin=2026-03-06T12%3A02Z&end=2026-03-10T12%3A01Z" in shown(gap, NOON + timedelta(days=9)).recover_url
    assert shown(gap, NOON + timedelta(days=14)).recover_url == ""


def test_a_webhook_that_is_gone_is_not_asked_for(history: History, operator: Client) -> None:
    gap = make_gap(history.webhook, State.LOST)
    Webhook.objects.update(deleted_at=NOON)
    assert "Recover …" not in words(operator, f"/gaps/{gap.pk}/")


def test_dismissing_says_what_it_means_and_is_written_down(history: History, operator: Client) -> None:
    gap = make_gap(history.webhook)
    assert "X is not asked to send again" in words(operator, f"/gaps/{gap.pk}/dismiss/")
    assert Gap.objects.get().state == State.FOUND
    page = operator.post(f"/gaps/{gap.pk}/dismiss/", follow=True).content.decode()
    assert "Nothing will be asked of X for it." in page
    assert Gap.objects.get().state == State.DISMISSED
    assert AuditEntry.objects.get().by == "olga"


def test_dismissing_too_late_says_so_and_changes_nothing(history: History, operator: Client) -> None:
    gap = make_gap(history.webhook, State.RECOVERING)
    assert "There is nothing to dismiss: being recovered." in words(operator, f"/gaps/{gap.pk}/dismiss/")
    page = operator.post(f"/gaps/{gap.pk}/dismiss/", follow=True).content.decode()
    assert "Too late to dismiss it: being recovered." in page
    assert Gap.objects.get().state == State.RECOVERING


def test_an_agent_does_not_dismiss(history: History, agent: Client) -> None:
    gap = make_gap(history.webhook)
    assert agent.post(f"/gaps/{gap.pk}/dismiss/").status_code == 403
    assert Gap.objects.get().state == State.FOUND


def test_a_gap_that_is_not_there_is_not_found(agent: Client, history: History) -> None:
    assert agent.get("/gaps/99/").status_code == 404


def test_one_gap_is_drawn_among_what_came_around_it(
    history: History, agent: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    history.receive(NOON - 15 * MINUTE, NOON, each_minute=7)
    history.receive(NOON + 20 * MINUTE, NOON + HOUR, each_minute=3, receiver="two")
    gap = make_gap(history.webhook)
    with django_assert_num_queries(1):
        drawing = draw(gap, NOON + HOUR)
    inside = [bar for bar in drawing.bars if NOON <= bar.begin < NOON + 20 * MINUTE]
    assert {(bar.deliveries, bar.height, bar.receivers) for bar in inside} == {(0, 0, "none")}
    assert drawing.most == 7
    assert {bar.height for bar in drawing.bars if bar.begin < NOON} == {drawing.height}
    assert drawing.gap_x == inside[0].x
    page = words(agent, f"/gaps/{gap.pk}/")
    assert page.count('class="bar"') == 15 + 15
    assert "<td>none</td>" in page


@pytest.mark.parametrize("length", [SECOND, 20 * MINUTE, 5 * HOUR, timedelta(days=4), timedelta(days=200)])
def test_whatever_its_length_the_drawing_has_few_bars_and_the_gap_in_it(history: History, length: timedelta) -> None:
    gap = make_gap(history.webhook, State.OPEN)
    drawing = draw(gap, NOON + length)
    assert 1 <= len(drawing.bars) <= MOST_BARS + 1
    assert 0 <= drawing.gap_x <= drawing.gap_x + drawing.gap_width <= drawing.width + 1


def test_one_that_goes_on_says_so(history: History, agent: Client) -> None:
    gap = make_gap(history.webhook, State.OPEN)
    assert "it goes on" in words(agent, f"/gaps/{gap.pk}/")
