"""`manage.py credentials check`: whether X takes the keys and tokens of our apps, and what to do if not."""

import json
import logging
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.management import BaseCommand, CommandError

from aaa_dashboard.webhooks.credentials import api_of, credentials_of
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, FIRST_APP, App
from aaa_dashboard.x_api import key_check
from aaa_dashboard.x_api.key_check import Finding

REFUSED, MISUSED, UNKNOWN = 1, 2, 3
WIDTH = 110


@dataclass(frozen=True, slots=True)
class Report:
    """What came of the tests of one app."""

    app: App
    findings: Sequence[Finding]

    @property
    def is_good(self) -> bool:
        return all(finding.is_good for finding in self.findings)

    @property
    def is_unknown(self) -> bool:
        """Whether the only thing that is wrong is that X could not be asked."""
        return not self.is_good and all(finding.is_good or finding.is_temporary for finding in self.findings)


class Command(BaseCommand):
    help = (
        "Test the keys and tokens of X apps. Ends with 0 when X takes them all, 1 when it refuses something, 2 when "
        "the command was misused, 3 when X could not be asked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        check = actions.add_parser("check", help="Ask X about each key and token.")
        check.add_argument("--app", metavar="SLUG", help="This app alone: the last part of its receiving address.")
        check.add_argument("--json", action="store_true", help="One JSON object, for scripts.")

    def handle(self, *_: Any, app: str | None, json: bool, verbosity: int, **__: Any) -> None:
        with _quietly() if verbosity < 2 else nullcontext():
            reports = [_report(one) for one in _apps(app)]
        self.stdout.write(_as_json(reports) if json else "\n\n".join(_as_text(report) for report in reports))
        bad = [report for report in reports if not report.is_good]
        if bad:
            unknown = all(report.is_unknown for report in bad)
            names = ", ".join(report.app.slug for report in bad)
            what = "X could not be asked about" if unknown else "X does not take everything of"
            raise CommandError(f"{what} {names}.", returncode=UNKNOWN if unknown else REFUSED)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the log of calls: it is for servers, and a person at a terminal wants the findings."""
    log = logging.getLogger("aaa_dashboard.x_api")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _apps(slug: str | None) -> list[App]:
    """The app by that slug, or all; the one of the environment even before it has a row."""
    try:
        found = list(App.objects.filter(slug=slug) if slug else App.objects.order_by("id"))
    except (InvalidToken, ValueError) as error:
        raise CommandError(
            "Stored keys cannot be decrypted: none of SECRET_ENCRYPTION_KEYS opens them. Put back the key they were "
            "stored with, after the current one.",
            returncode=REFUSED,
        ) from error
    if slug in {None, DEFAULT_SLUG} and not any(app.slug == DEFAULT_SLUG for app in found):
        found.insert(0, App(name=FIRST_APP, slug=DEFAULT_SLUG))
    if not found:
        raise CommandError(f"No app is called “{slug}”.", returncode=MISUSED)
    return found


def _report(app: App) -> Report:
    try:
        api = api_of(app)
    except ValueError as error:
        raise CommandError(f"{app.slug}: {error}", returncode=MISUSED) from error
    return Report(app, list(key_check.check(credentials_of(app), api)))


def _as_text(report: Report) -> str:
    lines = [f"{report.app.slug} · {report.app.name} · {settings.X_API_BASE_URL}"]
    for finding in report.findings:
        state = "good" if finding.is_good else "unknown" if finding.is_temporary else "WRONG"
        lines += _wrapped(f"  {state:<8} {finding.name:<24} ", finding.detail)
        lines += _wrapped(" " * 36, finding.remedy) if finding.remedy else []
    return "\n".join(lines)


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _as_json(reports: Iterable[Report]) -> str:
    return json.dumps(
        {
            "apps": [
                {
                    "app": report.app.slug,
                    "api": settings.X_API_BASE_URL,
                    "good": report.is_good,
                    "findings": [_finding_as_json(finding) for finding in report.findings],
                }
                for report in reports
            ]
        },
        ensure_ascii=False,
        indent=2,
    )


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    failure = finding.failure
    return {
        "name": finding.name,
        "good": finding.is_good,
        "temporary": finding.is_temporary,
        "detail": finding.detail,
        "remedy": finding.remedy,
        "error": failure and {"key": failure.key, "status": failure.status, "code": failure.code, "said": failure.said},
    }
