"""Whatever JSON comes, a card and a row are made of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from aaa_dashboard.activity.cards import Person, card_of
from aaa_dashboard.activity.raw import indented
from aaa_dashboard.activity.rows import Row, render
from aaa_dashboard.deliveries.kinds import ACTIVITIES, KINDS
from aaa_dashboard.deliveries.models import Event
from tests.activity.factory import PAYLOADS

KINDS_OF_ALL_SORTS = [*KINDS, *ACTIVITIES, "post.create", "chat.received", "xyz_events"]
# The names that cards look for, so that what is drawn gets past the first step.
FIELDS = sorted(
    {name for path in PAYLOADS.glob("*.json") for name in re.findall(r'"([a-z_]+)":', path.read_text("utf-8"))}
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["7", "https://x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


@given(kind=st.sampled_from(KINDS_OF_ALL_SORTS), item=ANYTHING, around=ANYTHING)
@settings(max_examples=400, deadline=None)
def test_any_item_makes_a_card_and_a_row(kind: str, item: Any, around: Any) -> None:
    body = {**around, kind: [item]} if isinstance(around, dict) else {kind: item}
    if kind in ACTIVITIES:
        body = {"data": item}
    payload = json.dumps(body)
    card = card_of(kind, payload, "7", {"7": Person("7", "Acme", "acme")})
    now = timezone.now()
    event = Event(pk=1, kind=kind, payload=payload, occurred_at=now, received_at=now, redeliveries=0)
    render(Row(event, card, readable=False)).encode()
    str([*card.facts, *card.media]).encode()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document: the object or list, and the key or position."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from places(value[key])


@pytest.mark.parametrize("junk", [None, True, 7, "x", [], {}, [[]], {"id": {"id": []}}], ids=repr)
@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_a_real_payload_may_hold_anything_anywhere(path: Path, junk: Any) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    kind = next((key for key in document if isinstance(document[key], list | dict)), "")
    kind = document["data"]["event_type"] if kind == "data" else kind
    for parent, key in list(places(document)):
        kept, parent[key] = parent[key], junk
        str(card_of(kind, json.dumps(document), "7", {})).encode()
        parent[key] = kept


@given(st.text(max_size=60), st.sampled_from(KINDS_OF_ALL_SORTS))
def test_text_that_is_no_json_makes_a_card(text: str, kind: str) -> None:
    assert card_of(kind, text, "", {}).label


@pytest.mark.parametrize("half", ['"\\ud83d"', '{"id_str": "\\ud83d", "text": "half \\ud83d an emoji"}'])
def test_half_an_emoji_is_shown_as_a_question_mark(half: str) -> None:
    card = card_of("tweet_create_events", f'{{"tweet_create_events": [{half}]}}', "", {})
    str(card).encode()


@given(ANYTHING)
def test_indented_json_is_the_same_json(value: Any) -> None:
    text = json.dumps(value)
    shown = "".join(piece for _, piece in indented(text))
    assert json.dumps(json.loads(shown)) == json.dumps(json.loads(text))


@given(st.text(max_size=80))
def test_indenting_loses_no_character_but_white_space(text: str) -> None:
    shown = "".join(piece for _, piece in indented(text))
    assert "".join(shown.split()) == "".join(text.split())


def test_numbers_stay_as_they_were_written() -> None:
    text = '{"id":9007199254740993123,"ratio":1.10,"big":1e400}'
    shown = "".join(piece for _, piece in indented(text))
    assert shown == '{\n  "id": 9007199254740993123,\n  "ratio": 1.10,\n  "big": 1e400\n}'


def test_a_body_of_nothing_but_brackets_does_not_grow_beyond_measure() -> None:
    depth = 20_000
    assert sum(len(piece) for _, piece in indented("[" * depth + "]" * depth)) < 200 * depth
