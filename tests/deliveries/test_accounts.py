"""Accounts appear by themselves, with their names, from what arrives for them."""

import json
from typing import Any

import pytest
from django.db import transaction

from aaa_dashboard.deliveries.accounts import ATTEMPTS, QUEUED, AccountLearner
from aaa_dashboard.deliveries.split import split
from aaa_dashboard.deliveries.store import Delivery
from aaa_dashboard.subscriptions.forgetting import forget
from aaa_dashboard.subscriptions.models import Account
from tests.deliveries.eventually import eventually
from tests.deliveries.serving import Sender
from tests.deliveries.test_writer import NOW


def _seen(for_user_id: str, **content: Any) -> dict[str, str]:
    return {for_user_id: json.dumps({"for_user_id": for_user_id, **content})}


def test_an_account_is_learnt_from_a_real_delivery(sender: Sender) -> None:
    user = {"id_str": "42", "screen_name": "acme", "name": "Acme", "protected": False}
    body = {"for_user_id": "42", "tweet_create_events": [{"id_str": str(10**18), "user": user}]}
    assert sender.post(json.dumps(body).encode()).status_code == 200
    eventually(lambda: Account.objects.filter(x_user_id="42", screen_name="acme", name="Acme").exists())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "content",
    [
        {"follow_events": [{"target": {"id": "42", "screen_name": "acme", "name": "Acme"}}]},
        {"direct_message_events": [{"id": "1"}], "users": {"42": {"id": "42", "screen_name": "acme", "name": "Acme"}}},
        {"tweet_create_events": [{"entities": {"user_mentions": [{"id": 42, "screen_name": "acme", "name": "Acme"}]}}]},
    ],
    ids=["follow", "message", "mention"],
)
def test_the_name_is_found_wherever_the_payload_has_it(content: dict[str, Any]) -> None:
    AccountLearner().learn(_seen("42", **content))
    account = Account.objects.get()
    assert (account.screen_name, account.name) == ("acme", "Acme")


@pytest.mark.django_db(transaction=True)
def test_an_account_without_a_name_gets_it_later() -> None:
    learner = AccountLearner()
    learner.learn(_seen("42", tweet_delete_events=[{"status": {"id": "1"}}]))
    assert str(Account.objects.get()) == "42"
    learner.learn(_seen("42", follow_events=[{"target": {"id": "42", "screen_name": "acme"}}]))
    assert str(Account.objects.get()) == "@acme"


@pytest.mark.django_db(transaction=True)
def test_a_known_account_costs_nothing() -> None:
    learner = AccountLearner()
    body = b'{"for_user_id":"42","follow_events":[{"target":{"id":"42","screen_name":"acme"}}]}'
    delivery = Delivery(1, body, NOW, split(body, NOW))
    learner.learn({"42": body.decode()})
    learner.offer([delivery] * 10)
    assert learner._queue.empty()


@pytest.mark.django_db(transaction=True)
def test_the_search_for_a_name_comes_to_an_end(django_assert_num_queries: Any) -> None:
    learner = AccountLearner()
    for _ in range(ATTEMPTS):
        learner.learn(_seen("42", new_events=[{"a": 1}]))
    with django_assert_num_queries(0):
        learner.learn(_seen("42", new_events=[{"a": 1}]))


@pytest.mark.django_db(transaction=True)
def test_a_name_that_people_know_already_is_kept() -> None:
    Account.objects.create(x_user_id="42", screen_name="acme_support")
    AccountLearner().learn(_seen("42", follow_events=[{"target": {"id": "42", "screen_name": "acme"}}]))
    assert Account.objects.get().screen_name == "acme_support"


@pytest.mark.django_db(transaction=True)
def test_a_name_that_no_database_takes_is_mended_first() -> None:
    AccountLearner().learn(_seen("42", follow_events=[{"target": {"id": "42", "screen_name": "ac\x00me\ud83d"}}]))
    assert Account.objects.get().screen_name == "ac\ufffdme?"


def test_what_does_not_fit_the_queue_is_left_to_a_later_delivery() -> None:
    learner = AccountLearner()
    for number in range(QUEUED + 10):
        body = b'{"for_user_id":"%d","new_events":[{"a":1}]}' % number
        learner.offer([Delivery(1, body, NOW, split(body, NOW))])


@pytest.mark.django_db(transaction=True)
def test_what_x_sends_again_brings_no_erased_name_back() -> None:
    said = _seen("42", follow_events=[{"target": {"id": "42", "screen_name": "acme", "name": "Acme"}}])
    AccountLearner().learn(said)
    with transaction.atomic():
        forget("42")
    AccountLearner().learn(said)  # in a process that was started since
    account = Account.objects.get()
    assert (account.screen_name, account.name) == ("", "")
