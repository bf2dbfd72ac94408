"""Addresses for people. The webhook paths are not here: `asgi.py` hands them to `deliveries` before Django."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("aaa_dashboard.activity.urls")),
    path("", include("aaa_dashboard.staff.urls")),
    path("admin/", admin.site.urls),
]
