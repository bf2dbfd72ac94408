"""A post that its author deleted at X leaves no copy, whichever way and in whichever order it came."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries.models import Event, HandedOver, Unsplit
from aaa_dashboard.deliveries.takedown.models import ContainedPost, Tombstone
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import SECRET as SIGNING_SECRET
from tests.deliveries.serving import Sender, serving
from tests.recovery.erasure import (
    ACME,
    MIRA,
    POST,
    SECRET,
    SUPPORT,
    TRACE,
    body,
    copies,
    created,
    deletion,
    post,
    repost_of,
    run_by_itself,
    where,
)

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., None]


@pytest.fixture
def send(transactional_db: None, settings: LazySettings) -> Iterator[Send]:
    """X: posts signed deliveries to a receiver that really serves."""
    settings.X_CONSUMER_SECRET = SIGNING_SECRET
    with serving(Entry(None)) as url:
        sender = Sender(f"{url}/webhook/twitter")

        def send(*documents: dict[str, Any]) -> None:
            for document in documents:
                assert sender.post(body(document)).status_code == 200

        yield send


def test_a_post_quoted_three_times_leaves_every_copy_when_it_is_deleted(send: Send) -> None:
    send(*copies())
    assert len(where()) >= len(copies())
    run_by_itself(timezone.now())
    send(deletion())
    run_by_itself(timezone.now() + timedelta(minutes=5))
    assert where() == []
    assert Event.objects.count() == len(copies()) + 1
    assert not ContainedPost.objects.filter(post_id=POST).exists()


def test_a_deletion_that_comes_before_its_post_holds_for_everything_that_comes_after(send: Send) -> None:
    send(deletion())
    run_by_itself(timezone.now())
    send(*copies())
    assert where() != []
    run_by_itself(timezone.now() + timedelta(minutes=5))
    assert where() == []


def test_what_a_replay_brings_again_after_it_had_left_is_erased_again(send: Send) -> None:
    send(*copies(), deletion())
    run_by_itself(timezone.now())
    Event.objects.exclude(category="deletions").delete()  # they were older than they are kept
    send(*copies())
    run_by_itself(timezone.now() + timedelta(minutes=5))
    assert where() == []


def test_a_copy_that_is_sent_once_more_stays_erased(send: Send) -> None:
    send(*copies(), deletion())
    run_by_itself(timezone.now())
    send(*copies())
    assert Event.objects.get(for_user_id=SUPPORT, kind="tweet_create_events", actor_id=ACME).redeliveries == 1
    assert where() == []


def test_bodies_that_could_not_be_taken_apart_are_emptied_whether_they_came_before_or_after(send: Send) -> None:
    before, after = ({"for_user_id": ACME, "note": f"{n}: {SECRET}, says {POST}"} for n in ("before", "after"))
    send(before, {"for_user_id": ACME, "note": "something else, 1991461964141402119"})
    run_by_itself(timezone.now())
    send(deletion())
    run_by_itself(timezone.now() + timedelta(minutes=5))
    send(after)
    run_by_itself(timezone.now() + timedelta(minutes=10))
    assert where() == []
    assert sorted(len(bytes(one.body)) > 0 for one in Unsplit.objects.all()) == [False, False, True]


def test_the_receiver_hands_a_deletion_over_at_once_without_a_worker(send: Send) -> None:
    send(deletion())
    eventually(lambda: Tombstone.objects.filter(post_id=POST).exists())
    assert HandedOver.objects.get().done_at


def test_who_said_when_stays_and_what_the_others_said_as_well(send: Send) -> None:
    quote = post("1991461964141403000", MIRA, "I disagree", quoted_status=post())
    send(created(quote), created(repost_of(post(), "1991461964141405000")), created(post()), deletion())
    run_by_itself(timezone.now())
    events = Event.objects.filter(kind="tweet_create_events").order_by("pk")
    quoting, reposting, itself = (json.loads(one.payload)["tweet_create_events"][0] for one in events)
    assert (quoting["text"], quoting["quoted_status"]["erased"]) == ("I disagree", "deleted at X")
    assert (reposting["user"]["screen_name"], reposting["retweeted_status"]["id_str"]) == (f"u{MIRA[:3]}", POST)
    assert itself == {"id": int(POST), "id_str": POST, "timestamp_ms": "1763636506482", "erased": "deleted at X",
                      "user": {"id": int(ACME), "id_str": ACME}}  # fmt: skip
    assert list(Event.objects.order_by("pk").values_list("text", flat=True)) == ["I disagree", "", "", ""]
    assert Event.objects.filter(redacted_at=None).count() == 1


def test_lists_and_pages_say_that_a_post_was_deleted(send: Send, admin_client: Client) -> None:
    send(*copies(), deletion())
    run_by_itself(timezone.now())
    page = admin_client.get("/events/").content.decode()
    assert page.count("A post that was deleted at X") >= 10
    event = Event.objects.filter(for_user_id=SUPPORT).first()
    assert event is not None
    page = admin_client.get(f"/events/{event.pk}/").content.decode()
    assert "What is left of it" in page
    assert TRACE not in page.lower()


def test_another_post_of_the_same_author_stays(send: Send) -> None:
    send(created(post("1991461964141409999", text="Tangerine")), created(post()), deletion())
    run_by_itself(timezone.now())
    assert len(where("tangerine")) >= 1
