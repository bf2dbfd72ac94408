"""Addresses for people. The webhook paths are not here: `asgi.py` hands them to `deliveries` before Django."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from aaa_dashboard.staff.views import admin_sign_in

urlpatterns = [
    path("", include("aaa_dashboard.activity.urls")),
    path("", include("aaa_dashboard.staff.urls")),
    path("", include("aaa_dashboard.webhooks.urls")),
    path("", include("aaa_dashboard.subscriptions.urls")),
    path("", include("aaa_dashboard.replays.urls")),
    # One door: these two stand before the admin's own.
    path("admin/login/", admin_sign_in),
    path("admin/logout/", LogoutView.as_view()),
    path("admin/", admin.site.urls),
]
