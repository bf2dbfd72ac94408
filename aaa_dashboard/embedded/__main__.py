"""`python -m aaa_dashboard.embedded`: what `make run` starts once the packages are installed."""

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

from aaa_dashboard.embedded.configuration import (
    HOST,
    CannotStart,
    Configuration,
    configure,
    require_free_ports,
    write_env_file,
)
from aaa_dashboard.embedded.lock import lock
from aaa_dashboard.embedded.supervisor import Process, Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    os.chdir(ROOT)
    # Until the supervisor listens to signals itself, each of them ends the start as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        configuration = _configure()
        with lock(_make_var(), f"{configuration.dashboard_url}/"):
            _prepare(configuration)
            return Supervisor(
                _processes(configuration),
                is_ready=lambda: all(_answers(port) for port in (configuration.port, configuration.sandbox_port)),
                on_ready=lambda: print(_welcome(configuration), flush=True),
            ).run()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _configure() -> Configuration:
    env_file = Path(os.environ.get("ENV_FILE") or ROOT / ".env")
    written = write_env_file(env_file, ROOT / ".env.example")
    configuration = configure(env_file)
    if written:
        print(f"Wrote {env_file.name} with secrets of its own.", flush=True)
    return configuration


def _make_var() -> Path:
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var")
    var.parent.mkdir(parents=True, exist_ok=True)
    var.mkdir(mode=0o700, exist_ok=True)  # events and tokens are for their owner alone
    for folder in (var / "broker" / "queue", var / "broker" / "control"):
        folder.mkdir(parents=True, exist_ok=True)
    return var


def _prepare(configuration: Configuration) -> None:
    require_free_ports(configuration)
    command = [sys.executable, "manage.py", "demonstration"]
    # In a session of its own, so that Ctrl-C is answered here and not by a traceback there.
    if subprocess.run(command, env=configuration.environment, start_new_session=True, check=False).returncode:
        raise CannotStart("Nothing was started; the lines above tell why.")


def _processes(configuration: Configuration) -> list[Process]:
    python = sys.executable
    commands = {
        "web": [
            *(python, "-m", "uvicorn", "aaa_dashboard.asgi:application", "--host", HOST),
            *("--port", str(configuration.port), "--log-level", "warning", "--no-access-log", "--no-server-header"),
            *("--timeout-graceful-shutdown", "5"),
        ],
        "work": [
            # That root is discouraged says nothing to somebody who tries things in a container.
            *(python, "-W", "ignore:You're running the worker", "-m", "celery", "--quiet"),
            *("--app", "aaa_dashboard.celery", "worker", "--beat", "--pool", "solo"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
        ],
        "sandbox": [python, "-m", "aaa_dashboard.sandbox"],
    }
    processes = [Process(name, command, configuration.environment) for name, command in commands.items()]
    # It registers its webhook as soon as it starts, and should find somebody there.
    processes[-1].after = lambda: _answers(configuration.port)
    return processes


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(configuration: Configuration) -> str:
    password = configuration.environment.get("DEMO_PASSWORD")
    lines = ["", f"  Dashboard  {configuration.dashboard_url}/"]
    if password:
        lines += [
            f"             sign in as  ada / {password}  (administrator)",
            f"                     or  sam / {password}  (agent)",
        ]
    else:
        lines += ["             create a sign-in with  .venv/bin/python manage.py createsuperuser"]
    lines += [
        f"  Sandbox    {configuration.sandbox_url}/   stands in for X and sends events",
        "",
        "  Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
