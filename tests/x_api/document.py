"""The tables of `docs/x-api.md`, made from the code; `python -m tests.x_api.document` writes them."""

import re
from collections.abc import Callable, Iterable

from aaa_dashboard.x_api import endpoints, known_errors
from aaa_dashboard.x_api.known_errors.unasked import Unasked
from tests.environment import ROOT

DOCUMENT = ROOT / "docs" / "x-api.md"


def calls() -> str:
    """What is asked of X."""
    return _table(
        ("to", "request", "asked by", "in 15 min", "again?"),
        (
            (
                endpoint.intent,
                f"`{endpoint.method} {endpoint.path}`",
                endpoint.asker.value,
                str(endpoint.limit or "–"),
                "yes" if endpoint.is_repeatable else "no",
            )
            for endpoint in endpoints.ALL
        ),
    )


def answers() -> str:
    """What X refuses."""
    return _table(
        ("code", "HTTP", "X says", "only when we", "it means", "to do", "in code"),
        (
            (
                str(row.code) if row.code is not None else "–",
                ", ".join(map(str, sorted(row.statuses))) or str(row.status),
                row.said,
                ", ".join(sorted(endpoint.intent for endpoint in row.endpoints)),
                row.meaning,
                row.remedy,
                f"`{row.raises.__name__}`",
            )
            for row in known_errors.TABLE
        ),
    )


def unanswered() -> str:
    """What goes wrong without a word of X."""
    return _table(
        ("it means", "to do", "in code"),
        ((row.value.meaning, row.value.remedy, f"`{row.value.raises.__name__}`") for row in Unasked),
    )


TABLES: dict[str, Callable[[], str]] = {"calls": calls, "answers": answers, "unanswered": unanswered}


def with_tables(text: str) -> str:
    """The document with its tables made anew."""
    for name, make in TABLES.items():
        found = re.search(rf"(<!-- {name} -->\n).*?(<!-- end -->)", text, re.DOTALL)
        assert found, f"the document has no place for the table {name}"
        text = text[: found.end(1)] + make() + text[found.start(2) :]
    return text


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
