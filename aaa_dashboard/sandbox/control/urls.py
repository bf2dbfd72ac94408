"""Addresses of the control API: `/control/…`."""

from collections.abc import Callable

from django.urls import path

from . import views

ADDRESSES: dict[str, dict[str, Callable[..., object]]] = {
    "": {"GET": views.state},
    "users": {"POST": views.make_user},
    "apps": {"POST": views.make_app},
    "tokens": {"POST": views.make_token},
    "events": {"POST": views.do},
    "faults": {"GET": views.faults_on, "DELETE": views.end_faults},
    "faults/<str:key>": {"PUT": views.set_fault, "DELETE": views.end_fault},
    "traffic": {"PUT": views.set_traffic},
    "clock": {"POST": views.set_clock},
    "requests": {"GET": views.requests},
    "deliveries": {"GET": views.deliveries},
    "webhooks/<str:webhook_id>/invalidate": {"POST": views.invalidate},
    "reset": {"POST": views.reset},
}
"""Each address with what it can be asked; the first line of each function says what it does."""

urlpatterns = [path(route, views.controls(**methods)) for route, methods in ADDRESSES.items()]
