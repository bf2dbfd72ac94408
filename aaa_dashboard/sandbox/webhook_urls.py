"""Which addresses X takes for webhooks.

Source: X, “Getting started with webhooks”: https, no port, publicly reachable. That the address answers and that its
certificate verifies is seen by the challenge.
"""

import ipaddress
import re
from urllib.parse import urlsplit

MAX_LENGTH = 500
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
# Browsers and resolvers read a host whose last part is a number as an address: 127.1, 0x7f.0x1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that lead nowhere, or to somebody's own network. Sources: RFC 6761, 6762, 7686, 8375, 9476; ICANN (.internal).
_NOT_PUBLIC = (
    "alt", "corp", "home", "home.arpa", "internal", "intranet", "invalid", "lan", "local", "localdomain", "onion",
    "private", "test",
)  # fmt: skip


def is_acceptable(url: str, *, loopback: bool) -> bool:
    """Whether X would take it.

    Args:
        url: As it was given.
        loopback: Whether addresses of this machine are taken as well, with http and with a port.
    """
    if len(url) > MAX_LENGTH or not url.isascii() or any(letter <= " " or letter == "\\" for letter in url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment:
        return False
    if is_loopback(host):
        return loopback and parts.scheme in {"http", "https"}
    # A port that is named is a port, even where it is the usual one.
    return parts.scheme == "https" and port is None and not parts.netloc.endswith(":") and _is_public(host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name or number."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    _, dot, last = host.rpartition(".")
    is_name = dot and _HOST.fullmatch(host) and not _NUMBER.fullmatch(last)
    return bool(is_name) and not host.endswith(tuple(f".{name}" for name in _NOT_PUBLIC))
