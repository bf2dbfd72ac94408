"""`manage.py replays`: what the pages about replays do, on a terminal or for scripts."""

import json
import logging
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from aaa_dashboard.audit import Actor
from aaa_dashboard.background import nudge
from aaa_dashboard.replays import advancing, forms, planning, shown, tasks
from aaa_dashboard.replays.models import Replay
from aaa_dashboard.replays.shown import Shown
from aaa_dashboard.replays.windows import Window, down, newest, up
from aaa_dashboard.webhooks.models import Webhook

REFUSED, MISUSED, UNKNOWN = 1, 2, 3
LOOK_SECONDS = 2.0
Row = dict[str, Any]


class Command(BaseCommand):
    help = (
        "List, request and watch replays. Ends with 0 when it was done, 1 when a replay failed or was cancelled, 2 "
        "when the command was misused, 3 when a replay was not over in time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, words: str) -> ArgumentParser:
            one = actions.add_parser(name, help=words)
            one.add_argument("--json", action="store_true", help="JSON, for scripts.")
            return one

        action("list", "Those that run and wait, and the last that ended.")
        request = action("request", "Have X deliver a window once more.")
        request.add_argument(
            "--from", dest="begin", required=True, help="2026-11-20T14:00, in UTC, or 90m, 6h, 2d ago."
        )
        request.add_argument("--to", dest="end", default="", help="Likewise; left out, the newest that X takes.")
        request.add_argument("--webhook", metavar="ID", help="X's id of the webhook; needed where there are several.")
        request.add_argument("--watch", action="store_true", help="Wait for its end.")
        watch = action("watch", "Follow one until it ends; the newest that is under way where none is named.")
        watch.add_argument("replay", nargs="?", type=int, help="Its number.")
        for one in (request, watch):
            one.add_argument("--seconds", type=float, default=3600, help="How long to wait for its end (3600).")
            one.add_argument(
                "--without-worker", action="store_true", help="Do here what a worker would, where none is running."
            )

    def handle(self, *_: Any, action: str, verbosity: int, **options: Any) -> None:
        if verbosity < 2:
            # A person at a terminal wants what came of it; the log is for servers.
            logging.getLogger("aaa_dashboard").setLevel(logging.ERROR)
        self.as_json = bool(options["json"])
        getattr(self, f"do_{action}")(options)

    def do_list(self, _options: Row) -> None:
        now = timezone.now()
        self.show([_row(one) for one in (*shown.under_way(now=now), *shown.ended(now=now))], "No replay.")

    def do_request(self, options: Row) -> None:
        now = timezone.now()
        end = _moment(options["end"], now) if options["end"] else newest(now)
        window = Window(down(_moment(options["begin"], now)), up(end))
        try:
            replay = planning.request(_chosen(options["webhook"]), window, by=Actor.of_command(), now=now)
        except planning.NotTaken as error:
            raise CommandError(str(error), returncode=MISUSED) from error
        nudge(tasks.advance)
        if options["watch"]:
            self._watch(replay, options)
        else:
            self.show([_row(shown.one(replay, now=now))], "")

    def do_watch(self, options: Row) -> None:
        replays = Replay.objects.select_related("webhook")
        if options["replay"]:
            replay = replays.filter(pk=options["replay"]).first()
        else:
            replay = replays.filter(state__in=Replay.OPEN).order_by("-id").first()
        if replay is None:
            raise CommandError("There is no such replay.", returncode=MISUSED)
        self._watch(replay, options)

    def _watch(self, replay: Replay, options: Row) -> None:
        """Say how it goes, a line whenever something changes, until it ends."""
        give_up_at, said = time.monotonic() + options["seconds"], ""
        while True:
            if options["without_worker"]:
                advancing.advance(timezone.now())
            replay.refresh_from_db()
            one = shown.one(replay, now=timezone.now())
            line = f"{one.headline} {one.recovered} recovered, {one.redelivered} we had."
            if line != said and not self.as_json:
                self.stdout.write(line)
            said = line
            if not replay.is_open:
                break
            if time.monotonic() >= give_up_at:
                raise CommandError("It is not over yet; it goes on.", returncode=UNKNOWN)
            time.sleep(LOOK_SECONDS)
        self.show([_row(one)], "")
        if replay.state != Replay.State.COMPLETE:
            raise CommandError(replay.remark or one.headline, returncode=REFUSED)

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


def _moment(text: str, now: datetime) -> datetime:
    """Read a time, or how long ago."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[:-1].isdecimal() and text[-1:] in units and len(text) < 8:
        return now - timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        return forms.read(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is no time: 2026-11-20T14:00, or 90m, 6h, 2d.", returncode=MISUSED) from error


def _chosen(x_id: str | None) -> Webhook:
    """The webhook by X's id, or the only one."""
    all_ = forms.webhooks()
    found = list(all_.filter(x_id=x_id) if x_id else all_)
    if len(found) != 1:
        known = ", ".join(webhook.x_id for webhook in all_)
        if not known:
            raise CommandError(
                "There is no webhook yet: `webhooks register` or `webhooks adopt` one.", returncode=MISUSED
            )
        raise CommandError(f"Name one webhook with --webhook. There are: {known}.", returncode=MISUSED)
    webhook: Webhook = found[0]
    return webhook


def _row(one: Shown) -> Row:
    replay, job = one.replay, one.current
    return {
        "replay": replay.pk,
        "webhook": replay.webhook.x_id,
        "from": _minute(replay.from_date),
        "to": _minute(replay.to_date),
        "state": replay.state,
        "recovered": one.recovered,
        "had": one.redelivered,
        "parts": one.parts,
        "waits until": _minute(job.not_before) if job and job.not_before > one.now else None,
        "remark": replay.remark or (job.reason if job else ""),
    }


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
