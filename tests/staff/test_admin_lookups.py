"""What the address of an admin page may ask: what its filters ask, so that nobody finds out a text letter by letter."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client, django_user_model: Any) -> Client:
    """Somebody who may view every row in the admin and read no direct message."""
    person = django_user_model.objects.create_user("clerk", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    "question", ["text__startswith=a", "payload__contains=a", "text__regex=^a", "text=a", "app__consumer_secret=a"]
)
def test_a_text_cannot_be_asked_for(clerk: Client, question: str) -> None:
    answer = clerk.get(f"/admin/deliveries/event/?{question}")
    assert answer.status_code == 400


def test_the_body_of_an_unsplit_delivery_cannot_be_asked_for(clerk: Client) -> None:
    assert clerk.get("/admin/deliveries/unsplit/?body__contains=a").status_code == 400


def test_the_filters_work(clerk: Client) -> None:
    assert clerk.get("/admin/deliveries/event/?category__exact=messages").status_code == 200
