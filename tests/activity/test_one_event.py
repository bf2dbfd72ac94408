"""The page of one event, its raw JSON and its download."""

import html
import json
import re
from datetime import UTC, datetime, timedelta

from django.test import Client
from django.utils import timezone

from tests.activity.factory import STRANGER, Store, post


def test_it_shows_who_what_and_both_clocks(ada: Client, store: Store) -> None:
    now = timezone.now()
    event = store(post("Hello &amp; welcome"), redeliveries=2, received_at=now, occurred_at=now - timedelta(seconds=1))
    page = ada.get(f"/events/{event.pk}/").content.decode()
    for words in ("Mira Keller", "@mirakeller", "→ @acme_support", "Hello &amp; welcome", "by X’s clock", "by ours",
                  "2 times", "tweet_create_events"):  # fmt: skip
        assert words in page


def test_ids_beyond_two_to_the_53_are_exact_on_the_page_and_in_the_download(ada: Client, store: Store) -> None:
    document = post(id=9007199254740993123)
    event = store(document)
    page = ada.get(f"/events/{event.pk}/").content.decode()
    raw = html.unescape(
        re.sub(r"<[^>]+>", "", page.partition('<pre id="raw"')[2].partition(">")[2].partition("</pre>")[0])
    )
    assert json.loads(raw) == document
    assert "9007199254740993123" in raw
    download = ada.get(f"/events/{event.pk}.json")
    assert download["Content-Type"] == "application/json"
    assert download["Content-Disposition"] == f'attachment; filename="event-{event.pk}.json"'
    assert download.content.decode() == event.payload


def test_a_time_is_by_the_clock_of_x_only_where_x_sent_one(ada: Client, store: Store) -> None:
    now = timezone.now()
    for happened in (now, datetime(1970, 1, 1, tzinfo=UTC)):
        event = store(occurred_at=happened, received_at=now)
        page = ada.get(f"/events/{event.pk}/").content.decode()
        assert "X sent no time" in page
        assert "by X’s clock" not in page
        assert " late" not in page


def test_what_comes_from_x_itself_is_by_nobody(ada: Client, store: Store) -> None:
    event = store({"for_user_id": STRANGER, "xyz_events": [{"id": 1}]})
    assert "<h1>Unknown kind</h1>" in ada.get(f"/events/{event.pk}/").content.decode()


def test_html_in_a_payload_stays_text(ada: Client, store: Store) -> None:
    event = store(post("x", source='</pre><script>alert("x")</script>'))
    page = ada.get(f"/events/{event.pk}/").content.decode()
    assert "<script>alert" not in page


def test_ids_are_there_to_be_copied(ada: Client, store: Store) -> None:
    event = store(post(in_reply_to_status_id_str="1991461964141400000"))
    page = ada.get(f"/events/{event.pk}/").content.decode()
    assert 'data-copy-text="1991461964141400000"' in page


def test_a_payload_that_cannot_be_read_is_shown_as_it_is(ada: Client, store: Store) -> None:
    event = store(payload="not {json", for_user_id=STRANGER)
    assert "not" in ada.get(f"/events/{event.pk}/").content.decode()


def test_what_is_not_there_is_not_found(ada: Client) -> None:
    assert ada.get("/events/404/").status_code == 404
    assert "There is nothing at this address" in ada.get("/events/404.json").content.decode()
