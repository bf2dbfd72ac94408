"""Three roles, made by a migration."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client

MANAGE = {"webhooks.manage_webhooks", "subscriptions.manage_subscriptions", "deliveries.manage_takedowns"}
READ_MESSAGES = "deliveries.read_direct_messages"


def in_role(role: str) -> User:
    user = User.objects.create_user(role.lower(), is_staff=role == "Administrator")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.django_db
def test_an_agent_may_look_and_nothing_more() -> None:
    assert in_role("Agent").get_all_permissions() == set()


@pytest.mark.django_db
def test_an_operator_manages_webhooks_and_subscriptions() -> None:
    assert in_role("Operator").get_all_permissions() == MANAGE


@pytest.mark.django_db
def test_an_administrator_sees_all_data_and_reads_no_message_without_being_given_that() -> None:
    allowed = in_role("Administrator").get_all_permissions()
    assert MANAGE | {"staff.view_auditentry", "auth.change_user", "deliveries.view_event"} < allowed
    assert READ_MESSAGES not in allowed


@pytest.mark.django_db
def test_an_administrator_opens_every_list_of_data_that_the_role_names() -> None:
    client = Client()
    client.force_login(in_role("Administrator"))
    for codename in Permission.objects.filter(group__name="Administrator", codename__startswith="view_"):
        model = codename.codename.removeprefix("view_")
        assert client.get(f"/admin/{codename.content_type.app_label}/{model}/").status_code == 200


@pytest.mark.django_db
def test_no_permission_stands_twice_and_none_belongs_to_nothing() -> None:
    call_command("migrate", verbosity=0)
    for permission in Permission.objects.filter(group__isnull=False).distinct():
        assert permission.content_type.model_class() is not None
    assert Permission.objects.filter(codename="manage_webhooks").count() == 1
    assert Permission.objects.filter(codename="manage_subscriptions").count() == 1
