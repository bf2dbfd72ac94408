"""What any page may meet."""

import structlog
from cryptography.fernet import InvalidToken
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

log = structlog.get_logger(__name__)


class KeysThatDoNotOpen(MiddlewareMixin):
    """Explains that stored keys cannot be decrypted, wherever a page comes upon it, instead of a bare 500."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, InvalidToken):
            return None
        log.error("stored keys cannot be decrypted: check SECRET_ENCRYPTION_KEYS", path=request.path)
        return render(request, "staff/keys_do_not_open.html", status=500)
