"""`manage.py subscriptions`: what the pages about accounts do, on a terminal or for scripts."""

import json
import logging
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.subscriptions import checking, comparing, consent, ending, invites, moving, subscribing
from aaa_dashboard.subscriptions.claims import Busy
from aaa_dashboard.subscriptions.models import Finding, Move, Subscription
from aaa_dashboard.subscriptions.reconciling import running
from aaa_dashboard.webhooks.credentials import api_of
from aaa_dashboard.webhooks.models import App, Webhook
from aaa_dashboard.x_api import errors
from aaa_dashboard.x_api.errors import XError
from aaa_dashboard.x_api.oauth import OUT_OF_BAND

REFUSED, MISUSED, UNKNOWN = 1, 2, 3
State = Subscription.State
Row = dict[str, Any]


class Command(BaseCommand):
    help = (
        "List, add, check, reconcile, count, invite, move and remove subscriptions. Ends with 0 when it was done, 1 "
        "when X refused or a difference was found, 2 when the command was misused, 3 when X could not be asked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, words: str) -> ArgumentParser:
            one = actions.add_parser(name, help=words)
            one.add_argument("--json", action="store_true", help="JSON, for scripts.")
            return one

        listing = action("list", "What we know of, without asking X.")
        listing.add_argument("--state", choices=State.values, help="Those in this state alone.")
        _webhook(listing)
        add = action("add", "Subscribe an account: sign in at X in a browser, and type the PIN here.")
        add.add_argument("--owner-agrees", action="store_true", help="The owner agrees to what `add` prints first.")
        _webhook(add)
        action("reconcile", "Compare everything with X, repair what is safe, and say what is left to a person.")
        check = action("check", "Compare with X: one account, or all.")
        check.add_argument("account", nargs="?", help="Screen name or id.")
        _webhook(check)
        action("count", "How many subscriptions of the contract are used.")
        invite = action("invite", "Make a link for the owner of an account.")
        invite.add_argument("--note", default="", help="Shown to the owner.")
        invite.add_argument("--days", type=int, default=7, help="How long it is good (7).")
        _webhook(invite)
        remove = action("remove", "End a subscription and wipe its token.")
        remove.add_argument("account", help="Screen name or id.")
        remove.add_argument("--yes", action="store_true", help="Do not ask for the name to be typed.")
        _webhook(remove)
        move = action("move", "Move a webhook with its accounts to another address, or go on with a move.")
        move.add_argument("url", help="The new address.")
        move.add_argument("--leave-behind", action="store_true", help="Delete the old one although some cannot come.")
        _webhook(move)

    def handle(self, *_: Any, action: str, verbosity: int, **options: Any) -> None:
        if verbosity < 2:
            # A person at a terminal wants what came of it; the log of calls is for servers.
            logging.getLogger("aaa_dashboard.x_api").setLevel(logging.ERROR)
        self.as_json, self.by = bool(options["json"]), Actor.of_command()
        try:
            getattr(self, f"do_{action}")(options)
        except Busy as error:
            raise CommandError(str(error), returncode=UNKNOWN) from error
        except XError as error:
            temporary = isinstance(error, errors.TemporarilyUnavailable | errors.RateLimited)
            raise CommandError(str(error), returncode=UNKNOWN if temporary else REFUSED) from error

    def do_list(self, options: Row) -> None:
        rows = Subscription.objects.select_related("account", "webhook__app").order_by("webhook_id", "pk")
        if options["webhook"]:
            rows = rows.filter(webhook=_chosen(options["webhook"]))
        if options["state"]:
            rows = rows.filter(state=options["state"])
        self.show([_row(row) for row in rows], "No subscription.")

    def do_add(self, options: Row) -> None:
        webhook = _chosen(options["webhook"])
        if not options["owner_agrees"]:
            said = "\n".join(f"  {one.what} {one.means}" for one in consent.SHARED)
            raise CommandError(
                f"The owner has to agree that this is received and kept (version {consent.version()}):\n{said}\n"
                "Say so with --owner-agrees.",
                returncode=MISUSED,
            )
        api = api_of(webhook.app)
        begun = api.begin_sign_in(OUT_OF_BAND)
        there = api.sign_in_url(begun, force_login=True)
        self.stderr.write(f"Open this, sign in as the account, and allow the app:\n  {there}")
        signed_in = api.finish_sign_in(begun, input("PIN: ").strip())
        name = f"@{signed_in.screen_name}"
        outcome = subscribing.subscribe(webhook, signed_in, consent_by=f"{self.by.name} for {name}", by=self.by)
        self.show([_row(outcome.subscription)], "")

    def do_check(self, options: Row) -> None:
        if options["account"]:
            rows = [checking.check(row, by=self.by) for row in _of_account(options)]
            self.show([_row(row) for row in rows], "")
            if any(row.state != State.ACTIVE for row in rows):
                raise CommandError("Not subscribed through us.", returncode=REFUSED)
            return
        webhooks = [_chosen(options["webhook"])] if options["webhook"] else list(_webhooks())
        compared = [(webhook, comparing.check_all(webhook)) for webhook in webhooks]
        self.show(
            [
                {"webhook": one.x_id, "at X": found.at_x, "missing": found.missing, "not through us": found.unknown,
                 "back": found.back, "doubt": found.doubt}
                for one, found in compared
            ],
            "No webhook.",
        )  # fmt: skip
        if not all(found.is_as_before for _, found in compared):
            raise CommandError("X had something else than we; it is noted.", returncode=REFUSED)

    def do_reconcile(self, _options: Row) -> None:
        run = running.reconcile(timezone.now(), by=self.by)
        standing = Finding.objects.filter(settled_at=None).select_related("webhook", "account").order_by("pk")
        self.show([_finding(one) for one in standing], f"All is as it should be: {run.at_x} at X.")
        if run.unread:
            raise CommandError("Not every list of X could be relied on; see above.", returncode=UNKNOWN)
        if standing:
            raise CommandError(f"{len(standing)} left to a person.", returncode=REFUSED)

    def do_count(self, _options: Row) -> None:
        apps = App.objects.filter(webhooks__deleted_at=None, webhooks__isnull=False).distinct() or App.objects.all()
        usages = [checking.count(app) for app in apps]
        self.show(
            [{"app": one.app.slug, "used": one.used, "of": one.provisioned, "percent": one.percent} for one in usages],
            "No app.",
        )

    def do_invite(self, options: Row) -> None:
        if not 1 <= options["days"] <= max(invites.DAYS_OFFERED):
            raise CommandError(f"--days: 1 to {max(invites.DAYS_OFFERED)}.", returncode=MISUSED)
        made, link = invites.create(_chosen(options["webhook"]), note=options["note"], days=options["days"], by=self.by)
        self.show([{"link": link, "until": made.expires_at.isoformat(timespec="minutes")}], "")

    def do_remove(self, options: Row) -> None:
        rows = _of_account(options)
        name = rows[0].account.screen_name or rows[0].account.x_user_id
        if not options["yes"] and input(f"X stops sending its activity. Type its name, {name}: ").strip() != name:
            raise CommandError("That is not the name. Nothing was removed.", returncode=MISUSED)
        for row in rows:
            ending.remove(row, by=self.by)
        self.show([_row(row) for row in rows], "")

    def do_move(self, options: Row) -> None:
        try:
            webhook = moving.can_be_moved().select_related("app").filter(x_id=options["webhook"]).first()
            move = moving.begin(webhook or _chosen(options["webhook"]), options["url"], by=self.by)
        except ValueError as error:
            raise CommandError("There is nothing to move to this address.", returncode=MISUSED) from error
        try:
            moving.go_on(move, by=self.by, may_leave_behind=options["leave_behind"])
            while move.step == Move.Step.SUBSCRIBE:
                moving.go_on(move, by=self.by, may_leave_behind=options["leave_behind"])
        except moving.StillMissing as error:
            raise CommandError("X does not list everybody yet; run it again.", returncode=UNKNOWN) from error
        plan = moving.plan(move)
        left = len(plan.left_behind)
        self.show([{"from": move.source.url, "to": move.url, "step": move.get_step_display(), "left behind": left}], "")
        if move.step != Move.Step.DONE:
            why = [f"{left} cannot come along"] if left else []
            why += [f"X has still to send again: {one.what}" for one in plan.owed]
            raise CommandError(f"{'; '.join(why)}. --leave-behind deletes the old one.", returncode=REFUSED)

    def show(self, rows: Sequence[Row], empty: str) -> None:
        """Print a table, or JSON."""
        if self.as_json:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        if not rows:
            self.stdout.write(empty)
            return
        cells = [list(rows[0]), *(["–" if cell in {None, ""} else str(cell) for cell in row.values()] for row in rows)]
        widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
        for line in cells:
            self.stdout.write("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def _webhook(parser: ArgumentParser) -> None:
    parser.add_argument("--webhook", metavar="ID", help="X's id of the webhook; needed where there are several.")


def _webhooks() -> Any:
    return Webhook.objects.filter(deleted_at=None).select_related("app").order_by("pk")


def _chosen(x_id: str | None) -> Webhook:
    """The webhook by X's id, or the only one."""
    found = list(_webhooks().filter(x_id=x_id) if x_id else _webhooks())
    if len(found) != 1:
        known = ", ".join(webhook.x_id for webhook in _webhooks())
        if not known:
            raise CommandError(
                "There is no webhook yet: `webhooks register` or `webhooks adopt` one.", returncode=MISUSED
            )
        raise CommandError(f"Name one webhook with --webhook. There are: {known}.", returncode=MISUSED)
    webhook: Webhook = found[0]
    return webhook


def _of_account(options: Row) -> list[Subscription]:
    name = options["account"].removeprefix("@")
    rows = Subscription.objects.filter(webhook__deleted_at=None).select_related("account", "webhook__app")
    if options["webhook"]:
        rows = rows.filter(webhook=_chosen(options["webhook"]))
    found = list(rows.filter(account__screen_name__iexact=name)) or list(rows.filter(account__x_user_id=name))
    if not found:
        raise CommandError(f"No subscription of {name}.", returncode=MISUSED)
    return found


def _row(row: Subscription) -> Row:
    return {
        "account": row.account.screen_name,
        "id": row.account.x_user_id,
        "webhook": row.webhook.x_id,
        "state": row.state,
        "since": row.state_since.isoformat(timespec="minutes"),
        "token": "held" if row.user_token else "none",
        "consent": row.consent_version,
    }


def _finding(one: Finding) -> Row:
    return {
        "found": one.found_at.isoformat(timespec="minutes"),
        "what": one.get_kind_display(),
        "account": str(one.account or ""),
        "webhook": one.webhook.x_id if one.webhook else "",
        "detail": one.detail,
    }
