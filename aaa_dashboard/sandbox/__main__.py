"""`python -m aaa_dashboard.sandbox`: run the sandbox, or with `send` send a number of deliveries and leave."""

import argparse
import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

SETTINGS_OF_OPTIONS = {
    "host": "SANDBOX_HOST",
    "port": "SANDBOX_PORT",
    "webhook": "SANDBOX_WEBHOOK_URL",
    "traffic": "SANDBOX_TRAFFIC_PER_SECOND",
    "retry_scale": "SANDBOX_RETRY_SCALE",
    "seed": "SANDBOX_SEED",
    "scenario": "SANDBOX_SCENARIO",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0; 1 when `send` was not answered 200 throughout; 2 for wrong arguments or settings."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments[:1] == ["send"]:
        from . import send  # alone: it needs neither Django nor a database

        return send.main(arguments[1:])
    return _serve(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m aaa_dashboard.sandbox",
        usage="%(prog)s [options]\n       %(prog)s send [options]",
        description="A stand-in for X: registers a webhook with a challenge and posts signed account activity to it.",
        epilog="Every option is also a setting from the environment (docs/sandbox.md); the option wins. "
        "Keys come from SANDBOX_CONSUMER_KEY and SANDBOX_CONSUMER_SECRET alone; without them new ones are made and "
        "printed. `… send --help` explains sending a chosen number of deliveries.",
    )
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port of its page (8001)")
    parser.add_argument("--webhook", metavar="URL", help="where to deliver; without one it only shows its page")
    parser.add_argument("--traffic", type=float, metavar="RATE", help="events a second, 0 for none (0)")
    parser.add_argument("--retry-scale", type=float, metavar="FACTOR", help="on X's 3 s, 27 s, 242 s (1)")
    parser.add_argument("--seed", type=int, help="the same seed brings the same kinds of events in the same order")
    parser.add_argument("--scenario", metavar="FILE", help="who is there and what happens (JSON, see docs/sandbox.md)")
    return parser


def _serve(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    for option, setting in SETTINGS_OF_OPTIONS.items():
        if (value := getattr(options, option)) is not None:
            os.environ[setting] = str(value)
    # Not setdefault: started from a shell that is set up for the dashboard, it is still the sandbox.
    os.environ["DJANGO_SETTINGS_MODULE"] = "aaa_dashboard.sandbox.settings"

    import django
    import uvicorn
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command

    try:
        django.setup()
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        return 2
    from django.conf import settings

    from . import asked, switches, world
    from .activity import scenario

    try:
        # Before anything is delivered: there may be a sandbox already.
        listening = socket.create_server((settings.HOST, settings.PORT), family=_family(settings.HOST), backlog=128)
    except OSError as error:
        print(f"The sandbox cannot listen. {error.strerror}", file=sys.stderr)
        return 2
    call_command("migrate", verbosity=0, interactive=False)
    switches.restore()
    app, token, is_new = world.create()
    try:
        if settings.SCENARIO:
            scenario.prepare(scenario.read(Path(settings.SCENARIO)))
    except (scenario.Unreadable, asked.Wrong) as error:
        print(error, file=sys.stderr)
        return 2
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    print(f"Sandbox of X: http://{host}:{settings.PORT}/", flush=True)
    if is_new:
        print(f"  SANDBOX_CONSUMER_KEY={app.consumer_key}\n  SANDBOX_CONSUMER_SECRET={app.consumer_secret}")
        print(f"  SANDBOX_ACCESS_TOKEN={token.token}\n  SANDBOX_ACCESS_TOKEN_SECRET={token.secret}", flush=True)
    config = uvicorn.Config(
        "aaa_dashboard.sandbox.asgi:application",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    with contextlib.suppress(KeyboardInterrupt):  # the server raises it anew after it has shut down
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


if __name__ == "__main__":
    sys.exit(main())
