"""Addresses of the sandbox: X's own, the control API, and the pages for people."""

from django.urls import include, path

from . import refusals
from .face import apps, guide, overview, people, records, trouble

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("traffic", overview.set_traffic, name="traffic"),
    path("webhooks/<str:webhook_id>/invalidate", overview.invalidate, name="invalidate"),
    path("people", people.everybody, name="people"),
    path("people/<str:screen_name>", people.person, name="person"),
    path("people/<str:screen_name>/act", people.act, name="act"),
    path("people/<str:screen_name>/messages/<str:other>", people.conversation, name="conversation"),
    path("deliveries", records.deliveries, name="deliveries"),
    path("deliveries/<int:number>", records.delivery, name="delivery"),
    path("requests", records.requests, name="requests"),
    path("replays", records.replays, name="replays"),
    path("apps", apps.apps, name="apps"),
    path("apps/<str:x_app_id>", apps.change_app, name="app"),
    path("contracts/<int:pk>", apps.change_contract, name="contract"),
    path("faults", trouble.trouble, name="faults"),
    path("faults/off", trouble.all_off, name="faults-off"),
    path("faults/<str:key>", trouble.switch, name="fault"),
    path("guide", guide.guide, name="guide"),
    path("healthz", overview.healthz, name="healthz"),
    path("control/", include("aaa_dashboard.sandbox.control.urls")),
    path("1.1/", include("aaa_dashboard.sandbox.api.urls")),
    path("", include("aaa_dashboard.sandbox.oauth.urls")),
]

handler404 = guide.not_found
handler500 = guide.server_error
handler400 = refusals.bad_request
handler403 = refusals.forbidden
