"""`manage.py deliveries`: what operators do to deliveries, on a terminal or for scripts."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand

from aaa_dashboard.audit import Actor
from aaa_dashboard.deliveries.models import Unsplit
from aaa_dashboard.deliveries.splitting_again import split_again


class Command(BaseCommand):
    help = "Take deliveries apart that could not be, after a fix. Ends with 0, also when some still cannot be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        one = actions.add_parser("split-again", help="Take apart what could not be, and store its events.")
        one.add_argument("--json", action="store_true", help="JSON, for scripts.")

    def handle(self, *_: Any, **options: Any) -> None:
        keys = Unsplit.objects.exclude(body=b"").order_by("pk").values_list("pk", flat=True)
        done = split_again(list(keys), by=Actor.of_command())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(f"{done.split} deliveries were taken apart into {done.events} events; {done.left} cannot be.")
