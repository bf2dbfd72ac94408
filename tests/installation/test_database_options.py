"""What the address of the database says about TLS is obeyed, beside what the project sets itself."""

import json
import os
import subprocess
import sys

import pytest

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
