"""Pages about notices: what is open first, who is on it, what is muted, and who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from aaa_dashboard.staff.models import AuditEntry
from aaa_dashboard.staff.notices.models import Mute, Notice, Severity

pytestmark = pytest.mark.django_db
Person = Callable[..., Client]


def notice(title: str, severity: Severity = Severity.WARNING, *, kind: str = "gap", **fields: Any) -> Notice:
    given = {"raised_at": timezone.now(), "text": f"{title} it is.", "remedy": "Wait.", "url": "/overview/", **fields}
    return Notice.objects.create(
        kind=kind, subject=title, severity=severity, title=title, action="See the gap", **given
    )


@pytest.fixture
def operator(person: Person) -> Client:
    return person("olga", "manage_webhooks")


def titles(page: str, *names: str) -> list[str]:
    """The names in the order in which a page shows them."""
    return sorted((name for name in names if f"<b>{name}</b>" in page), key=lambda name: page.index(f"<b>{name}</b>"))


def test_what_is_gravest_comes_first_and_what_somebody_is_on_last(operator: Client) -> None:
    notice("small", Severity.INFO)
    notice("taken", Severity.URGENT, acknowledged_at=timezone.now(), acknowledged_by="sam")
    notice("grave", Severity.URGENT)
    notice("over", Severity.URGENT, cleared_at=timezone.now(), ending="Recovered.")
    page = operator.get("/notices/").content.decode()
    assert titles(page, "small", "taken", "grave", "over") == ["grave", "small", "taken", "over"]
    assert "sam is on it" in page
    assert "Recovered." in page


def test_one_kind_alone(operator: Client) -> None:
    notice("hole")
    notice("quiet", kind="silence")
    page = operator.get("/notices/?kind=gap").content.decode()
    assert titles(page, "hole", "quiet") == ["hole"]
    assert "<h1>Notices: Gap</h1>" in page
    assert operator.get("/notices/?kind=nothing-we-know").status_code == 200


def test_without_any_it_says_so(operator: Client) -> None:
    page = operator.get("/notices/").content.decode()
    assert "Nothing is wrong that we know of." in page
    assert "Every kind is told." in page


def test_history_is_read_page_by_page(operator: Client) -> None:
    for n in range(60):
        notice(f"hole {n}", cleared_at=timezone.now())
    assert "Older" in operator.get("/notices/?kind=gap").content.decode()
    page = operator.get("/notices/?kind=gap&page=2").content.decode()
    assert titles(page, "hole 0", "hole 59") == ["hole 0"]
    assert "kind=gap&amp;page=1" in page


def test_the_number_of_queries_does_not_grow(operator: Client, django_assert_max_num_queries: Any) -> None:
    for n in range(40):
        notice(f"hole {n}", cleared_at=timezone.now() if n % 2 else None)
    with django_assert_max_num_queries(12):
        operator.get("/notices/")


def test_i_am_on_it(operator: Client, person: Person) -> None:
    hole = notice("hole")
    answer = operator.post(f"/notices/{hole.pk}/acknowledge/", {"next": "/overview/"})
    assert answer["Location"] == "/overview/"
    person("sam", "manage_webhooks").post(f"/notices/{hole.pk}/acknowledge/")
    hole.refresh_from_db()
    assert hole.acknowledged_by == "olga"
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.action, entry.object_name) == ("olga", "acknowledged a notice", "hole")


def test_the_way_back_leads_to_no_other_site(operator: Client) -> None:
    hole = notice("hole")
    for wanted in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/"):
        answer = operator.post(f"/notices/{hole.pk}/acknowledge/", {"next": wanted})
        assert answer["Location"] == "/notices/"


def test_a_kind_is_muted_and_told_again(operator: Client) -> None:
    operator.post("/notices/mute/", {"kind": "gap-lost", "hours": "8"})
    mute = Mute.objects.get()
    assert timedelta(hours=7.9) < mute.until - timezone.now() <= timedelta(hours=8)
    page = operator.get("/notices/").content.decode()
    assert "Nobody is told of “Gap not recovered” until" in page
    assert "Muted" in page
    assert "by olga" in page
    operator.post("/notices/unmute/", {"kind": "gap-lost"})
    assert not Mute.objects.exists()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "muted a kind of notice",
        "unmuted a kind of notice",
    ]


def test_nonsense_mutes_nothing(operator: Client) -> None:
    page = operator.post("/notices/mute/", {"kind": "everything", "hours": "9999"}, follow=True).content.decode()
    assert "Choose a kind first." in page
    assert not Mute.objects.exists()


@pytest.mark.parametrize("path", ["/notices/1/acknowledge/", "/notices/mute/", "/notices/unmute/"])
def test_agents_look_and_change_nothing(person: Person, path: str) -> None:
    notice("hole", posts="/webhooks/1/validate/")
    agent = person("sam")
    page = agent.get("/notices/").content.decode()
    assert "hole" in page
    for words in ("I am on it", "Mute</button>", "/webhooks/1/validate/"):
        assert words not in page
    assert agent.post(path, {"kind": "gap"}).status_code == 403


def test_a_link_cannot_do_what_a_button_does(operator: Client) -> None:
    for path in ("/notices/1/acknowledge/", "/notices/mute/", "/notices/unmute/"):
        assert operator.get(path).status_code == 405


@pytest.mark.parametrize("url", ["/notices/channels/", "/admin/deliveries/unsplit/"])
def test_who_may_not_open_the_page_of_a_notice_is_told_who_can_instead(
    operator: Client, person: Person, url: str
) -> None:
    notice("room", kind="channel-failing", url=url)
    agent = person("ada")
    for client in (operator, agent):
        page = client.get("/notices/").content.decode()
        assert "An administrator can mend it" in page
        assert f'href="{url}"' not in page
    administrator = Client()
    administrator.force_login(User.objects.create_superuser("root"))
    assert f'href="{url}"' in administrator.get("/notices/").content.decode()
    assert administrator.get(url).status_code == 200
