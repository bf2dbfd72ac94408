"""Which apps receive, and with which secrets: from the environment and from the database, without a restart."""

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.db import DatabaseError

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries import registry as registry_module
from aaa_dashboard.deliveries.registry import Registry
from aaa_dashboard.webhooks.models import App
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import Sender, serving

BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"1924464219999999999"}]}'


@pytest.fixture
def registry(transactional_db: None) -> Registry:
    return Registry()


def test_the_first_app_is_there_before_the_database_was_reached(registry: Registry) -> None:
    app = registry.get("twitter")
    assert app is not None
    assert app.id is None
    assert app.secrets == (b"first secret", b"second secret")


def test_the_first_app_gets_its_row(registry: Registry) -> None:
    registry.load()
    registry.load()
    app = registry.get("twitter")
    assert app is not None
    assert app.id == App.objects.get().pk


def test_secrets_in_the_database_stand_behind_those_of_the_environment(registry: Registry) -> None:
    App.objects.create(name="First", slug="twitter", consumer_secret="third", consumer_secret_previous="first secret")
    registry.load()
    app = registry.get("twitter")
    assert app is not None
    assert app.secrets == (b"first secret", b"second secret", b"third")


def test_secrets_that_cannot_be_decrypted_close_their_app_alone(
    registry: Registry, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    App.objects.create(name="Lost", slug="lost", consumer_secret="lost")
    settings.SECRET_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    App.objects.create(name="Good", slug="good", consumer_secret="good")
    registry.load()
    lost, good = registry.get("lost"), registry.get("good")
    assert lost is not None
    assert lost.secrets == ()
    assert good is not None
    assert good.secrets == (b"good",)
    assert "SECRET_ENCRYPTION_KEYS" in caplog.text


def test_secrets_are_not_readable_in_the_database(registry: Registry) -> None:
    app = App.objects.create(name="Good", slug="good", consumer_secret="not to be read")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT consumer_secret FROM webhooks_app WHERE id = %s", [app.pk])
        (stored,) = cursor.fetchone()
    assert "not to be read" not in stored
    assert App.objects.get(pk=app.pk).consumer_secret == "not to be read"


def test_an_app_that_is_added_receives_without_a_restart(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aaa_dashboard.deliveries.receiver.REGISTRY_SECONDS", 1)
    with serving(Entry(None)) as url:
        sender = Sender(f"{url}/webhook/added", secret="added")
        assert sender.post(BODY).status_code == 404
        App.objects.create(name="Added", slug="added", consumer_secret="added")
        eventually(lambda: sender.post(BODY).status_code == 200)


def test_while_the_database_is_away_challenges_are_answered_and_deliveries_wait_at_x(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(registry_module, "_read", away)
    with serving(Entry(None)) as url:
        sender = Sender(f"{url}/webhook/twitter")
        assert sender.request("GET", params={"crc_token": "t"}).status_code == 200
        answer = sender.post(BODY)
        assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "database away", "3")
