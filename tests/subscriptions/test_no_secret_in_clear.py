"""What is stored and logged while owners come and go holds no token, secret, verifier or link."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

from aaa_dashboard.subscriptions import consent
from aaa_dashboard.webhooks.models import Webhook
from aaa_dashboard.x_api.results import SignedIn
from tests.sandbox.client import OWNER, X
from tests.sandbox.wire import SECRET
from tests.subscriptions.conftest import Owner

pytestmark = pytest.mark.django_db


def dump() -> str:
    """Everything in the database as it lies there, and sessions as they can be read."""
    found: list[Any] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
            found += cursor.fetchall()
    sessions = [json.dumps(session.get_decoded()) for session in Session.objects.all()]
    return f"{found} {sessions}"


def test_nothing_that_opens_anything_is_in_the_database_or_in_a_log(
    x: X,
    owner: Callable[..., Owner],
    invite: Callable[..., str],
    subscribed: Callable[..., SignedIn],
    webhook: Webhook,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="aaa_dashboard.x_api")
    stays = subscribed("613278910244360193")
    link, one = invite(), owner()
    request = one.go_to_x("/connect/" + link.partition("/connect/")[2], agreed=consent.VERSION)
    under_way = dump()
    back = one.come_back(request)
    one.client.get(back, follow=True)
    connected = dump()
    tokens = _tokens(x)
    one.client.post("/connection/twitter/disconnect/")
    afterwards, log = dump(), caplog.text
    verifier = back.partition("oauth_verifier=")[2]
    secrets = {request, verifier, link.rstrip("/").rpartition("/")[2], OWNER.token, OWNER.secret, SECRET}
    secrets |= {part for token in tokens for part in token} | set(stays.token.secrets())
    assert len(tokens) >= 2
    assert "asked X" in log
    for text in (under_way, connected, afterwards, log):
        assert [secret for secret in secrets if secret in text] == []
    assert apps.get_model("subscriptions", "Subscription")._default_manager.filter(state="active").count() == 1


def _tokens(x: X) -> list[tuple[str, str]]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(x.sandbox.database)) as database:
        return database.execute("SELECT token, secret FROM sandbox_accesstoken").fetchall()
