"""A server, X's side of it and a person at a browser."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.activity.factory import post
from tests.deliveries.serving import Sender
from tests.sandbox.wire import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "browser" in item.fixturenames:  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """The product as a process of its own, on the database of the test."""

    port: int
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        self.sender = Sender(f"{self.url}/webhook/twitter", secret=os.environ["X_CONSUMER_SECRET"])

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "aaa_dashboard.asgi:application", "--port", str(self.port),
                   "--log-level", "warning", "--timeout-graceful-shutdown", "60"]  # fmt: skip
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        for _ in range(600):
            assert self.process.poll() is None, "the server did not start"
            with suppress(requests.ConnectionError):
                requests.get(f"{self.url}/healthz", timeout=30)
                return
            time.sleep(0.1)
        pytest.fail("the server did not answer within a minute")

    def stop(self) -> None:
        """End it as a supervisor does; open streams must not hold it up."""
        assert self.process
        self.process.terminate()
        self.process.wait(timeout=30)

    def deliver(self, document: dict[str, Any] | None = None) -> None:
        """Send a signed delivery as X does, each with an id of its own."""
        body = document or post(id_str=str(10**18 + secrets.randbelow(10**18)))
        assert self.sender.post(orjson.dumps(body)).status_code == 200


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    site = Site(free_port(), {**os.environ, "DATABASE_URL": url, "ALLOWED_HOSTS": "127.0.0.1"})
    site.start()
    yield site
    if site.process and site.process.poll() is None:
        site.stop()


@dataclass
class Person:
    """Somebody at a browser, and what the browser complained of."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def open(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, name: str = "ada", path: str = "/live/") -> Page:
        """Open a page as somebody who is signed in; `test_signing_in.py` goes through the form."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.site.url}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]
        return self.open(path)

    @property
    def faults(self) -> list[str]:
        """Scripts that failed and what the content policy stopped. That a server was away is no fault of a page."""
        marks = ("error: ", "Content Security Policy", "Refused to")
        return [text for text in self.complaints if any(mark in text for mark in marks)]


@pytest.fixture
def people(browser: Browser, site: Site) -> Iterator[Callable[..., Person]]:
    """Makes people, each with a sign-in and a browser window of their own. None may meet a fault of a page."""
    made: list[Person] = []

    def make(name: str = "ada", *permissions: str, width: int = 1280, **fields: Any) -> Person:
        user = User.objects.create_user(name, password=PASSWORD, **fields)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        made.append(Person(browser.new_context(viewport={"width": width, "height": 800}).new_page(), site))
        return made[-1]

    yield make
    for person in made:
        person.page.context.close()
    assert [fault for person in made for fault in person.faults] == []


@pytest.fixture
def ada(people: Callable[..., Person]) -> Person:
    return people("ada")
