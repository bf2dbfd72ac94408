"""The timeline of a webhook: hours of good challenges are one line, and everything else stays in sight."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from aaa_dashboard.webhooks import folding
from aaa_dashboard.webhooks.folding import Run, folded
from aaa_dashboard.webhooks.models import App, Webhook, WebhookChange

pytestmark = pytest.mark.django_db

Kind = WebhookChange.Kind
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def hook(app: App) -> Webhook:
    return Webhook.objects.create(app=app, x_id="1", url=app.receive_url, valid=True)


def challenged(hook: Webhook, *ms: float, since: datetime = NOON) -> None:
    """Have the receiver answer a challenge every hour, in so many milliseconds."""
    WebhookChange.objects.bulk_create(
        WebhookChange(webhook=hook, kind=Kind.CHALLENGED, at=since + at * HOUR, answer_ms=each)
        for at, each in enumerate(ms)
    )


def change(hook: Webhook, kind: Kind, at: datetime) -> None:
    hook.changes.create(kind=kind, at=at)


def lines(hook: Webhook) -> list[object]:
    """What the page has, newest first: a run by its number, everything else by its kind."""
    return [line.number if isinstance(line, Run) else line.kind for line in folded(hook).lines]


def test_good_challenges_in_a_row_are_one_line_with_their_number_time_and_slowest_answer(hook: Webhook) -> None:
    challenged(hook, 3.0, 41.5, 2.0)
    assert folded(hook).lines == [Run(3, NOON, NOON + 2 * HOUR, 41.5)]


def test_what_happened_between_them_stands_between_them(hook: Webhook) -> None:
    challenged(hook, 3, 3)
    change(hook, Kind.INVALID, NOON + 1.5 * HOUR)
    change(hook, Kind.VALID, NOON + 1.6 * HOUR)
    challenged(hook, 3, 3, 3, since=NOON + 2 * HOUR)
    assert lines(hook) == [3, "valid", "invalid", 2]


@pytest.mark.parametrize("ms", [1000.1, 3400.0, None])
def test_one_that_was_slow_or_of_an_unknown_time_is_never_folded(hook: Webhook, ms: float | None) -> None:
    challenged(hook, 3, 3)
    hook.changes.create(kind=Kind.CHALLENGED, at=NOON + 2 * HOUR, answer_ms=ms)
    challenged(hook, 3, 3, since=NOON + 3 * HOUR)
    assert lines(hook) == [2, "challenged", 2]


def test_a_single_one_is_a_line_as_before(hook: Webhook) -> None:
    challenged(hook, 3)
    assert lines(hook) == ["challenged"]


def test_years_of_challenges_hide_nothing_and_cost_two_queries(
    hook: Webhook, django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MOST_CHALLENGES", 20)
    change(hook, Kind.REGISTERED, NOON - HOUR)
    challenged(hook, *[3.0] * 50)
    change(hook, Kind.VALIDATED, NOON + 40.5 * HOUR)
    with django_assert_num_queries(2):
        found = folded(hook)
    assert lines(hook) == [9, "validated", 11, "registered"]
    assert found.began_at == NOON + 30 * HOUR


def test_when_other_lines_are_too_many_challenges_end_where_they_do(
    hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MOST_LINES", 2)
    challenged(hook, *[3.0] * 9)
    for at in (1.5, 3.5, 5.5):
        change(hook, Kind.VALIDATED, NOON + at * HOUR)
    assert lines(hook) == [3, "validated", 2, "validated"]


def test_the_page_says_it_in_words(hook: Webhook, agent: Client) -> None:
    challenged(hook, 3.0, 41.5, 1830.2)
    text = " ".join(strip_tags(agent.get(f"/webhooks/{hook.pk}/").content.decode()).split())
    assert "Challenge answered · 1830.2 ms, slow: X waits 3 s" in text
    assert "2 challenges answered · slowest in 41.5 ms" in text
    assert "21 November 2026 12:00:00 UTC to 21 November 2026 13:00:00 UTC" in text
