"""Beat's rows follow the settings, and what an administrator changed stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from aaa_dashboard.staff.models import ScheduledTask
from aaa_dashboard.staff.schedule import install

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ONE = ("webhooks.keep_valid", 60.0, "urgent")
OTHER = ("deliveries.expire", 3600.0, "long")


def row(task: str = ONE[0]) -> PeriodicTask:
    return PeriodicTask.objects.get(name=task)


def seconds(task: str = ONE[0]) -> float:
    return float(row(task).interval.schedule.run_every.total_seconds())


def every(number: int, period: str) -> IntervalSchedule:
    return IntervalSchedule.objects.get_or_create(every=number, period=period)[0]


def test_every_task_of_the_settings_gets_a_row() -> None:
    install(settings.SCHEDULE, NOW)
    rows = {
        (row.task, row.interval.schedule.run_every.total_seconds(), row.queue) for row in PeriodicTask.objects.all()
    }
    assert rows == set(settings.SCHEDULE)


def test_a_new_task_is_due_at_once() -> None:
    install([ONE], NOW)
    assert row().last_run_at == NOW - timedelta(seconds=60)


def test_installing_twice_changes_nothing() -> None:
    install([ONE, OTHER], NOW)
    before = list(PeriodicTask.objects.order_by("name").values())
    install([ONE, OTHER], NOW + timedelta(hours=1))
    assert list(PeriodicTask.objects.order_by("name").values()) == before


def test_intervals_are_kept_in_the_unit_that_people_would_choose() -> None:
    install([ONE, OTHER, ("replays.advance", 15.0, "normal")], NOW)
    assert {str(one.interval) for one in PeriodicTask.objects.all()} == {
        "every minute",
        "every hour",
        "every 15 seconds",
    }


def test_what_an_administrator_changed_stays() -> None:
    install([ONE], NOW)
    PeriodicTask.objects.filter(name=ONE[0]).update(
        interval=every(5, IntervalSchedule.MINUTES), enabled=False, queue="long"
    )
    install([ONE], NOW)
    assert (seconds(), row().enabled, row().queue) == (300, False, "long")


def test_what_an_administrator_changed_stays_when_a_new_version_has_another_default() -> None:
    install([ONE], NOW)
    PeriodicTask.objects.filter(name=ONE[0]).update(interval=every(5, IntervalSchedule.MINUTES))
    install([(ONE[0], 120.0, "normal")], NOW)
    assert (seconds(), row().queue) == (300, "normal")


def test_what_nobody_changed_follows_a_new_version() -> None:
    install([ONE], NOW)
    install([(ONE[0], 120.0, "normal")], NOW)
    assert (seconds(), row().queue) == (120, "normal")


def test_a_task_that_an_administrator_put_on_a_calendar_stays_there() -> None:
    install([ONE], NOW)
    nightly = CrontabSchedule.objects.create(minute="0", hour="3")
    PeriodicTask.objects.filter(name=ONE[0]).update(interval=None, crontab=nightly)
    install([(ONE[0], 120.0, "urgent")], NOW)
    assert (row().interval, row().crontab) == (None, nightly)


def test_a_task_that_a_new_version_has_no_more_goes() -> None:
    install([ONE, OTHER], NOW)
    install([OTHER], NOW)
    assert [row.name for row in PeriodicTask.objects.all()] == [OTHER[0]]
    assert [row.task for row in ScheduledTask.objects.all()] == [OTHER[0]]


def test_what_an_administrator_added_stays() -> None:
    PeriodicTask.objects.create(name="nightly", task="deliveries.expire", interval=every(1, IntervalSchedule.DAYS))
    install([ONE], NOW)
    install([], NOW)
    assert [row.name for row in PeriodicTask.objects.all()] == ["nightly"]


def test_a_row_that_was_deleted_comes_back() -> None:
    install([ONE], NOW)
    row().delete()
    install([ONE], NOW)
    assert seconds() == 60


def test_rows_of_an_earlier_version_are_taken_over() -> None:
    PeriodicTask.objects.create(
        name=ONE[0], task=ONE[0], interval=every(900, IntervalSchedule.SECONDS), enabled=False, expire_seconds=900
    )
    PeriodicTask.objects.create(name="celery.backend_cleanup", task="celery.backend_cleanup", crontab_id=None,
                                interval=every(1, IntervalSchedule.DAYS))  # fmt: skip
    install([ONE], NOW)
    assert (seconds(), row().enabled, row().expire_seconds) == (60, False, None)
    assert PeriodicTask.objects.count() == 1


def test_administrators_find_the_rows_among_the_data() -> None:
    install([ONE], NOW)
    person = User.objects.create_user("root", is_staff=True)
    person.groups.add(Group.objects.get(name="Administrator"))
    client = Client()
    client.force_login(person)
    page = client.get(f"/admin/django_celery_beat/periodictask/{row().pk}/change/")
    assert page.status_code == 200
    assert "_save" in page.content.decode()
