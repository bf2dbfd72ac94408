"""Sessions that are over leave the database; the others stay."""

from datetime import timedelta

import pytest
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
