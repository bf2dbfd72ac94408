"""What is stored can be searched, also after the table was made anew."""

import pytest
from django.db import connection

from aaa_dashboard.deliveries.models import Event
from aaa_dashboard.deliveries.search import SQLITE_TRIGGERS, restore_triggers
from aaa_dashboard.deliveries.store import open_store
from aaa_dashboard.webhooks.models import App
from tests.deliveries.test_writer import _delivery


def _search(word: str) -> list[int]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT id FROM deliveries_event WHERE to_tsvector('simple', text) @@ plainto_tsquery('simple', %s)",
                [word],
            )
        else:
            cursor.execute("SELECT rowid FROM deliveries_event_search WHERE deliveries_event_search MATCH %s", [word])
        return [id_ for (id_,) in cursor.fetchall()]


@pytest.fixture
def event(transactional_db: None) -> Event:
    app = App.objects.create(name="Test", slug="test")
    store = open_store()
    try:
        store.save([_delivery(app.pk, 0, "Grüße aus Reykjavík")])
    finally:
        store.close()
    return Event.objects.get()


def test_an_event_is_found_by_its_words_until_they_are_gone(event: Event) -> None:
    assert _search("reykjavík") == [event.pk]
    Event.objects.update(text="")
    assert _search("reykjavík") == []
    Event.objects.update(text="back again")
    assert _search("again") == [event.pk]
    event.delete()
    assert _search("again") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite makes tables anew")
def test_a_table_that_was_made_anew_is_searched_as_before(event: Event) -> None:
    with connection.cursor() as cursor:
        for name in SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
    Event.objects.update(text="written meanwhile")
    restore_triggers(connection)
    restore_triggers(connection)
    assert _search("meanwhile") == [event.pk]
    Event.objects.update(text="written afterwards")
    assert _search("meanwhile") == []
    assert _search("afterwards") == [event.pk]
