"""An app with a webhook whose past a test makes up."""

import pytest

from tests.recovery.history import History


@pytest.fixture
def history(db: None) -> History:
    """Nothing has happened yet."""
    return History()
