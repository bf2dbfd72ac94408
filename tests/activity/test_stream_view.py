"""The address that pages take their stream from."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import AsyncClient, Client
from django.urls import reverse

from aaa_dashboard.activity.feed import following
from tests.activity.factory import Store
from tests.activity.following import rest

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = reverse("activity:stream")


def test_it_sends_whoever_is_not_signed_in_to_the_door(client: Client) -> None:
    response = client.get(STREAM)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("staff:sign-in"))


@pytest.mark.parametrize("query", ["position=x", "category=nonsense", "account=acme", "held=7,x"])
def test_it_refuses_what_it_does_not_know(client: Client, query: str) -> None:
    client.force_login(User.objects.create_user("ada"))
    assert client.get(f"{STREAM}?{query}").status_code == 404


def test_it_goes_on_from_where_the_page_stands(transactional_db: None) -> None:
    store = Store()
    first, second = store(), store()
    client = AsyncClient()
    client.force_login(User.objects.create_user("ada"))

    async def scenario() -> None:
        response = await client.get(f"{STREAM}?position={first.pk}")
        assert response.status_code == 200
        assert response["Content-Type"] == "text/event-stream"
        assert response["Cache-Control"] == "no-cache"
        assert response["X-Accel-Buffering"] == "no"
        sent: asyncio.Queue[bytes] = asyncio.Queue()

        async def read() -> None:
            async for chunk in response.streaming_content:  # type: ignore[attr-defined]
                sent.put_nowait(chunk)

        reading = asyncio.create_task(read())
        assert await sent.get() == b"retry: 1000\n\n"
        rows = await sent.get()
        assert f"event-{second.pk}".encode() in rows
        assert f"event-{first.pk}".encode() not in rows
        # What the server does when the browser leaves.
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await rest()

    async_to_sync(scenario)()


def test_it_is_told_which_rows_the_page_holds_by_how_far_they_lie_apart(transactional_db: None) -> None:
    store = Store()
    newest = store(id=900)
    client = AsyncClient()
    client.force_login(User.objects.create_user("ada"))

    async def scenario() -> None:
        response = await client.get(f"{STREAM}?position=900&held=900,3,40")
        chunks = response.streaming_content.__aiter__()  # type: ignore[attr-defined]
        sent = b""
        while b"event: erased" not in sent:
            sent += await anext(chunks)
        assert b'{"ids":[857,897],"html":""}' in sent
        await chunks.aclose()
        await rest()

    async_to_sync(scenario)()
    assert newest.redacted_at is None


def test_it_refuses_a_page_that_claims_to_hold_more_than_a_page_does(client: Client) -> None:
    client.force_login(User.objects.create_user("ada"))
    assert client.get(f"{STREAM}?held=9{',0' * 500}").status_code == 404


def _sign_out(user: User) -> None:
    Session.objects.all().delete()


def _deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _change_the_password(user: User) -> None:
    user.set_password("another one")
    user.save()


def _take_the_permission(user: User) -> None:
    user.user_permissions.clear()


@pytest.mark.parametrize("act", [_sign_out, _deactivate, _change_the_password, _take_the_permission])
def test_it_ends_when_whoever_opened_it_may_look_no_more(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, act: Callable[[User], None]
) -> None:
    monkeypatch.setattr(following, "BEAT_SECONDS", 0.2)
    store = Store()
    user = User.objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="read_direct_messages"))
    client = AsyncClient()
    client.force_login(user)

    async def scenario() -> None:
        response = await client.get(STREAM)
        chunks = response.streaming_content.__aiter__()  # type: ignore[attr-defined]
        beats = 0
        while beats < 2:  # asked once at the least, and let go on
            beats += b"event: beat" in await anext(chunks)
        await sync_to_async(act)(user)
        await sync_to_async(store)()
        async with asyncio.timeout(30):
            async for _ in chunks:
                pass
        await rest()

    async_to_sync(scenario)()
