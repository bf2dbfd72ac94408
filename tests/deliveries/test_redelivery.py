"""The same delivery twice, in order or at once, is one event with a counter: the database decides."""

import json
from concurrent.futures import ThreadPoolExecutor

from aaa_dashboard.asgi import Entry
from aaa_dashboard.deliveries.models import Event, Unsplit
from aaa_dashboard.webhooks.models import App
from tests.deliveries.serving import SECRET, Sender, serving

BODY = b'{"for_user_id":"1","tweet_create_events":[{"id_str":"1924464219999999999","text":"Hello"}]}'


def test_a_delivery_sent_again_is_counted_not_stored(sender: Sender) -> None:
    assert [sender.post(BODY).status_code for _ in range(3)] == [200, 200, 200]
    event = Event.objects.get()
    assert event.redeliveries == 2


def test_a_delivery_sent_many_times_at_once_is_one_event(server: str) -> None:
    def post(_: int) -> int:
        return Sender(f"{server}/webhook/twitter").post(BODY).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(post, range(64))) == {200}
    assert Event.objects.get().redeliveries == 63


def test_two_receivers_at_once_store_each_event_once(transactional_db: None) -> None:
    bodies = [
        json.dumps({"for_user_id": "1", "tweet_create_events": [{"id_str": str(10**18 + n)}]}).encode()
        for n in range(100)
    ]
    with serving(Entry(None)) as one, serving(Entry(None)) as other, ThreadPoolExecutor(8) as pool:

        def post(url_and_body: tuple[str, bytes]) -> int:
            url, body = url_and_body
            return Sender(f"{url}/webhook/twitter").post(body).status_code

        # Opposite orders: batches that take the same keys from both ends must not deadlock.
        statuses = pool.map(post, [(one, b) for b in bodies] + [(other, b) for b in reversed(bodies)])
        assert set(statuses) == {200}
    assert Event.objects.count() == 100
    assert set(Event.objects.values_list("redeliveries", flat=True)) == {1}


def test_an_item_that_stands_twice_in_one_body_is_one_event(sender: Sender) -> None:
    item = {"id_str": "1924464219999999999"}
    sender.post(json.dumps({"for_user_id": "1", "tweet_create_events": [item, item]}).encode())
    assert Event.objects.get().redeliveries == 1


def test_a_known_item_beside_a_new_one_does_not_hide_it(sender: Sender) -> None:
    items = [{"id_str": "1924464219999999998"}, {"id_str": "1924464219999999999"}]
    sender.post(json.dumps({"for_user_id": "1", "tweet_create_events": items[:1]}).encode())
    sender.post(json.dumps({"for_user_id": "1", "tweet_create_events": items}).encode())
    assert list(Event.objects.order_by("id").values_list("redeliveries", flat=True)) == [1, 0]


def test_two_apps_that_receive_the_same_item_have_an_event_each(transactional_db: None) -> None:
    App.objects.create(name="Staging", slug="staging", consumer_secret=SECRET)
    with serving(Entry(None)) as url:
        for slug in ("twitter", "staging"):
            assert Sender(f"{url}/webhook/{slug}").post(BODY).status_code == 200
    assert Event.objects.count() == 2


def test_what_cannot_be_split_is_kept_once(sender: Sender) -> None:
    for _ in range(3):
        assert sender.post(b'{"for_user_id":"1"}').status_code == 200
    assert Unsplit.objects.get().redeliveries == 2
