"""Events: everything that was received, page by page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.activity.factory import ACME, SUPPORT, Store, message, post

EVENTS = reverse("activity:events")
SESSION_AND_PERSON = 2
EVENTS_AND_ACCOUNTS = 2
PERMISSIONS = 2  # of the person and of their groups; asked only where a direct message is listed


def ids(html: bytes) -> list[int]:
    return [int(id_) for id_ in re.findall(rb'id="event-(\d+)"', html)]


def test_it_is_for_people_who_are_signed_in(client: Client, db: None) -> None:
    assert client.get(EVENTS)["Location"] == f"{reverse('staff:sign-in')}?next={EVENTS}"


def test_pages_run_from_the_newest_to_the_oldest_and_back(ada: Client, store: Store) -> None:
    stored = [event.pk for event in store.many(120)][::-1]
    first = ada.get(EVENTS)
    assert ids(first.content) == stored[:50]
    assert first.context["newer"] is None
    second = ada.get(EVENTS + first.context["older"])
    assert ids(second.content) == stored[50:100]
    third = ada.get(EVENTS + second.context["older"])
    assert ids(third.content) == stored[100:]
    assert third.context["older"] is None
    assert ids(ada.get(EVENTS + third.context["newer"]).content) == stored[50:100]


def test_back_at_the_newest_the_address_is_the_plain_one(ada: Client, store: Store) -> None:
    stored = store.many(60)
    response = ada.get(f"{EVENTS}?category=mentions&after={stored[20].pk}")
    assert response["Location"] == f"{EVENTS}?category=mentions"


def test_walking_past_the_end_leads_back(ada: Client, store: Store) -> None:
    store()
    assert b"Back to the newest" in ada.get(f"{EVENTS}?before=1").content


@pytest.mark.parametrize("kinds", ["posts alone", "messages as well"])
def test_it_asks_the_database_a_fixed_number_of_times_and_counts_nothing(
    ada: Client, store: Store, django_assert_num_queries: Callable[..., Any], kinds: str
) -> None:
    store.many(70)
    messages = kinds == "messages as well"
    if messages:
        store(message())
    with django_assert_num_queries(SESSION_AND_PERSON + EVENTS_AND_ACCOUNTS + PERMISSIONS * messages) as captured:
        ada.get(EVENTS)
    assert not [query for query in captured.captured_queries if "COUNT(" in query["sql"].upper()]


def test_filters_narrow_it_and_stay_in_the_links(ada: Client, store: Store) -> None:
    store(message())
    mine = [store(post(for_user_id=ACME)) for _ in range(51)]
    store(post(for_user_id=SUPPORT))
    response = ada.get(f"{EVENTS}?category=mentions&account={ACME}")
    assert ids(response.content) == [event.pk for event in mine[:0:-1]]
    assert response.context["older"] == f"?category=mentions&account={ACME}&before={mine[1].pk}"


def test_an_account_that_we_do_not_know_can_be_named_in_the_address(ada: Client, store: Store) -> None:
    assert b"user 77</option>" in ada.get(f"{EVENTS}?account=77").content


@pytest.mark.parametrize("query", ["category=nonsense", "account=acme", "before=x", "after=-1"])
def test_what_it_does_not_know_is_not_found(ada: Client, query: str) -> None:
    assert ada.get(f"{EVENTS}?{query}").status_code == 404


def test_an_empty_table_says_what_to_do_next(ada: Client) -> None:
    assert "at least one account must be subscribed" in ada.get(EVENTS).content.decode()


def test_an_empty_view_leads_to_everything(ada: Client, store: Store) -> None:
    store()
    html = ada.get(f"{EVENTS}?category=likes").content.decode()
    assert f'<a href="{EVENTS}">Show everything</a>' in html


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("?category=likes", "Nothing of this kind"),
        ("?account=77", "Nothing for this account"),
        ("?category=likes&account=77", "Nothing of this kind for this account"),
    ],
)
def test_an_empty_view_says_what_matches_nothing(ada: Client, store: Store, query: str, heading: str) -> None:
    store()
    assert f"<h2>{heading}</h2>" in ada.get(EVENTS + query).content.decode()


def test_live_and_events_show_the_same_rows(ada: Client, store: Store) -> None:
    for document in (post("One & <two>"), message(), {"for_user_id": ACME, "xyz_events": [{}]}):
        store(document)
    rows = [re.findall(rb'<li class="row".*?</li>', ada.get(path).content, re.DOTALL) for path in (EVENTS, "/live/")]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 3


def test_text_is_escaped(ada: Client, store: Store) -> None:
    store(post("&lt;script&gt;alert(1)&lt;/script&gt;"))
    html = ada.get(EVENTS).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def test_a_row_says_that_it_was_sent_again_and_that_it_came_late(ada: Client, store: Store) -> None:
    now = timezone.now()
    store(received_at=now, occurred_at=now - timedelta(hours=3), redeliveries=2)
    html = ada.get(EVENTS).content.decode()
    assert "redelivered 2 ×" in html
    assert "3 h late" in html
