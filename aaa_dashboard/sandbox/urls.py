"""Addresses of the sandbox for people. X's own come beside them as the sandbox grows."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("healthz", views.healthz, name="healthz"),
]
