"""Addresses of the control API: `/control/…`."""

from django.urls import path

from . import views
from .views import controls

urlpatterns = [
    path("", controls(GET=views.state)),
    path("users", controls(POST=views.make_user)),
    path("apps", controls(POST=views.make_app)),
    path("tokens", controls(POST=views.make_token)),
    path("events", controls(POST=views.do)),
    path("faults", controls(GET=views.faults_on, DELETE=views.end_fault)),
    path("faults/<str:key>", controls(PUT=views.set_fault, DELETE=views.end_fault)),
    path("traffic", controls(PUT=views.set_traffic)),
    path("clock", controls(POST=views.set_clock)),
    path("requests", controls(GET=views.requests)),
    path("deliveries", controls(GET=views.deliveries)),
    path("webhooks/<str:webhook_id>/invalidate", controls(POST=views.invalidate)),
    path("reset", controls(POST=views.reset)),
]
