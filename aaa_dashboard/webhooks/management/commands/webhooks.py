"""`manage.py webhooks …`: everything the pages do about webhooks, for terminals and scripts."""

import json
import logging
from argparse import ArgumentParser
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.webhooks import asking, deleting, registering, revalidating, validating
from aaa_dashboard.webhooks.models import DEFAULT_SLUG, App, Webhook, ensure_first_app
from aaa_dashboard.webhooks.owed import owed_to
from aaa_dashboard.webhooks.preflight import is_passed, preflight
from aaa_dashboard.x_api.errors import RateLimited, TemporarilyUnavailable, XError

REFUSED, MISUSED, UNKNOWN = 1, 2, 3


class Command(BaseCommand):
    help = (
        "Look after webhooks. Ends with 0 when it is done, 1 when X refuses or something is wrong, 2 when the command "
        "was misused, 3 when X could not be asked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        common = ArgumentParser(add_help=False)
        common.add_argument("--json", action="store_true", help="JSON, for scripts.")
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def add(action: str, text: str) -> ArgumentParser:
            made: ArgumentParser = actions.add_parser(action, help=text, parents=[common])
            return made

        listing = add("list", "Ask X for the webhooks of every app.")
        listing.add_argument("--app", metavar="SLUG", help="This app alone.")
        for action, text in (
            ("register", "Look at the address of an app, then register it; one that X has is adopted."),
            ("preflight", "Look at the address of an app as X would."),
        ):
            one = add(action, text)
            one.add_argument("--app", metavar="SLUG", default=DEFAULT_SLUG, help="Left out, the first app.")
        register = actions.choices["register"]
        register.add_argument("--url", help="Another address than that of PUBLIC_URL.")
        register.add_argument("--anyway", action="store_true", help="Ask X even if something looks wrong from here.")
        adopt = add("adopt", "Make a webhook that X has ours.")
        adopt.add_argument("id", help="X's id of it.")
        adopt.add_argument("--app", metavar="SLUG", default=DEFAULT_SLUG, help="Left out, the first app.")
        add("revalidate", "Look at X's list for every app, and have validated what is not valid or nearly a day old.")
        add("validate", "Have X ask a webhook the challenge now.").add_argument("id", help="X's id of it.")
        delete = add("delete", "Delete a webhook at X, and all of its subscriptions with it.")
        delete.add_argument("id", help="X's id of it.")
        delete.add_argument("--yes", action="store_true", help="Do not ask for the address to be typed.")

    def handle(self, *_: Any, action: str, verbosity: int, **options: Any) -> None:
        if verbosity < 2:
            # A person at a terminal wants the outcome; the log of calls is for servers.
            logging.getLogger("aaa_dashboard.x_api").setLevel(logging.ERROR)
        self._as_json: bool = options.pop("json")
        try:
            getattr(self, f"_{action}")(**options)
        except XError as error:
            is_temporary = isinstance(error, TemporarilyUnavailable | RateLimited)
            raise CommandError(str(error), returncode=UNKNOWN if is_temporary else REFUSED) from None
        except InvalidToken as error:
            raise CommandError(
                "Stored keys cannot be decrypted: none of SECRET_ENCRYPTION_KEYS opens them. Put back the key they "
                "were stored with, after the current one.",
                returncode=REFUSED,
            ) from error
        except ValueError as error:
            raise CommandError(f"X cannot be asked like that: {error}", returncode=MISUSED) from error

    def _list(self, *, app: str | None, **_: Any) -> None:
        apps = [_app(app)] if app else list(App.objects.order_by("id")) or [_app(DEFAULT_SLUG)]
        rows = []
        for one in apps:
            strangers = asking.ask(one)
            rows += [_row(webhook) for webhook in one.webhooks.filter(deleted_at=None).order_by("pk")]
            rows += [
                {"app": one.slug, "id": other.id, "valid": other.is_valid, "ours": False, "url": other.url}
                for other in strangers
            ]
        if self._as_json:
            self._say(rows)
        elif rows:
            self._table(rows)
        else:
            self.stdout.write("X has no webhook for us.")

    def _preflight(self, *, app: str, **_: Any) -> None:
        found = _app(app)
        steps = preflight(found)
        if self._as_json:
            self._say(
                [{"step": s.name, "verdict": s.verdict.name.lower(), "found": s.found, "mend": s.mend} for s in steps]
            )
        else:
            self.stdout.write(found.receive_url)
            for step in steps:
                self.stdout.write(f"  {step.verdict.value:<12} {step.name:<16} {step.found}")
                if step.mend:
                    self.stdout.write(f"{'':<32}{step.mend}")
        if not is_passed(steps):
            raise CommandError("X would refuse this address.", returncode=REFUSED)

    def _register(self, *, app: str, url: str | None, anyway: bool, **_: Any) -> None:
        found = _app(app)
        url = url or found.receive_url
        if asking.is_ours(found, url) and not anyway and not is_passed(preflight(found)):
            raise CommandError(
                "X was not asked, since it would refuse the address: see `webhooks preflight`, or add --anyway.",
                returncode=REFUSED,
            )
        self._done("registered", registering.register(found, url, by=Actor.of_command()))

    def _adopt(self, *, id: str, app: str, **_: Any) -> None:  # noqa: A002 - the name of the option
        try:
            self._done("adopted", registering.adopt_by_id(_app(app), id, by=Actor.of_command()))
        except LookupError:
            raise CommandError(f"X has no webhook {id} for this app.", returncode=MISUSED) from None

    def _validate(self, *, id: str, **_: Any) -> None:  # noqa: A002
        self._done("validated", validating.validate(_webhook(id), by=Actor.of_command()))

    def _revalidate(self, **_: Any) -> None:
        for app in App.objects.filter(webhooks__deleted_at=None, webhooks__isnull=False).distinct():
            asking.ask(app)
        revalidating.hurry()
        attempts = revalidating.keep_valid(timezone.now())
        rows = [
            {**_row(Webhook.objects.select_related("app").get(pk=one.webhook.pk)), "because": one.reason.value,
             "failure": one.failure}
            for one in attempts
        ]  # fmt: skip
        if self._as_json:
            self._say(rows)
        for row in [] if self._as_json else rows:
            self.stdout.write(f"{row['id']} {row['url']}: {'valid' if row['valid'] else 'INVALID'}")
            self.stdout.write(f"  Asked because {row['because']}.")
            for line in row["failure"].splitlines():
                self.stdout.write(f"  {line}")
        if not rows and not self._as_json:
            self.stdout.write("All are valid, and have answered a challenge lately.")
        if any(row["failure"] for row in rows):
            raise CommandError("It is tried again by itself.", returncode=REFUSED)

    def _delete(self, *, id: str, yes: bool, **_: Any) -> None:  # noqa: A002
        webhook = _webhook(id)
        if not yes:
            self.stdout.write(
                f"X will deliver nothing to {webhook.url} and forget every subscription of it. Events that were "
                "received stay."
            )
            for one in owed_to(webhook):
                self.stdout.write(f"X has still to send this again, and sends it there alone: {one.what}")
            try:
                typed = input("Type the address to delete it: ").strip()
            except EOFError:
                typed = ""
            if typed != webhook.url:
                raise CommandError("That is not its address, so nothing was deleted.", returncode=MISUSED)
        deleting.delete(webhook, by=Actor.of_command())
        self._done("deleted", webhook)

    def _done(self, what: str, webhook: Webhook) -> None:
        if self._as_json:
            self._say(_row(webhook) | {"done": what})
        else:
            state = "" if webhook.deleted_at else f", {'valid' if webhook.valid else 'INVALID'}"
            self.stdout.write(f"{what}: {webhook.x_id} {webhook.url}{state}")

    def _say(self, what: Any) -> None:
        self.stdout.write(json.dumps(what, ensure_ascii=False, indent=2))

    def _table(self, rows: list[dict[str, Any]]) -> None:
        cells = [["APP", "ID", "STATE", "OURS", "ADDRESS"]]
        cells += [
            [row["app"], row["id"], "valid" if row["valid"] else "INVALID", "yes" if row["ours"] else "no", row["url"]]
            for row in rows
        ]
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        for line in cells:
            start = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False))
            self.stdout.write(f"{start}  {line[-1]}")


def _app(slug: str) -> App:
    """The app by that slug; the first one is there even before a receiver has started."""
    if slug == DEFAULT_SLUG:
        return ensure_first_app()
    found = App.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"No app is called “{slug}”.", returncode=MISUSED)
    return found


def _webhook(x_id: str) -> Webhook:
    found = Webhook.objects.filter(x_id=x_id, deleted_at=None).select_related("app").first()
    if found is None:
        raise CommandError(f"We have no webhook {x_id}; `webhooks list` shows them.", returncode=MISUSED)
    return found


def _row(webhook: Webhook) -> dict[str, Any]:
    ours = webhook.deleted_at is None
    return {"app": webhook.app.slug, "id": webhook.x_id, "valid": webhook.valid, "ours": ours, "url": webhook.url}
