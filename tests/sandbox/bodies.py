"""Ways through the bodies of deliveries."""

from collections.abc import Iterator
from typing import Any

from aaa_dashboard.sandbox import payloads

ALL = payloads.names()


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for item in node:
            yield from objects(item)


def posts(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in objects(body) if "user" in found and "id_str" in found and "text" in found]
