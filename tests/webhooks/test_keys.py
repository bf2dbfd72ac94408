"""Keys go in, are stored encrypted, and come out as fingerprints alone."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.webhooks.models import App
from aaa_dashboard.x_api.credentials import fingerprint
from tests.sandbox.client import OWNER, X
from tests.sandbox.wire import CONSUMER_KEY, SECRET

FIELDS = {"name": "Staging", "slug": "staging", "environment": "staging", "x_app_id": "", "api_version": "1.1"}
SECRETS = {
    "consumer_key": "typed-consumer-key",
    "consumer_secret": "typed-consumer-secret",
    "access_token": "typed-access-token",
    "access_token_secret": "typed-access-token-secret",
}


@pytest.fixture
def staging(operator: Client) -> App:
    """An app as an operator adds it."""
    assert operator.post("/webhooks/apps/add/", FIELDS | SECRETS).status_code == 302
    return App.objects.get(slug="staging")


def dump() -> str:
    """Every value of every table, as a copy of the database would hold it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - its own names
            rows += cursor.fetchall()
    return repr(rows)


def test_no_key_is_in_a_dump_of_the_database(staging: App) -> None:
    held = dump()
    assert "Staging" in held
    assert [secret for secret in SECRETS.values() if secret in held] == []
    assert staging.consumer_secret == SECRETS["consumer_secret"]


def test_no_page_and_no_log_shows_a_key(staging: App, operator: Client, caplog: pytest.LogCaptureFixture) -> None:
    for path in ("/webhooks/", "/webhooks/apps/staging/", "/webhooks/apps/staging/register/"):
        page = operator.get(path).content.decode()
        assert [secret for secret in SECRETS.values() if secret in page] == []
    assert fingerprint(SECRETS["consumer_secret"]) in operator.get("/webhooks/apps/staging/").content.decode()
    assert [secret for secret in SECRETS.values() if secret in caplog.text] == []


def test_a_change_is_recorded_by_fingerprints(staging: App, operator: Client) -> None:
    operator.post("/webhooks/apps/staging/", FIELDS | {"name": "Stage", "consumer_secret": "a-new-secret"})
    entry = AuditEntry.objects.latest("pk")
    assert (entry.by, entry.action) == ("olga", "changed an app")
    assert entry.before == {
        "name": "Staging",
        "consumer_secret (fingerprint)": fingerprint(SECRETS["consumer_secret"]),
    }
    assert entry.after == {"name": "Stage", "consumer_secret (fingerprint)": fingerprint("a-new-secret")}


def test_an_empty_field_keeps_a_hyphen_removes(staging: App, operator: Client) -> None:
    operator.post("/webhooks/apps/staging/", FIELDS | {"access_token": "-"})
    staging.refresh_from_db()
    assert staging.access_token == ""
    assert staging.consumer_secret == SECRETS["consumer_secret"]


def test_the_path_of_an_app_stays_what_x_was_told(staging: App, operator: Client) -> None:
    operator.post("/webhooks/apps/staging/", FIELDS | {"slug": "elsewhere"})
    staging.refresh_from_db()
    assert staging.slug == "staging"


@pytest.mark.parametrize("slug", ["twitter", "add", "Not Small"])
def test_words_that_are_no_path_are_refused(operator: Client, slug: str) -> None:
    response = operator.post("/webhooks/apps/add/", FIELDS | {"slug": slug})
    assert response.status_code == 422
    assert not App.objects.filter(name="Staging").exists()


def test_keys_of_the_environment_are_said_to_be(app: App, agent: Client, settings: Settings) -> None:
    settings.X_CONSUMER_SECRET = "from-the-environment"
    page = agent.get("/webhooks/apps/twitter/").content.decode()
    assert fingerprint("from-the-environment") in page
    assert "from the environment, which wins" in page


def test_testing_keys_says_what_is_wrong_and_what_to_do(app: App, x: X, operator: Client, settings: Settings) -> None:
    page = operator.post("/webhooks/apps/twitter/test-keys/").content.decode()
    assert "They are @acme’s." in page
    assert "Read, write and Direct Messages." in page
    settings.X_CONSUMER_SECRET = "wrong"
    page = operator.post("/webhooks/apps/twitter/test-keys/").content.decode()
    assert 'data-verdict="BAD"' in page
    assert 'class="mend"' in page
    assert not {CONSUMER_KEY, SECRET, OWNER.token, OWNER.secret} & set(page.split('"'))


def test_keys_that_nothing_opens_are_explained(staging: App, agent: Client, settings: Settings) -> None:
    settings.SECRET_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for path in ("/webhooks/", "/webhooks/apps/staging/"):
        response = agent.get(path)
        assert response.status_code == 500
        assert "Put back the key they were stored with" in response.content.decode()


def test_after_a_rotation_the_older_key_still_opens(staging: App, settings: Settings) -> None:
    settings.SECRET_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.SECRET_ENCRYPTION_KEYS]
    staging.refresh_from_db()
    assert staging.consumer_secret == SECRETS["consumer_secret"]
