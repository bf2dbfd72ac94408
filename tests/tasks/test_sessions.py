"""Sessions that are over leave the database; the others stay."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone

from aaa_dashboard.staff import tasks


@pytest.mark.django_db
def test_only_expired_sessions_are_cleared() -> None:
    now = timezone.now()
    Session.objects.create(session_key="over", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="open", session_data="", expire_date=now + timedelta(hours=1))
    tasks.clear_expired_sessions()
    assert [session.session_key for session in Session.objects.all()] == ["open"]


@pytest.mark.django_db
def test_who_signed_in_from_where_is_forgotten_after_half_a_year() -> None:
    for model, more in ((AccessLog, {}), (AccessAttempt, {"failures_since_start": 1}), (AccessFailureLog, {})):
        for days, name in ((181, "long ago"), (179, "lately")):
            row = model.objects.create(username=name, ip_address="192.0.2.1", user_agent=name, **more)
            model.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - timedelta(days=days))
    tasks.clear_expired_sessions()
    for model in (AccessLog, AccessAttempt, AccessFailureLog):
        assert [row.username for row in model.objects.all()] == ["lately"]
