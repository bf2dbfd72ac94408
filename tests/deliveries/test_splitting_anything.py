"""Any JSON in: never an exception, never a lost item, always rows that a database takes."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa_dashboard.deliveries.kinds import ACTIVITIES, KINDS
from aaa_dashboard.deliveries.split import CannotSplit, NotAnObject, split

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

# Lone surrogates and NUL included: JSON can escape both.
texts = st.text(st.characters(codec=None, categories=None), max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)

# Words that the splitter looks for, so that it finds them in every wrong place.
words = st.sampled_from(
    "id id_str user source target type created_timestamp timestamp_ms created_at status user_id sender_id recipient_id "
    "message_create message_data text extended_tweet full_text retweeted_status quoted_status revoke date_time job_id "
    "job_state favorited_status payload event_type event_uuid filter author_id".split()
)
items = st.recursive(
    scalars | st.sampled_from(["1924464219999999999", "1747663306123", "2025-05-19T14:01:46Z", "９" * 18]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)
kinds = st.sampled_from([*KINDS, *ACTIVITIES, "new_events"])
bodies = st.dictionaries(
    kinds | st.sampled_from(["for_user_id", "users", "apps", "user_has_blocked", "data"]) | texts,
    items | st.lists(items, max_size=4),
    max_size=5,
)


def _assert_storable(rows: list[Any]) -> None:
    for row in rows:
        for column in (row.for_user_id, row.kind, row.category, row.actor_id, row.text, row.payload):
            assert "\x00" not in column
            column.encode()
        assert len(row.key) == 16
        assert max(len(row.for_user_id), len(row.actor_id)) <= 32
        assert len(row.kind) <= 64
        assert row.occurred_at.tzinfo is not None
        json.loads(row.payload)


@given(anything)
def test_any_json_is_split_kept_or_refused(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        rows = split(body, NOW)
    except NotAnObject:
        assert not isinstance(value, dict)
    except CannotSplit:
        assert isinstance(value, dict)
        assert not any(isinstance(member, list | dict) and member for member in value.values())
    else:
        _assert_storable(rows)


@given(bodies)
def test_no_item_is_lost_and_each_is_whole_in_its_payload(body: dict[str, Any]) -> None:
    is_activity = isinstance(body.get("data"), dict) and isinstance(body["data"].get("event_type"), str)
    expected = [
        (key, item)
        for key, value in body.items()
        if key not in {"for_user_id", "user_has_blocked"}
        and not (key in {"users", "apps"} and isinstance(value, dict))
        and isinstance(value, list | dict)
        for item in (value if isinstance(value, list) else [value])
    ]
    try:
        rows = split(json.dumps(body).encode(), NOW)
    except CannotSplit:
        assert not expected
        return
    _assert_storable(rows)
    if is_activity:
        assert json.loads(rows[0].payload) == body
        return
    found = []
    for row in rows:
        payload = json.loads(row.payload)
        assert payload.get("for_user_id") == body.get("for_user_id")
        found.append([value[0] if isinstance(value, list) and value else value for value in payload.values()])
    assert len(rows) == len(expected)
    for (_, item), values in zip(expected, found, strict=True):
        assert item in values


@given(st.binary(max_size=60).map(lambda tail: b'{"for_user_id":"1",' + tail))
def test_bytes_that_are_no_json_are_kept(body: bytes) -> None:
    with contextlib.suppress(CannotSplit):
        _assert_storable(split(body, NOW))


def test_nesting_without_end_is_kept_not_followed() -> None:
    depth = 100_000
    body = b'{"new_events":[' + b'{"a":' * depth + b"1" + b"}" * depth + b"]}"
    with pytest.raises(CannotSplit):
        split(body, NOW)


def test_a_body_full_of_items_that_share_users_does_not_multiply() -> None:
    users = {str(number): {"id": str(number), "name": "x" * 100} for number in range(2_000)}
    messages = [
        {"id": str(number), "message_create": {"sender_id": str(number), "target": {"recipient_id": "1"}}}
        for number in range(2_000)
    ]
    body = json.dumps({"for_user_id": "1", "direct_message_events": messages, "users": users}).encode()
    rows = split(body, NOW)
    assert sum(len(row.payload) for row in rows) < 4 * len(body)
    assert set().union(*(json.loads(row.payload)["users"] for row in rows)) == users.keys()
