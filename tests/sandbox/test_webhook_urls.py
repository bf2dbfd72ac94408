"""Which addresses X takes for webhooks."""

import pytest

from aaa_dashboard.sandbox.webhook_urls import is_acceptable

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    "url",
    [
        "https://dashboard.example/webhook/twitter",
        "https://dashboard.example",
        "https://dashboard.example/webhook?app=1&of=a%20b",
        "https://a-b.c-d.example/",
        "https://internal.example/webhook",
        "https://home.1and1.example/webhook",
        "https://93.184.216.34/webhook",
        "HTTPS://Dashboard.Example/Webhook",
    ],
)
def test_public_https_addresses_are_taken(url: str) -> None:
    assert is_acceptable(url, loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "dashboard.example/webhook",
        "//dashboard.example/webhook",
        "http://dashboard.example/webhook",
        "ftp://dashboard.example/webhook",
        "https://dashboard.example:443/webhook",
        "https://dashboard.example:8443/webhook",
        "https://dashboard.example:/webhook",
        "https://dashboard.example:port/webhook",
        "https://user:password@dashboard.example/webhook",
        "https://dashboard.example/web hook",
        "https://dashboard.example/webhook\n",
        "https://dashboard.example/\\webhook",
        "https://dashboard.example/webhook#part",
        "https://dashbörd.example/webhook",
        "https:///webhook",
        "https://intranet/webhook",
        "https://-dashboard.example/webhook",
        "https://dashboard..example/webhook",
        "https://10.0.0.1/webhook",
        "https://[fe80::1]/webhook",
        "https://[::ffff:10.0.0.1]/webhook",
        "https://127.1/webhook",
        "https://0x7f.1/webhook",
        "https://127.0.0x1/webhook",
        "https://2130706433/webhook",
        "https://dashboard.0177/webhook",
        "https://dashboard.internal/webhook",
        "https://Dashboard.LOCAL/webhook",
        "https://router.home.arpa/webhook",
        "https://localhost.localdomain/webhook",
        "https://[::1/webhook",
        "https://dashboard.example/" + "a" * 500,
    ],
)
def test_others_are_not(url: str) -> None:
    assert not is_acceptable(url, loopback=False)
    assert not is_acceptable(url, loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/webhook/twitter",
        "http://localhost:8000/webhook",
        "http://[::1]:8000/webhook",
        "https://localhost/webhook",
        "http://app.localhost:3000/",
        "http://127.1.2.3/webhook",
    ],
)
def test_this_machine_is_taken_where_that_is_allowed(url: str) -> None:
    assert is_acceptable(url, loopback=True)
    assert not is_acceptable(url, loopback=False)
