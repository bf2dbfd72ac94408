"""The address that pages take their stream from."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.urls import reverse

from tests.activity.factory import Store
from tests.activity.following import rest

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = reverse("activity:stream")


def test_it_sends_whoever_is_not_signed_in_to_the_door(client: Client) -> None:
    response = client.get(STREAM)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("staff:sign-in"))


@pytest.mark.parametrize("query", ["position=x", "category=nonsense", "account=acme"])
def test_it_refuses_what_it_does_not_know(client: Client, query: str) -> None:
    client.force_login(User.objects.create_user("ada"))
    assert client.get(f"{STREAM}?{query}").status_code == 404


@pytest.mark.parametrize("by_header", [True, False])
def test_it_goes_on_from_where_the_page_stands(transactional_db: None, by_header: bool) -> None:
    store = Store()
    first, second = store(), store()
    client = AsyncClient()
    client.force_login(User.objects.create_user("ada"))

    async def scenario() -> None:
        # The browser's own word for where it was is newer than the address it was first given.
        headers = {"Last-Event-ID": str(first.pk)} if by_header else {}
        response = await client.get(f"{STREAM}?position={0 if by_header else first.pk}", headers=headers)
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
