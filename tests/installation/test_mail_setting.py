"""EMAIL_URL decides how mail is sent; without one there is none."""

import pytest

from aaa_dashboard.environment import Environment

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("smtp://mail.example:25", {"EMAIL_HOST": "mail.example", "EMAIL_PORT": 25}),
        (
            "smtp+tls://ada:p%40ss@mail.example:587",
            {"EMAIL_HOST_USER": "ada", "EMAIL_HOST_PASSWORD": "p@ss", "EMAIL_PORT": 587, "EMAIL_USE_TLS": True},
        ),
        ("smtp+ssl://ada:pass@mail.example:465", {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True}),
        ("consolemail://", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
    ],
)
def test_an_address_becomes_the_settings_of_django(
    monkeypatch: pytest.MonkeyPatch, url: str, settings: dict[str, object]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    assert settings.items() <= Environment().email("EMAIL_URL").items()


def test_without_encryption_none_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example:25")
    assert not {"EMAIL_USE_TLS", "EMAIL_USE_SSL"} & Environment().email("EMAIL_URL").keys()


def test_without_an_address_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert Environment().email("EMAIL_URL") == {}
