"""The pages about replays: what they say, who may do what, and that they cost a fixed number of queries."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aaa_dashboard.deliveries.models import Gap
from aaa_dashboard.replays import ending, planning
from aaa_dashboard.replays.models import Job, RecoveryPolicy, Replay
from aaa_dashboard.replays.windows import MINUTE, Window, down, newest, oldest
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import Webhook
from tests.sandbox.client import X
from tests.subscriptions.conftest import words

from .conftest import BY, World, gap, job_of
from .test_how_jobs_end import running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What workers are told."""
    sent: list[Any] = []
    monkeypatch.setattr("aaa_dashboard.replays.views.asking.nudge", sent.append)
    return sent


def page(client: Client, path: str, status: int = 200, **options: Any) -> str:
    response = client.get(path, **options)
    assert response.status_code == status, response.content.decode()
    return words(response.content) if "<main" in response.content.decode() else response.content.decode()


def window(hours: float = 3) -> Window:
    now = down(timezone.now())
    return Window(now - timedelta(hours=hours), now - timedelta(hours=1))


def fields(webhook: Webhook, of: Window) -> dict[str, str]:
    return {
        "webhook": str(webhook.pk),
        "begin": f"{of.begin:%Y-%m-%dT%H:%M}",
        "end": f"{of.end:%Y-%m-%dT%H:%M}",
    }


# --- The list


def test_an_empty_list_says_what_a_replay_is_and_when_to_use_one(agent: Client) -> None:
    said = page(agent, "/replays/")
    assert "No replay yet" in said
    assert "events may have been missed" in said


def test_the_list_shows_what_runs_waits_and_has_ended(agent: Client, quiet_webhook: Webhook) -> None:
    running(quiet_webhook, recovered=1234, redelivered=5)
    planning.request(quiet_webhook, window(), by=BY, now=timezone.now())
    done = planning.request(quiet_webhook, window(2), by=BY, now=timezone.now())
    ending.cancel(done, by=BY, now=timezone.now())
    said = page(agent, "/replays/")
    for part in (
        "Running and waiting",
        "X delivers it.",
        "1,234 recovered",
        "X is asked for it within 15 seconds",
        "Ended",
        "It was cancelled.",
    ):
        assert part in said


def test_many_replays_cost_no_more_queries_than_few(agent: Client, quiet_webhook: Webhook) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            agent.get("/replays/")
        return len(captured)

    for number in (1, 2):
        planning.request(quiet_webhook, window(2 + number), by=BY, now=timezone.now())
        gap(quiet_webhook, window().begin - number * MINUTE, window().end)
    few = queries()
    for number in range(3, 40):
        made = planning.request(quiet_webhook, window(2 + number), by=BY, now=timezone.now())
        if number % 2:
            ending.cancel(made, by=BY, now=timezone.now())
    assert queries() == few + 1  # the ended ones have jobs to be read
    assert few <= 16


def test_it_refreshes_itself_only_while_something_is_under_way(agent: Client, quiet_webhook: Webhook) -> None:
    assert "hx-get" not in agent.get("/replays/").content.decode()
    planning.request(quiet_webhook, window(), by=BY, now=timezone.now())
    assert 'hx-trigger="every 5s"' in agent.get("/replays/").content.decode()
    fragment = agent.get("/replays/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="replays"')


def test_gaps_that_wait_for_an_operator_are_named_with_the_way_to_recover_them(
    operator: Client, quiet_webhook: Webhook
) -> None:
    RecoveryPolicy.objects.create(webhook=quiet_webhook, what="ask")
    found = gap(
        quiet_webhook, window().begin + timedelta(seconds=7), window().end + timedelta(seconds=7), missing=60_000
    )
    html = operator.get("/replays/").content.decode()
    assert "1 gap waits for an operator" in words(html.encode())
    assert "about 60,000 events missing" in words(html.encode())
    link = unescape(html).partition('">Recover …')[0].rpartition('href="')[2]
    assert "It closes a gap" in words(operator.get(link).content)
    assert list(Gap.objects.all()) == [found]


# --- The form


def test_it_says_what_will_happen_before_it_does(operator: Client, quiet_webhook: Webhook) -> None:
    gap(quiet_webhook, window().begin + MINUTE, window().end - MINUTE, missing=60_000)
    said = words(operator.get("/replays/new/", fields(quiet_webhook, window(6))).content)
    for part in (
        "X is asked 3 times",
        "About 60,000 deliveries",
        "24 s or more",
        "It closes a gap: no receiver ran",
        "never tried to deliver",
        "cannot be stopped",
    ):
        assert part in said
    assert not Replay.objects.exists()


def test_of_five_days_it_says_how_often_x_is_asked_and_how_long_it_takes_at_least(
    operator: Client, quiet_webhook: Webhook
) -> None:
    now = down(timezone.now())
    said = words(
        operator.get(
            "/replays/new/",
            fields(quiet_webhook, Window(now - timedelta(days=5) + 3 * MINUTE, now - timedelta(minutes=40))),
        ).content
    )
    for part in (
        "X is asked 60 times",
        "one job of a webhook at a time",
        "five requests in 15 minutes",
        "the last one begins in 2 h 45 min or later",
        "at most 2,500 a second",
        "All of it takes 2 h 45 min or more.",
    ):
        assert part in said


def test_what_other_replays_wait_for_comes_first(operator: Client, quiet_webhook: Webhook) -> None:
    planning.request(quiet_webhook, window(25), by=BY, now=timezone.now())
    said = words(operator.get("/replays/new/", fields(quiet_webhook, window(3))).content)
    assert "12 requests of other replays come first." in said
    assert "All of it takes 30 min or more." in said


def test_what_comes_at_x_s_best_rate_takes_longer_than_what_is_asked_for(
    operator: Client, quiet_webhook: Webhook
) -> None:
    gap(quiet_webhook, window(6).begin + MINUTE, window(6).end - MINUTE, missing=12_000_000)
    said = words(operator.get("/replays/new/", fields(quiet_webhook, window(6))).content)
    assert "All of it takes 1 h 20 min or more." in said


def test_all_that_x_has_may_be_read_about_for_some_minutes_before_it_is_asked_for(
    operator: Client, quiet_webhook: Webhook
) -> None:
    now = timezone.now()
    offered = Window(oldest(now - timedelta(minutes=14)), newest(now))
    assert operator.post("/replays/new/", fields(quiet_webhook, offered)).status_code == 302


@pytest.mark.parametrize("missing", ["begin", "end"])
def test_half_a_window_is_no_error_yet(operator: Client, quiet_webhook: Webhook, missing: str) -> None:
    sent = fields(quiet_webhook, window()) | {missing: ""}
    said = page(operator, "/replays/new/", query_params=sent)
    assert "Choose a window" in said
    assert operator.post("/replays/new/", sent).status_code == 422


def test_what_is_too_young_says_when_x_takes_it(operator: Client, quiet_webhook: Webhook) -> None:
    now = down(timezone.now())
    said = words(
        operator.get("/replays/new/", fields(quiet_webhook, Window(now - 20 * MINUTE, now - 5 * MINUTE))).content
    )
    assert "It waits until" in said
    assert "X takes nothing younger" in said


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [(-60, -120, "before it begins"), (-9000, -60, "for 5 days"), (-60, 60, "in the future")],
)
def test_what_x_cannot_take_is_said_and_not_asked_for(
    operator: Client, quiet_webhook: Webhook, nudges: list[Any], begin: int, end: int, reason: str
) -> None:
    now = down(timezone.now())
    sent = fields(quiet_webhook, Window(now + begin * MINUTE, now + end * MINUTE))
    assert reason in words(operator.get("/replays/new/", sent).content)
    response = operator.post("/replays/new/", sent)
    assert response.status_code == 422
    assert reason in words(response.content)
    assert not Replay.objects.exists()
    assert nudges == []


@pytest.mark.parametrize(
    "sent",
    [
        {"begin": "", "end": ""},
        {"begin": "soon", "end": "later"},
        {"begin": "0001-01-01T00:00+14:00", "end": "9999-12-31T23:59-14:00"},
    ],
)
def test_what_is_no_time_is_said(operator: Client, quiet_webhook: Webhook, sent: dict[str, str]) -> None:
    response = operator.post("/replays/new/", {"webhook": quiet_webhook.pk, **sent})
    assert response.status_code == 422


@pytest.mark.parametrize("written", ["{:%Y-%m-%dT%H:%M}", "{:%Y-%m-%dT%H:%M:07.000Z}", "{:%Y-%m-%d %H:%M:59+00:00}"])
def test_a_time_is_a_moment_with_its_zone_or_else_in_utc(
    operator: Client, quiet_webhook: Webhook, written: str
) -> None:
    of = window()
    sent = {"webhook": quiet_webhook.pk, "begin": written.format(of.begin), "end": f"{of.end:%Y-%m-%dT%H:%M}+00:00"}
    operator.post("/replays/new/", sent)
    replay = Replay.objects.get()
    assert (replay.from_date, replay.to_date) == (of.begin, of.end)


def test_seconds_are_rounded_to_the_minutes_around_them(operator: Client, quiet_webhook: Webhook) -> None:
    of = window()
    sent = {"webhook": quiet_webhook.pk, "begin": f"{of.begin:%FT%H:%M:59}", "end": f"{of.end:%FT%H:%M:01}"}
    operator.post("/replays/new/", sent)
    replay = Replay.objects.get()
    assert (replay.from_date, replay.to_date) == (of.begin, of.end + MINUTE)


def test_a_quick_choice_fills_in_both_times(operator: Client, quiet_webhook: Webhook) -> None:
    of = window()
    html = operator.get(
        "/replays/new/",
        {"webhook": str(quiet_webhook.pk), "begin": f"{of.begin:%Y-%m-%dT%H:%MZ}", "end": f"{of.end:%Y-%m-%dT%H:%MZ}"},
    ).content.decode()
    assert f'value="{of.begin:%Y-%m-%dT%H:%M}"' in html
    assert "X is asked once." in words(html.encode())


def test_a_request_is_kept_recorded_and_told_to_a_worker(
    operator: Client, quiet_webhook: Webhook, nudges: list[Any]
) -> None:
    for _ in range(2):  # a double click
        response = operator.post("/replays/new/", fields(quiet_webhook, window()))
    replay = Replay.objects.get()
    assert response["Location"] == f"/replays/{replay.pk}/"
    assert replay.requested_by == "olga"
    assert AuditEntry.objects.get().action == "requested a replay"
    assert nudges


def test_without_a_webhook_the_form_says_what_to_do_first(operator: Client) -> None:
    assert "There is no webhook" in page(operator, "/replays/new/")


# --- One replay


def test_one_that_runs_shows_what_has_come_and_when_it_ends(agent: Client, quiet_webhook: Webhook) -> None:
    job = running(
        quiet_webhook,
        asked_at=timezone.now() - timedelta(seconds=10),
        recovered=100,
        redelivered=150,
        expected=1000,
        is_counted=True,
    )
    said = page(agent, f"/replays/{job.replay_id}/")
    for part in ("Running", "X delivers it.", "100", "150", "1,000", "a second", "from now, as estimated"):
        assert part in said


def test_one_that_waits_between_two_attempts_is_not_said_to_run(agent: Client, quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, state=Job.State.WAITING, not_before=timezone.now() + timedelta(minutes=5))
    Job.objects.update(reason=planning.TOO_YOUNG)
    for address in (f"/replays/{job.replay_id}/", "/replays/"):
        said = page(agent, address)
        assert "Waiting" in said
        assert "Running" not in said.replace("Running and waiting", "")
        assert "X takes nothing younger." in said
    assert "none: requested by hand" in page(agent, f"/replays/{job.replay_id}/")


def test_of_many_parts_it_says_how_many_wait_and_how_long_that_takes_at_least(
    agent: Client, quiet_webhook: Webhook
) -> None:
    replay = planning.request(quiet_webhook, window(25), by=BY, now=timezone.now())
    Job.objects.filter(replay=replay, part=1).update(state=Job.State.RUNNING, asked_at=timezone.now())
    said = page(agent, f"/replays/{replay.pk}/")
    for part in ("X delivers part 1 of 12.", "12 parts, the oldest first; 11 wait", "What waits takes", "30 min"):
        assert part in said


def test_progress_is_told_aloud_only_when_something_changed(agent: Client, quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook)
    at = f"/replays/{job.replay_id}/"
    htmx = {"HX-Request": "true"}
    first = agent.get(at, headers=htmx).content.decode()
    seen = first.partition("?seen=")[2].partition('"')[0]
    assert "hx-swap-oob" not in first
    assert "hx-swap-oob" not in agent.get(at, {"seen": seen}, headers=htmx).content.decode()
    Job.objects.update(state=Job.State.COMPLETE, ended_at=timezone.now())
    ending.settle_all(timezone.now())
    assert (
        '<p id="said" hx-swap-oob="innerHTML">X has delivered all of it once more.</p>'
        in agent.get(at, {"seen": seen}, headers=htmx).content.decode()
    )


def test_it_stops_asking_when_the_numbers_are_final(agent: Client, quiet_webhook: Webhook) -> None:
    job = running(quiet_webhook, is_counted=True)
    Job.objects.update(state=Job.State.COMPLETE, ended_at=timezone.now())
    ending.settle_all(timezone.now())
    assert "hx-get" not in agent.get(f"/replays/{job.replay_id}/").content.decode()


def test_a_refusal_is_shown_with_what_it_means_and_what_to_do(world: World, x: X, operator: Client) -> None:
    replay = world.wish()
    with x.app_is(may_replay=0):
        world.step()
    said = page(operator, f"/replays/{replay.pk}/")
    for part in (
        "X did not take it",
        "403 with code 200",
        "The app is not enabled for replays.",
        "Replay has to be enabled separately.",
        "request it again",
        "Request it again …",
    ):
        assert part in said


def test_what_waits_can_be_cancelled(operator: Client, quiet_webhook: Webhook) -> None:
    replay = planning.request(quiet_webhook, window(), by=BY, now=timezone.now())
    said = words(operator.post(f"/replays/{replay.pk}/cancel/", follow=True).content)
    assert "Cancelled." in said
    assert job_of(replay).state == Job.State.CANCELLED
    said = words(operator.post(f"/replays/{replay.pk}/cancel/", follow=True).content)
    assert "It is over, or somebody has cancelled it already." in said


def test_of_what_runs_x_can_be_asked_for_nothing_more_and_the_page_says_what_still_comes(
    operator: Client, quiet_webhook: Webhook
) -> None:
    job = running(quiet_webhook)
    at = f"/replays/{job.replay_id}/"
    assert "Ask for nothing more" in page(operator, at)
    said = words(operator.post(f"{at}cancel/", follow=True).content)
    for part in ("Stopping", "X is asked for nothing more.", "X cannot be told to stop", "is kept"):
        assert part in said
    assert "Ask for nothing more" not in said
    assert "Running and waiting" in page(operator, "/replays/")
    assert "It is over" in words(operator.post(f"{at}cancel/", follow=True).content)


# --- Who may


def test_agents_look_and_ask_for_nothing(agent: Client, quiet_webhook: Webhook) -> None:
    replay = planning.request(quiet_webhook, window(), by=BY, now=timezone.now())
    assert "Request a replay" not in page(agent, "/replays/")
    assert "Cancel" not in page(agent, f"/replays/{replay.pk}/")
    assert agent.get("/replays/new/").status_code == 403
    assert agent.post("/replays/new/", fields(quiet_webhook, window(4))).status_code == 403
    assert agent.post(f"/replays/{replay.pk}/cancel/").status_code == 403
    assert agent.post(f"/replays/policies/{quiet_webhook.pk}/", {"what": "off"}).status_code == 403


def test_nobody_looks_without_a_sign_in(client: Client, person: Callable[..., User]) -> None:
    for path in ("/replays/", "/replays/1/", "/replays/new/"):
        assert client.get(path).status_code == 302


def test_operators_say_what_becomes_of_gaps(operator: Client, quiet_webhook: Webhook) -> None:
    at = f"/replays/policies/{quiet_webhook.pk}/"
    assert "Saved for" in words(operator.post(at, {"what": "ask"}, follow=True).content)
    assert RecoveryPolicy.objects.get().what == "ask"
    assert "Choose one of the three." in words(operator.post(at, {"what": "sometimes"}, follow=True).content)
    assert RecoveryPolicy.objects.get().what == "ask"


def test_the_rail_leads_here(agent: Client) -> None:
    assert 'href="/replays/" aria-current="page"' in agent.get("/replays/").content.decode()
