"""Every row of the table of X's errors is seen by a person as code, meaning and remedy."""

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.utils.html import escape

from aaa_dashboard.webhooks.views.parts import refused
from aaa_dashboard.x_api import endpoints, known_errors
from aaa_dashboard.x_api.known_errors import TABLE
from aaa_dashboard.x_api.known_errors.row import KnownError


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_what_x_says_is_shown_with_its_meaning_and_remedy(row: KnownError, db: None) -> None:
    endpoint = min(row.endpoints, key=str) if row.endpoints else endpoints.VALIDATE_WEBHOOK
    error = known_errors.explain(endpoint, status=row.status, code=row.code, said=row.said)
    assert error.failure.key == row.key
    request = RequestFactory().get("/")
    request.user = User(username="olga")
    page = refused(request, error, back="/webhooks/", back_to="Webhooks").content.decode()
    for words in (row.said.rstrip("."), row.meaning, row.remedy, endpoint.intent):
        assert escape(words) in page
    if row.code is not None:
        assert f"with code {row.code}" in page
