"""`python -m bench`: measure, print, and fail when an acknowledged event is missing or doubled, never for slowness."""

import argparse
import json
import sys
from pathlib import Path

from bench import machine, report
from bench.databases import databases
from bench.rounds import Effort, Rounds


def main() -> int:
    arguments = _arguments()
    effort = (
        Effort.quick(arguments.connections, arguments.workers)
        if arguments.quick
        else Effort(connections=arguments.connections, workers=arguments.workers)
    )
    print(f"{machine.description()}\n{', '.join(f'{name} {version}' for name, version in machine.versions().items())}")
    findings = []
    for database in databases(arguments.only):
        with database:
            found = Rounds(database, effort).run()
        findings.append(found)
        print(f"\n{report.text(found, effort)}", flush=True)
    if arguments.json:
        written = {
            "machine": machine.description(),
            "versions": machine.versions(),
            "databases": [report.as_json(found) for found in findings],
        }
        arguments.json.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if not all(found.is_exact for found in findings):
        print("\nAn acknowledged event is missing, doubled or not accounted for.", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round instead of three")
    parser.add_argument("--only", choices=("postgresql", "sqlite"), help="measure on one database")
    parser.add_argument("--connections", type=int, default=256, help="of the load generator (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="receiver processes (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
