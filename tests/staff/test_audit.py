"""Who did what, from where, with what was so before and after: written once, read by administrators."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.test import Client, RequestFactory

from aaa_dashboard.audit import Actor, record
from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import App

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return App.objects.create(name="Acme Care", slug="acme")


def test_a_request_names_the_person_and_where_they_are(app: App) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8::1")
    request.user = User.objects.create_user("ada")
    record(request, "changed an app", app, before={"name": "Acme"}, after={"name": "Acme Care"})
    entry = AuditEntry.objects.get()
    assert (entry.person, entry.by, entry.address) == (request.user, "ada", "2001:db8::1")
    assert (entry.object_type, entry.object_id, entry.object_name) == ("webhooks.app", str(app.pk), "Acme Care")
    assert (entry.before, entry.after) == ({"name": "Acme"}, {"name": "Acme Care"})


def test_an_entry_outlives_the_person(app: App) -> None:
    ada = User.objects.create_user("ada")
    record(Actor("ada", ada), "changed an app", app)
    ada.delete()
    assert str(AuditEntry.objects.get()) == "ada: changed an app Acme Care"


def test_a_command_is_named_by_who_ran_it(app: App) -> None:
    record(Actor.of_command(), "changed an app", app)
    entry = AuditEntry.objects.get()
    assert entry.by.startswith("command line")
    assert entry.person is None
    assert entry.address is None


def test_somebody_without_a_sign_in_is_named_by_what_they_are(app: App) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    record(Actor.of_request(request, otherwise="the owner of @acme"), "disconnected an account", app)
    assert AuditEntry.objects.get().by == "the owner of @acme"


def test_administrators_read_it_and_others_do_not(app: App, client: Client) -> None:
    record(Actor("ada"), "changed an app", app, before={"name": "Acme"}, after={"name": "Acme Care"})
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    assert client.get("/admin/staff/auditentry/").status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    page = client.get("/admin/staff/auditentry/").content.decode()
    for words in ("ada", "changed an app", "Acme Care", "webhooks.app"):
        assert words in page
