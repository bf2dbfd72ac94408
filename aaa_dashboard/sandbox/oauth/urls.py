"""Addresses for tokens: `/oauth/…` and `/oauth2/…`."""

from django.urls import path

from . import consent, handshake

urlpatterns = [
    path("oauth/request_token", handshake.request_token),
    path("oauth/authorize", consent.authorize, name="authorize"),
    path("oauth/authenticate", consent.authenticate, name="authenticate"),
    path("oauth/access_token", handshake.access_token),
    path("oauth2/token", handshake.bearer_token),
    path("oauth2/invalidate_token", handshake.invalidate_bearer_token),
]
