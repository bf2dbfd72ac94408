"""What the address of the database says about TLS is obeyed, beside what the project sets itself."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.environment import ROOT

PRINT = "import json; from aaa_dashboard import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"


@pytest.mark.any_database
def test_tls_options_of_the_address_are_kept() -> None:
    address = "postgres://aaa@db.company.net/aaa?sslmode=verify-full&sslrootcert=/etc/ca.pem"
    environment = os.environ | {"DATABASE_URL": address}
    printed = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    options = json.loads(printed)
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/etc/ca.pem")
    assert options["pool"]["timeout"] == 5
    assert options["tcp_user_timeout"] == 8000


@pytest.mark.parametrize("command", [("migrate", "--no-input"), ("check", "--database", "default")])
@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL alone")
def test_commands_say_what_the_server_said_and_not_that_the_pool_took_too_long(command: tuple[str, ...]) -> None:
    host, port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
    ended = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"postgres://nobody_of_that_name@{host}:{port or 5432}/postgres"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "The database cannot be used: the server does not know the role." in ended.stderr
    assert "Traceback" not in ended.stderr
