"""The door: signing in."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from .overview.views import landing


class SignInForm(AuthenticationForm):
    """Name and password; the cursor waits in the name."""

    error_messages = {
        "invalid_login": "This name and password do not belong together. Capital letters count in both.",
        "inactive": "This sign-in is switched off. An administrator can switch it on again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Name"


class SignIn(LoginView):
    """Sign in and go where one wanted to go. Throttled by axes, see the settings."""

    authentication_form = SignInForm
    template_name = "staff/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return reverse(landing(self.request))


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Stand in for the admin's own sign-in, so that there is one door and it is throttled.

    Raises:
        PermissionDenied: The person is signed in and may not use the admin.
    """
    if request.user.is_authenticated:
        raise PermissionDenied("Data is for administrators.")
    wanted = urlencode({"next": request.GET.get("next", reverse("admin:index"))})
    return redirect(f"{reverse('staff:sign-in')}?{wanted}")
