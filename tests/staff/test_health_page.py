"""The page Health: everybody looks, operators run a task now, and what is wrong says what to do."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from aaa_dashboard import background
from aaa_dashboard.staff.models import AuditEntry, TaskRun
from aaa_dashboard.staff.schedule import install
from aaa_dashboard.webhooks.models import App

TASK = "deliveries.prune_refusals"
PART = {"HTTP_HX_REQUEST": "true"}


def signed_in(name: str, *permissions: str) -> Client:
    person = User.objects.create_user(name)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def agent(db: None) -> Client:
    return signed_in("sam")


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in("olga", "manage_webhooks")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to the broker."""
    names: list[str] = []
    monkeypatch.setattr(background.Door, "apply_async", lambda self, *_, **__: names.append(self.name))
    return names


def words(client: Client, **headers: str) -> str:
    response = client.get("/health/", **headers)  # type: ignore[arg-type] # headers of the request
    assert response.status_code == 200
    return str(response.content.decode())


def test_nobody_looks_without_a_sign_in(db: None) -> None:
    assert Client().get("/health/").status_code == 302


def test_a_new_installation_says_what_has_to_be_started(agent: Client) -> None:
    page = words(agent)
    for said in ("No receiver has been seen yet", "No worker is there", "No beat is there", "No task yet"):
        assert said in page
    for part in ("receivers", "workers", "beat"):
        assert f'<a href="#{part}">{part}</a>' in page


def test_every_task_of_the_schedule_is_shown(agent: Client, settings: Settings) -> None:
    install(settings.SCHEDULE, timezone.now())
    page = words(agent)
    assert [task for task, _, _ in settings.SCHEDULE if f"<code>{task}</code>" not in page] == []
    assert "<b>Forget old records of traffic" in page


def test_what_is_refreshed_is_a_part_of_the_page(agent: Client) -> None:
    part = words(agent, **PART)
    assert "<nav" not in part
    assert "<h1>Health</h1>" in part
    page = words(agent)
    assert 'hx-trigger="every 5s"' in page


def test_agents_are_offered_nothing_to_press_and_may_not(agent: Client, settings: Settings, sent: list[str]) -> None:
    install(settings.SCHEDULE, timezone.now())
    assert "Run now" not in words(agent)
    assert agent.post(f"/health/run/{TASK}/").status_code == 403
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_an_operator_runs_a_task_and_it_is_recorded(operator: Client, settings: Settings, sent: list[str]) -> None:
    install(settings.SCHEDULE, timezone.now())
    response: Any = operator.post(f"/health/run/{TASK}/", follow=True)
    assert sent == [TASK]
    assert f"{TASK} was sent" in response.content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action) == ("olga", "ran a task by hand")
    assert entry.object_name.startswith(TASK)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_is_said_to_who_runs_a_task(
    operator: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(background.Door, "apply_async", away)
    install(settings.SCHEDULE, timezone.now())
    response = operator.post(f"/health/run/{TASK}/", **PART)  # type: ignore[arg-type] # headers of the request
    assert "could not be sent" in response.content.decode()
    assert "<nav" not in response.content.decode()


@pytest.mark.parametrize("name", ["nobody.knows", "celery.backend_cleanup"])
def test_only_what_is_in_the_schedule_can_be_run(operator: Client, name: str) -> None:
    assert operator.post(f"/health/run/{name}/").status_code == 404
    assert not AuditEntry.objects.exists()


def test_looking_at_a_task_does_not_run_it(operator: Client) -> None:
    assert operator.get(f"/health/run/{TASK}/").status_code == 405


def test_what_a_failure_says_is_text(agent: Client) -> None:
    TaskRun.objects.create(
        task=TASK, outcome="failed", failures_in_a_row=2, error="<script>alert(1)</script>", started_at=timezone.now()
    )
    page = words(agent)
    assert "It failed 2 times in a row. &lt;script&gt;" in page


def test_more_apps_and_tasks_cost_no_more_queries(operator: Client, settings: Settings) -> None:
    install(settings.SCHEDULE, timezone.now())

    def look() -> int:
        with CaptureQueriesContext(connection) as captured:
            words(operator)
        return len(captured)

    App.objects.create(slug="first", name="First")
    few = look()
    for number in range(10):
        App.objects.create(slug=f"app-{number}", name=f"{number}")
        TaskRun.objects.create(task=f"staff.number_{number}")
    assert look() == few
