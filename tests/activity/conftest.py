"""Events as the receiver stores them, and people who look at them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.activity.factory import Store


@pytest.fixture
def store(db: None) -> Store:
    """Puts payloads into the table of events."""
    return Store()


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes a member of staff with the named permissions."""

    def make(name: str = "ada", *permissions: str) -> User:
        user = User.objects.create_user(name, password="correct horse battery")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def ada(person: Callable[..., User], client: Client) -> Client:
    """A signed-in agent without any permission."""
    client.force_login(person("ada"))
    return client


@pytest.fixture
def reader(person: Callable[..., User]) -> Client:
    """A signed-in agent who may read direct messages."""
    client = Client()
    client.force_login(person("rita", "read_direct_messages"))
    return client
