"""Addresses of the sandbox: X's own, and the pages for people."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("healthz", views.healthz, name="healthz"),
    path("control/", include("aaa_dashboard.sandbox.control.urls")),
    path("1.1/", include("aaa_dashboard.sandbox.api.urls")),
    path("", include("aaa_dashboard.sandbox.oauth.urls")),
]
