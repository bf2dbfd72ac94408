"""What the control API is asked wrongly it refuses: 400, and a sentence that names what is wrong."""

import pytest
import requests

from tests.sandbox.control import Control

pytestmark = pytest.mark.any_database

TOO_LONG = "1" * 60
ID_WANTED = "id: a number from 1 to 9223372036854775807."


def refusal(control: Control, method: str, path: str, body: object = None, **options: object) -> str:
    answer = control.ask(method, path, body, **options)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({"id": "١٢٣"}, ID_WANTED),
        ({"id": TOO_LONG}, ID_WANTED),
        ({"id": int(TOO_LONG)}, ID_WANTED),
        ({"id": 2**63}, ID_WANTED),
        ({"id": "0"}, ID_WANTED),
        ({"id": True}, ID_WANTED),
        ({"id": None}, ID_WANTED),
        ({"is_protected": "false"}, "is_protected: true or false."),
        ({"is_brand": 0}, "is_brand: true or false."),
        ({"name": ["Olga"]}, "name: a text."),
        ({"location": None}, "location: a text."),
        ({"screen_name": 5}, "screen_name: a text."),
    ],
)
def test_a_user_of_wrong_types_is_not_made(control: Control, described: dict[str, object], said: str) -> None:
    assert refusal(control, "POST", "users", {"screen_name": "olga_r"} | described) == said
    assert "olga_r" not in {user["screen_name"] for user in control.state()["users"]}


def test_an_id_may_be_a_number_or_text(control: Control) -> None:
    largest = 2**63 - 1

    assert control.json("POST", "users", {"screen_name": "olga_r", "id": largest})["id"] == str(largest)
    assert control.json("POST", "users", {"screen_name": "olga_s", "id": "17"})["id"] == "17"


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({"callback_urls": "https://second.example/back"}, "callback_urls: a list of texts."),
        ({"callback_urls": [5]}, "callback_urls: a list of texts."),
        ({"is_suspended": "no"}, "is_suspended: true or false."),
        ({"consumer_key": 17}, "consumer_key: a text."),
        ({"permission": ["read"]}, "permission: a text."),
        ({"permission": "all"}, "permission: one of read, "),
        ({"owner": "nobody_here"}, "owner: there is no user @nobody_here."),
        ({"name": ""}, "name: an app needs one."),
        ({"name": "Sandbox app"}, "name: there is an app “Sandbox app” already."),
    ],
)
def test_an_app_that_cannot_be_is_not_made(control: Control, described: dict[str, object], said: str) -> None:
    assert refusal(control, "POST", "apps", {"name": "Second app"} | described).startswith(said)
    assert len(control.state()["apps"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "clock", {}, "advance: a number."),
        ("POST", "clock", {"advance": "60"}, "advance: a number."),
        ("POST", "clock", {"advance": True}, "advance: a number."),
        ("POST", "clock", {"advance": 1, "by": 2}, "by: unknown. There are: advance."),
        ("PUT", "traffic", {}, "per_second: a number."),
        ("PUT", "traffic", {"per_second": 1e300}, "The rate goes from 0 to 1000 events a second."),
        ("PUT", "faults/delayed", {"percent": None}, "percent: a number."),
        ("PUT", "faults/delayed", {"seconds": None}, "seconds: a number."),
        ("PUT", "faults/delayed", {"percents": 5}, "percents: unknown. There are: percent, seconds."),
        ("POST", "tokens", {"user": 5}, "user: a text."),
        ("POST", "tokens", {"app": [], "user": "acme"}, "app: a text or an id."),
        ("POST", "events", {"do": "post", "by": "acme", "text": ["Hello"]}, "“text” is a text."),
        ("POST", "events", {"do": "post", "by": "acme", "text": 5}, "“text” is a text."),
        ("POST", "events", {"do": "like", "by": "acme", "post": TOO_LONG}, f"There is no post {TOO_LONG}."),
        ("POST", "events", {"do": "like", "by": {"name": "acme"}, "post": "1"}, "“by” is a text."),
        ("POST", "reset", [], "Send a JSON object."),
    ],
)
def test_what_is_wrong_is_named(control: Control, method: str, path: str, body: object, said: str) -> None:
    assert refusal(control, method, path, body) == said


@pytest.mark.parametrize("path", ["requests", "deliveries"])
@pytest.mark.parametrize("after", ["x", "-1", "١", TOO_LONG])
def test_after_is_an_id(control: Control, path: str, after: str) -> None:
    assert refusal(control, "GET", path, params={"after": after}) == "after: an id of this list, such as 17."


@pytest.mark.parametrize("body", [b"{", b'{"name": "\\ud800"}', b'{"advance": NaN}', b"[" * 5_000, b"\xff"])
def test_what_is_no_json_is_said_to_be_none(control: Control, body: bytes) -> None:
    answer = requests.post(
        f"{control.sandbox.url}/control/users", body, headers={"Content-Type": "application/json"}, timeout=30
    )

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The body is not JSON: ")
