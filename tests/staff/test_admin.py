"""Data: every model can be looked at; what programs wrote cannot be changed, and no secret comes out."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aaa_dashboard.deliveries.models import Event, Unsplit
from aaa_dashboard.staff.admin_bases import NewestPaginator
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import App
from tests.activity.factory import Store, message, post

# Django's admin takes no model whose key is two columns: an index of ids, which says nothing to people anyway.
OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("aaa_dashboard.") and len(model._meta.pk_fields) == 1
]
READ_ONLY = [
    "deliveries.event",
    "deliveries.unsplit",
    "deliveries.refusal",
    "deliveries.trafficminute",
    "deliveries.handedover",
    "deliveries.takedown",
    "deliveries.tombstone",
    "staff.auditentry",
    "staff.taskrun",
    "staff.backgroundprocess",
    "staff.scheduledtask",
    "staff.notice",
    "staff.channel",
    "staff.message",
]


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    """May view all data, and not read direct messages."""
    person = User.objects.create_user("clerk", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def store(db: None) -> Store:
    return Store()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_every_model_has_a_list_that_opens(administrator: Client, model: Any) -> None:
    assert model in admin.site._registry
    assert administrator.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200


@pytest.mark.parametrize("label", READ_ONLY)
def test_what_programs_wrote_cannot_be_changed(administrator: Client, label: str) -> None:
    of_model = f"/admin/{label.replace('.', '/')}"
    assert administrator.get(f"{of_model}/add/").status_code == 403


def test_an_event_can_be_neither_changed_nor_deleted(administrator: Client, store: Store) -> None:
    event = store()
    one = f"/admin/deliveries/event/{event.pk}"
    page = administrator.get(f"{one}/change/").content.decode()
    assert "_save" not in page
    assert "tweet_create_events" in page
    assert administrator.post(f"{one}/change/", {"kind": "x"}).status_code == 403
    assert administrator.post(f"{one}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_of_events_counts_nothing_and_reads_no_payload(administrator: Client, store: Store) -> None:
    store.many(60)
    with CaptureQueriesContext(connection) as captured:
        response = administrator.get("/admin/deliveries/event/?p=2")
    assert response.status_code == 200
    for query in captured.captured_queries:
        assert not ("deliveries_event" in query["sql"] and "COUNT(" in query["sql"].upper())
        assert '"payload"' not in query["sql"]


def test_the_paginator_stops_at_its_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NewestPaginator, "MOST", 5)
    store.many(7)
    assert NewestPaginator(Event.objects.order_by("-pk"), 2).num_pages == 3


def test_a_direct_message_is_not_shown_here_to_anybody(administrator: Client, clerk: Client, store: Store) -> None:
    event = store(message("4000 1234"))
    for client in (administrator, clerk):
        page = client.get(f"/admin/deliveries/event/{event.pk}/change/").content.decode()
        assert "4000 1234" not in page
        assert f"/events/{event.pk}/" in page
    other = store(post("open to all"))
    assert "open to all" in clerk.get(f"/admin/deliveries/event/{other.pk}/change/").content.decode()


def test_an_unsplit_body_needs_the_permission_and_reading_it_is_recorded(
    administrator: Client, clerk: Client, store: Store
) -> None:
    unsplit = Unsplit.objects.create(
        app=store.app, digest="0" * 64, received_at=timezone.now(), reason="not JSON", body=b"4000 1234"
    )
    address = f"/admin/deliveries/unsplit/{unsplit.pk}/change/"
    assert "4000 1234" not in clerk.get(address).content.decode()
    assert not AuditEntry.objects.exists()
    assert "4000 1234" in administrator.get(address).content.decode()
    assert AuditEntry.objects.get().action == "read an unsplit delivery"


APP_FORM = {"name": "Acme", "slug": "acme", "api_version": "1.1"}


def test_secrets_go_in_and_never_come_out(administrator: Client) -> None:
    administrator.post("/admin/webhooks/app/add/", {**APP_FORM, "consumer_secret": "tell-nobody"})
    app = App.objects.get(slug="acme")
    assert app.consumer_secret == "tell-nobody"
    for address in ("/admin/webhooks/app/", f"/admin/webhooks/app/{app.pk}/change/"):
        page = administrator.get(address).content.decode()
        assert "tell-nobody" not in page
        assert "dad19c" in page  # printf tell-nobody | sha256sum | cut -c1-6


def test_an_empty_secret_keeps_the_old_one_and_a_hyphen_removes_it(administrator: Client) -> None:
    app = App.objects.create(**APP_FORM, consumer_secret="old", bearer_token="bearer")
    address = f"/admin/webhooks/app/{app.pk}/change/"
    administrator.post(address, {**APP_FORM, "name": "Renamed", "bearer_token": "-"})
    app.refresh_from_db()
    assert (app.name, app.consumer_secret, app.bearer_token) == ("Renamed", "old", "")
    administrator.post(address, {**APP_FORM, "consumer_secret": "new"})
    app.refresh_from_db()
    assert app.consumer_secret == "new"
