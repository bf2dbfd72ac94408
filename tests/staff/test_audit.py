"""Who did what, from where, with what was so before and after: written once, read by administrators."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
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


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def last() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_who_adds_a_person_and_gives_them_a_role_is_on_record(administrator: Client) -> None:
    password = "correct horse 12"
    typed = {"username": "otto", "password1": password, "password2": password, "usable_password": "true"}
    administrator.post("/admin/auth/user/add/", typed)
    otto = User.objects.get(username="otto")
    entry = last()
    assert (entry.by, entry.action, entry.object_name, entry.before) == ("root", "added a person", "otto", {})
    assert entry.after["username"] == "otto"
    assert password not in str(entry.after)

    address = f"/admin/auth/user/{otto.pk}/change/"
    form = administrator.get(address).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if isinstance(value, str) and name in form.fields}
    group = Group.objects.get(name="Operator")
    reads = Permission.objects.get(codename="read_direct_messages")
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "10:00:00", "is_active": "on"}
    given = {"groups": [group.pk], "user_permissions": [reads.pk]}
    administrator.post(address, fields | joined | given)
    entry = last()
    assert (entry.action, entry.object_name) == ("changed a person", "otto")
    assert (entry.before["groups"], entry.after["groups"]) == ("", "Operator")
    assert (entry.before["user_permissions"], entry.after["user_permissions"]) == ("", "read_direct_messages")

    typed = {"password1": "another horse 12", "password2": "another horse 12", "usable_password": "true"}
    administrator.post(f"/admin/auth/user/{otto.pk}/password/", typed)
    assert last().action == "changed the password of a person"
    administrator.post(f"/admin/auth/user/{otto.pk}/delete/", {"post": "yes"})
    assert (last().action, last().object_name) == ("removed a person", "otto")


def test_a_role_that_is_given_more_is_on_record(administrator: Client) -> None:
    group = Group.objects.create(name="Night shift")
    reads = Permission.objects.get(codename="read_direct_messages")
    administrator.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Night shift", "permissions": [reads.pk]})
    assert (last().action, last().before, last().after) == (
        "changed a role", {"permissions": ""}, {"permissions": "read_direct_messages"},
    )  # fmt: skip
    administrator.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": group.pk, "post": "yes"})
    assert (last().action, last().object_name) == ("removed a role", "Night shift")
